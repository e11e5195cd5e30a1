using Concord.Encoding;

namespace Concord.Engines;

/// <summary>What an operation says while it runs; used again for each.</summary>
internal sealed class OperationAnswer
{
    public AnswerStatus Status { get; private set; }

    public ByteWriter Payload { get; } = new();

    public void Reset()
    {
        Status = AnswerStatus.Done;
        Payload.Clear();
    }

    /// <summary>It did not do it; the payload says why.</summary>
    public ByteWriter Refuse()
    {
        Status = AnswerStatus.Refused;
        Payload.Clear();
        return Payload;
    }

    /// <summary>A transaction is in the way.</summary>
    public void Block(RequestKey transaction)
    {
        Status = AnswerStatus.Blocked;
        Payload.Clear();
        Payload.WriteUInt16(transaction.Slot.Value);
        Payload.WriteUInt64(transaction.Session.Value);
        Payload.WriteUInt64(transaction.Sequence);
    }

    public void Fault(string message)
    {
        Status = AnswerStatus.Faulted;
        Payload.Clear();
        Payload.WriteText(message);
    }

    /// <summary>The transaction in a <see cref="AnswerStatus.Blocked"/> payload.</summary>
    public static RequestKey BlockedBy(ReadOnlySpan<byte> payload)
    {
        var reader = new ByteReader(payload);
        return new(new(reader.ReadUInt16()), new(reader.ReadUInt64()), reader.ReadUInt64());
    }
}

/// <summary>
/// An operation: a pure, restartable function of its arguments and of the records it reads. No clock, no randomness, no
/// state of its own; a bounded number of records.
/// </summary>
/// <param name="arguments">Over the log entry.</param>
/// <param name="context">Who asks.</param>
/// <param name="keys">The records.</param>
/// <param name="answer">Reset to done and empty.</param>
internal delegate void OperationBody(ref ByteReader arguments, in OperationContext context, IKeyspace keys,
    OperationAnswer answer);

/// <summary>Who asks: the request's slot, session and number. The session is none for what a leader proposes by
/// itself.</summary>
internal readonly record struct OperationContext(RequestKey Request);
