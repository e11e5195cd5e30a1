using Concord.Simulation.Models;

namespace Concord.Simulation.Tests.Models;

/// <summary>
/// One acceptor in 63 bits: its promise; what it holds at each position; what it has voted for in each ballot at each
/// position, which is what its acknowledgements say for ever; and the promise that it sent for each ballot.
/// </summary>
/// <param name="Bits">The packed state.</param>
internal readonly record struct AcceptorWord(ulong Bits)
{
    /// <summary>Left out of a promise, because it is chosen and in a snapshot.</summary>
    public const int Covered = 7 << StampBits;

    private const int StampBits = 2;
    private const int ValueBits = 3;
    private const int EntryBits = StampBits + ValueBits;
    private const int HeldAt = StampBits;
    private const int VotesAt = HeldAt + (2 * EntryBits);
    private const int PromisesAt = VotesAt + (6 * ValueBits);
    private const int PromiseBits = 1 + (2 * EntryBits);

    public int Promised => Read(0, StampBits);

    /// <summary>What it holds, packed: the stamp in the lower two bits, the value above.</summary>
    public int Held(int position) => Read(HeldAt + (position * EntryBits), EntryBits);

    /// <summary>The value that it accepted last in a ballot, zero if none.</summary>
    public int Vote(int ballot, int position) => Read(VotesAt + (PlaceOf(ballot, position) * ValueBits), ValueBits);

    public bool HasPromised(int ballot) => Read(PromiseAt(ballot), 1) != 0;

    /// <summary>What its promise for a ballot says of a position, packed.</summary>
    public int Told(int ballot, int position) => Read(PromiseAt(ballot) + 1 + (position * EntryBits), EntryBits);

    public AcceptorWord WithPromised(int ballot) => Write(0, StampBits, ballot);

    public AcceptorWord WithHeld(int position, int entry) => Write(HeldAt + (position * EntryBits), EntryBits, entry);

    public AcceptorWord WithVote(int ballot, int position, int value) =>
        Write(VotesAt + (PlaceOf(ballot, position) * ValueBits), ValueBits, value);

    public AcceptorWord WithTold(int ballot, int first, int second) =>
        Write(PromiseAt(ballot), PromiseBits, 1 | (first << 1) | (second << (1 + EntryBits)));

    public AcceptorWord WithoutTold(int ballot) => Write(PromiseAt(ballot), PromiseBits, 0);

    public static int Entry(int ballot, int value) => ballot | (value << StampBits);

    public static int StampOf(int entry) => entry & ((1 << StampBits) - 1);

    public static int ValueOf(int entry) => entry >> StampBits;

    /// <summary>As the rules of the product's simulator see it.</summary>
    public static AcceptedValue Plain(int entry) => new((ulong)StampOf(entry), (ulong)ValueOf(entry));

    public static int PlaceOf(int ballot, int position) => ((ballot - 1) * 2) + position;

    private static int PromiseAt(int ballot) => PromisesAt + ((ballot - 1) * PromiseBits);

    private int Read(int at, int bits) => (int)(Bits >> at) & ((1 << bits) - 1);

    private AcceptorWord Write(int at, int bits, int value) =>
        new((Bits & ~(((1UL << bits) - 1) << at)) | ((ulong)value << at));
}
