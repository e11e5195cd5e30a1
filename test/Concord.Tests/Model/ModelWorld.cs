using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Tests;

/// <summary>What the processes on one model share: the records, the answers, the time, and that something has
/// changed.</summary>
internal sealed class ModelWorld
{
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public object Gate { get; } = new();

    public ModelKeyspace Keys { get; } = new();

    public Dictionary<RequestKey, EngineAnswer> Answers { get; } = [];

    public Dictionary<(Slot Slot, string Key), EngineAnswer> ByKey { get; } = [];

    public Dictionary<IdempotencyName, RequestKey> Committed { get; } = [];

    public List<ModelEngine.ModelHold> Holds { get; } = [];

    public TimeProvider Time { get; set; } = TimeProvider.System;

    public ulong Sequence { get; set; }

    /// <summary>Ends with the next change.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    public void NotifyChanged()
    {
        lock (Gate)
        {
            Holds.RemoveAll(hold => !hold.Notice(Keys));
        }

        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    /// <summary>The time of the log goes on, and what comes due happens.</summary>
    public void Advance(TimeSpan by)
    {
        lock (Gate)
        {
            Keys.Now = new(Keys.Now.Milliseconds + (long)by.TotalMilliseconds);
            while (DueRoot() is { } root)
            {
                EngineAnswer answer = Keys.Run(
                    OperationTable.Find(OperationCode.Wake)!.Body,
                    WakeRoot.Arguments(root),
                    new(RecordKey.SlotOf(root), default, 0));
                Assert.Equal(AnswerStatus.Done, answer.Status);
            }
        }

        NotifyChanged();
    }

    private byte[]? DueRoot()
    {
        byte[] after = [];
        while (Keys.TryNext([], after, out RecordView record))
        {
            after = record.Key.ToArray();
            if (RecordKey.KindOf(after) == RecordKind.Timer
                && RootTimer.Due(record.Value).Milliseconds <= Keys.Now.Milliseconds)
            {
                return [.. after[..2], .. after[3..^1]];
            }
        }

        return null;
    }
}
