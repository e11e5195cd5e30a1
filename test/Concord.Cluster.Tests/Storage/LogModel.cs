using System.Text;
using Concord.Cluster.Storage;
using Concord.Consensus;

namespace Concord.Cluster.Tests.Storage;

/// <summary>
/// What a log must hold, written as plainly as possible: a list of steps in the order in which they were appended. What
/// is recovered must be the state after some number of them, and at least after those that were reported durable.
/// </summary>
internal sealed class LogModel
{
    private readonly List<LogStep> _steps = [];
    private readonly Dictionary<(uint Shard, ulong Sequence), int> _ends = [];

    public int DurableSteps { get; private set; }

    public int Steps => _steps.Count;

    public void Add(LogStep step) => _steps.Add(step);

    public void EndWrite(uint shard, ulong sequence) => _ends[(shard, sequence)] = _steps.Count;

    public void Durable(IEnumerable<DurableWrite> writes)
    {
        foreach (DurableWrite write in writes)
        {
            DurableSteps = Math.Max(DurableSteps, _ends[(write.Shard, write.Sequence)]);
        }
    }

    /// <summary>Everything up to now is durable.</summary>
    public void AllDurable() => DurableSteps = _steps.Count;

    /// <summary>Finds the steps that lead to what was recovered, and forgets those that were lost.</summary>
    public bool TryRewind(string recovered, out string expected)
    {
        SortedDictionary<uint, ModelShard> shards = [];
        expected = "";
        for (int steps = 0; steps <= _steps.Count; steps++)
        {
            if (steps > 0)
            {
                Apply(shards, _steps[steps - 1]);
            }

            if (steps < DurableSteps)
            {
                continue;
            }

            string state = Describe(shards);
            expected += $"after {steps} steps:\n{state}";
            if (state == recovered)
            {
                _steps.RemoveRange(steps, _steps.Count - steps);
                _ends.Clear();
                DurableSteps = steps;
                return true;
            }
        }

        return false;
    }

    private static void Apply(SortedDictionary<uint, ModelShard> shards, LogStep step)
    {
        if (!shards.TryGetValue(step.Shard, out ModelShard? shard))
        {
            shards.Add(step.Shard, shard = new());
        }

        if (step.Stamp > shard.HardState.Stamp || step.Kind == LogStepKind.HardState)
        {
            shard.HardState = new(step.Stamp, step.VotedFor) { Commit = shard.HardState.Commit };
        }

        switch (step.Kind)
        {
            case LogStepKind.Truncate:
                shard.RemoveFrom(step.Index);
                break;
            case LogStepKind.Entry:
                shard.RemoveFrom(step.Index);
                shard.Entries.Add(step.Index, (step.Stamp, step.Stamp, step.Payload));
                break;
            case LogStepKind.Put:
                shard.Entries[step.Index] = (step.Stamp, step.Origin, step.Payload);
                break;
            case LogStepKind.Restamp:
                shard.Entries[step.Index] = shard.Entries[step.Index] with { Stamp = step.Stamp };
                break;
            case LogStepKind.Commit:
                shard.HardState = shard.HardState with { Commit = step.Index };
                break;
            case LogStepKind.Mark:
                if (step.Restart)
                {
                    shard.Entries.Clear();
                }

                shard.Mark = new(step.Index, step.Stamp);
                shard.RemoveThrough(step.Index);
                break;
            case LogStepKind.HardState:
                break;
        }
    }

    private static string Describe(SortedDictionary<uint, ModelShard> shards)
    {
        var text = new StringBuilder();
        foreach ((uint number, ModelShard shard) in shards)
        {
            LogBuffer log = new(shard.Mark.Index, shard.Mark.Stamp);
            foreach ((LogIndex index, (Stamp stamp, Stamp origin, byte[] payload)) in shard.Entries)
            {
                log.Put(index, stamp, origin, EntryKind.Command, payload);
            }

            text.Append(TestLog.DescribeShard(number, shard.HardState, shard.Mark, log));
        }

        return text.ToString();
    }

    private sealed class ModelShard
    {
        public HardState HardState { get; set; }

        public SnapshotMark Mark { get; set; }

        public SortedDictionary<LogIndex, (Stamp Stamp, Stamp Origin, byte[] Payload)> Entries { get; } = [];

        public void RemoveFrom(LogIndex index) => Remove(at => at >= index);

        public void RemoveThrough(LogIndex index) => Remove(at => at <= index);

        private void Remove(Func<LogIndex, bool> condition)
        {
            foreach (LogIndex index in Entries.Keys.Where(condition).ToList())
            {
                Entries.Remove(index);
            }
        }
    }
}

internal enum LogStepKind
{
    HardState,
    Truncate,
    Entry,
    Mark,
    Put,
    Restamp,
    Commit,
}

internal sealed record LogStep(
    LogStepKind Kind, uint Shard, LogIndex Index, Stamp Stamp, NodeId VotedFor, byte[] Payload, bool Restart)
{
    /// <summary>Of a put.</summary>
    public Stamp Origin { get; init; }
}

/// <summary>Does at random to a log what the replicas of one protocol do, and tells the model.</summary>
internal interface ILogWorkload
{
    /// <summary>Starts on a log that has just been recovered.</summary>
    void Start(TestLog log);

    void Step();
}
