namespace Concord.Simulation.Tests.Models;

/// <summary>
/// A state of the whole protocol in 32 bytes. What was sent stays sent, so that any message may come at any later time,
/// twice, or never: the promises and acknowledgements stand in the acceptors' words, the proposals here.
/// </summary>
internal partial struct PaxosState : IEquatable<PaxosState>
{
    public const int Acceptors = 3;

    private const int ValuesMax = 6;
    private const int ChosenAt = 6 * ValuesMax;
    private const int NoOpAt = ChosenAt + (2 * 3);
    private const int ChoseAt = NoOpAt + 6;
    private const int TornAt = 63;

    private ulong _first;
    private ulong _second;
    private ulong _third;
    private ulong _sent;

    /// <summary>Two values have been chosen at one position.</summary>
    public readonly bool IsTorn => _sent >> TornAt != 0;

    public readonly AcceptorWord this[int acceptor] =>
        new(acceptor == 0 ? _first : acceptor == 1 ? _second : _third);

    /// <summary>The values that a ballot has proposed at a position, a bit for each; more than one only where a ballot
    /// is used twice.</summary>
    public readonly int Proposed(int ballot, int position) =>
        (int)(_sent >> (AcceptorWord.PlaceOf(ballot, position) * ValuesMax)) & ((1 << ValuesMax) - 1);

    /// <summary>Whether the ballot's own value there does nothing.</summary>
    public readonly bool IsNoOp(int ballot, int position) =>
        ((_sent >> (NoOpAt + AcceptorWord.PlaceOf(ballot, position))) & 1) != 0;

    /// <summary>The value that was chosen at a position, zero if none.</summary>
    public readonly int Chosen(int position) => (int)(_sent >> (ChosenAt + (3 * position))) & 7;

    public readonly PaxosState With(int acceptor, AcceptorWord word)
    {
        PaxosState next = this;
        switch (acceptor)
        {
            case 0:
                next._first = word.Bits;
                break;
            case 1:
                next._second = word.Bits;
                break;
            default:
                next._third = word.Bits;
                break;
        }

        return next;
    }

    public readonly PaxosState WithProposed(int ballot, int position, int value, bool isNoOp)
    {
        PaxosState next = this;
        int place = AcceptorWord.PlaceOf(ballot, position);
        next._sent |= (1UL << ((place * ValuesMax) + value - 1)) | ((isNoOp ? 1UL : 0) << (NoOpAt + place));
        return next;
    }

    /// <summary>Whether a quorum has voted for something in this very ballot.</summary>
    public readonly bool Chose(int ballot, int position) =>
        ((_sent >> (ChoseAt + AcceptorWord.PlaceOf(ballot, position))) & 1) != 0;

    /// <summary>Remembers what is chosen, for ever; and whether it is another value than before.</summary>
    public readonly PaxosState WithChosen(int ballot, int position, int value)
    {
        PaxosState next = this;
        int before = Chosen(position);
        next._sent |= 1UL << (ChoseAt + AcceptorWord.PlaceOf(ballot, position));
        next._sent |= before == 0 ? (ulong)value << (ChosenAt + (3 * position)) : 0;
        next._sent |= before != 0 && before != value ? 1UL << TornAt : 0;
        return next;
    }

    /// <summary>The same state with the acceptors in order: who of them is who makes no difference.</summary>
    public readonly PaxosState Canonical()
    {
        PaxosState next = this;
        if (next._first > next._second)
        {
            (next._first, next._second) = (next._second, next._first);
        }

        if (next._second > next._third)
        {
            (next._second, next._third) = (next._third, next._second);
        }

        if (next._first > next._second)
        {
            (next._first, next._second) = (next._second, next._first);
        }

        return next;
    }

    public readonly ulong Hash()
    {
        ulong hash = Mix(_first ^ 0x9E3779B97F4A7C15, _second ^ 0xD1B54A32D192ED03);
        return Mix(hash ^ _third, _sent ^ 0x8CB92BA72F3D8DD7);
    }

    public readonly bool Equals(PaxosState other) =>
        _first == other._first && _second == other._second && _third == other._third && _sent == other._sent;

    public override readonly bool Equals(object? obj) => obj is PaxosState other && Equals(other);

    public override readonly int GetHashCode() => (int)Hash();

    private static ulong Mix(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return high ^ low;
    }
}
