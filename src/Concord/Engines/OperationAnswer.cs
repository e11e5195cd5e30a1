using Concord.Encoding;

namespace Concord.Engines;

/// <summary>What an operation says while it runs; used again for each.</summary>
internal sealed class OperationAnswer
{
    public AnswerStatus Status { get; private set; }

    public ByteWriter Payload { get; } = new();

    /// <summary>What a retry is answered, if that is less: who has lost the answer finds the rest elsewhere. Empty for
    /// the same.</summary>
    public ByteWriter Retry { get; } = new();

    public void Reset() => Begin(AnswerStatus.Done);

    /// <summary>It did not do it; the payload says why.</summary>
    public ByteWriter Refuse()
    {
        Begin(AnswerStatus.Refused);
        return Payload;
    }

    /// <summary>A transaction is in the way.</summary>
    public void Block(RequestKey transaction)
    {
        Begin(AnswerStatus.Blocked);
        Payload.WriteUInt16(transaction.Slot.Value);
        Payload.WriteUInt64(transaction.Session.Value);
        Payload.WriteUInt64(transaction.Sequence);
    }

    public void Fault(string message)
    {
        Begin(AnswerStatus.Faulted);
        Payload.WriteText(message);
    }

    private void Begin(AnswerStatus status)
    {
        Status = status;
        Payload.Clear();
        Retry.Clear();
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
