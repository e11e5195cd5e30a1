namespace Concord.Consensus.Tests.Scripting;

/// <summary>A node of a script: a core, its outbox, its disk and its clock. Everything that goes in or out is
/// traced.</summary>
internal sealed class ScriptNode(NodeId id, ScriptCluster cluster)
{
    private Outbox _outbox = new();

    public NodeId Id { get; } = id;

    public ScriptDisk Disk { get; } = new();

    public TimeSpan Now { get; private set; }

    /// <summary>Its next start finds its disk damaged.</summary>
    public bool IsImpaired { get; set; }

    /// <summary>Null while it is down.</summary>
    public ReplicaCore? Core { get; private set; }

    /// <summary>Writes wait until a script says that they are durable.</summary>
    public bool DiskIsSlow { get; set; }

    public LogIndex Applied => _outbox.CommitIndex;

    public void Start()
    {
        _outbox = new();
        Core = cluster.CoreOf(Id, Disk.Recover(cluster.MembershipAtBirth(Id)) with { IsImpaired = IsImpaired });
        IsImpaired = false;
        Core.Tick(Now);
    }

    public void Crash()
    {
        Core = null;
        Disk.Crash();
    }

    public void Tick(TimeSpan time)
    {
        Now += time;
        Do($"tick {Now.TotalMilliseconds}ms", core => core.Tick(Now));
    }

    public void Durable(ulong sequence) => Do($"durable {sequence}", core =>
    {
        Disk.CompleteThrough(sequence);
        core.DurableTo(sequence);
        _outbox.ReleaseThrough(sequence);
    });

    public void Do(string input, Action<ReplicaCore> act)
    {
        cluster.Trace($"{Id} {input}");
        if (Core is not { } core)
        {
            cluster.Trace("  is down");
            return;
        }

        act(core);
        Drain(core);
    }

    private void Drain(ReplicaCore core)
    {
        int gated = _outbox.Gated.Count;
        LogIndex applied = _outbox.CommitIndex;
        core.Drain(_outbox);
        if (_outbox.Write is { } write)
        {
            cluster.Trace($"  write {Text(write, core.Log)}");
            Disk.Ask(write, core.Log);
        }

        foreach (Message message in _outbox.Sends)
        {
            cluster.Trace($"  send {message}{Contents(message, core.Log)}");
            cluster.Send(message, core.Log);
        }

        foreach (GatedMessage message in _outbox.Gated.Skip(gated))
        {
            cluster.Trace($"  after write {message.AfterWrite}: {message.Message}");
        }

        foreach (ReadResult read in _outbox.Reads)
        {
            cluster.Trace(read.Failed ? $"  read {read.Context} failed" : $"  read {read.Context} at {read.Index}");
        }

        if (!_outbox.SnapshotWantedFrom.IsNone)
        {
            cluster.Trace($"  wants the snapshot of {_outbox.SnapshotWantedFrom}");
        }

        if (_outbox.CommitIndex > applied)
        {
            cluster.Trace($"  apply {new LogRange(applied + 1, (int)(_outbox.CommitIndex - applied))}");
            cluster.Apply(this, applied, _outbox.CommitIndex);
        }

        ulong? sequence = _outbox.Write?.Sequence;
        _outbox.Clear();
        if (sequence is { } asked && !DiskIsSlow)
        {
            Durable(asked);
        }
    }

    private static string Text(LogWrite write, LogBuffer log)
    {
        string hardState = write.HardState is not { } state ? ""
            : state.VotedFor.IsNone && write.KeepsWhatFollows ? $" {state.Stamp}"
            : $" {state.Stamp} vote={state.VotedFor}";
        string truncate = write.TruncateFrom is { } from ? $" truncate={from}" : "";
        string entries = write.Entries.IsEmpty ? "" : $" {write.Entries}{Contents(write.Entries, log)}";
        string restamped = write.Restamped.IsEmpty ? ""
            : $" restamp {write.Restamped} {log.StampAt(write.Restamped.First)}";
        return $"{write.Sequence}:{hardState}{truncate}{entries}{restamped}";
    }

    private static string Contents(Message message, LogBuffer log) => Contents(message.Entries, log);

    private static string Contents(LogRange range, LogBuffer log) =>
        range.IsEmpty ? "" : $" {{{string.Join(' ', ScriptDisk.Copy(range, log).Select(static entry => entry.Text))}}}";
}
