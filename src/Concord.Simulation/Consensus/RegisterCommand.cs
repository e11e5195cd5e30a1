using System.Buffers.Binary;

namespace Concord.Simulation.Consensus;

internal enum RegisterOperation : byte
{
    /// <summary>Writes a value that nobody else writes; answers the value before.</summary>
    Put = 1,

    /// <summary>Reads through the log.</summary>
    Get = 2,

    /// <summary>Moves an amount between two accounts if it is there; answers 1 if it was.</summary>
    Transfer = 3,

    /// <summary>Reads without the log; never an entry.</summary>
    Read = 4,

    /// <summary>Reads the sum of all accounts without the log; never an entry.</summary>
    ReadTotal = 5,
}

/// <summary>A command of the imaginary state machine, as it stands in an entry.</summary>
internal readonly record struct RegisterCommand(
    int Client, uint Sequence, RegisterOperation Operation, byte Key, byte OtherKey, ulong Value)
{
    private const int HeadBytes = 17;

    /// <summary>Entries differ in length, for limits in bytes to matter; the value decides, so that it is
    /// repeatable.</summary>
    private int FillerBytes => (int)(SimulationTrace.Mix(Value + Sequence) % 48);

    public int Length => HeadBytes + FillerBytes;

    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)Client);
        BinaryPrimitives.WriteUInt32LittleEndian(target[2..], Sequence);
        target[6] = (byte)Operation;
        target[7] = Key;
        target[8] = OtherKey;
        BinaryPrimitives.WriteUInt64LittleEndian(target[9..], Value);
        target[HeadBytes..Length].Fill((byte)Value);
    }

    public static RegisterCommand Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(source),
        BinaryPrimitives.ReadUInt32LittleEndian(source[2..]),
        (RegisterOperation)source[6],
        source[7],
        source[8],
        BinaryPrimitives.ReadUInt64LittleEndian(source[9..]));
}
