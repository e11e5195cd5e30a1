using System.Runtime.InteropServices;

namespace Concord.Simulation.Consensus;

/// <summary>
/// The replicated state: a few registers, a few accounts, and the session table that makes a repeated request harmless.
/// What it does is easy to say and hard to keep through crashes, which is the point.
/// </summary>
internal sealed class RegisterMachine
{
    public const int KeysMax = 6;
    public const int Accounts = 4;
    public const int ClientsMax = 5;
    public const ulong AccountStart = 100;

    private const int Words = KeysMax + Accounts + (ClientsMax * 3);

    // One array of words, so that a snapshot is a copy and the digest a loop: registers, accounts, then per client the
    // last sequence, its answer and the place where it was applied.
    private readonly ulong[] _words = new ulong[Words];

    public RegisterMachine() => _words.AsSpan(KeysMax, Accounts).Fill(AccountStart);

    public ulong Digest
    {
        get
        {
            ulong digest = 0;
            foreach (ulong word in _words)
            {
                digest = SimulationTrace.Mix(digest ^ word) + 0x9E3779B97F4A7C15;
            }

            return digest;
        }
    }

    /// <summary>Applies a command once: a repeated one gets the answer of its first time, an older one
    /// nothing.</summary>
    /// <returns>The answer and the place where the command took effect; index 0 for one that is out of date.</returns>
    public (ulong Answer, ulong Index) Apply(in RegisterCommand command, ulong index)
    {
        Span<ulong> session = _words.AsSpan(KeysMax + Accounts + (command.Client * 3), 3);
        if (command.Sequence <= session[0])
        {
            return command.Sequence == session[0] ? (session[1], session[2]) : (0, 0);
        }

        ulong answer = Execute(command);
        session[0] = command.Sequence;
        session[1] = answer;
        session[2] = index;
        return (answer, index);
    }

    public ulong Read(in RegisterCommand command)
    {
        if (command.Operation != RegisterOperation.ReadTotal)
        {
            return _words[command.Key];
        }

        ulong total = 0;
        foreach (ulong balance in _words.AsSpan(KeysMax, Accounts))
        {
            total += balance;
        }

        return total;
    }

    public byte[] Save() => MemoryMarshal.AsBytes(_words.AsSpan()).ToArray();

    public void Load(byte[] state) => state.CopyTo(MemoryMarshal.AsBytes(_words.AsSpan()));

    private ulong Execute(in RegisterCommand command)
    {
        ref ulong register = ref _words[command.Key];
        switch (command.Operation)
        {
            case RegisterOperation.Put:
                ulong before = register;
                register = command.Value;
                return before;
            case RegisterOperation.Transfer:
                ref ulong source = ref _words[KeysMax + command.Key];
                ulong amount = command.Value % 64;
                if (source < amount)
                {
                    return 0;
                }

                source -= amount;
                _words[KeysMax + command.OtherKey] += amount;
                return 1;
            default:
                return register;
        }
    }
}
