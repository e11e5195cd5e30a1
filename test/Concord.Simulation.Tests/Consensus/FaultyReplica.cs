using Concord.Consensus;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Tests.Consensus;

/// <summary>A sound core behind a host that does one thing wrong with its outbox.</summary>
internal sealed class FaultyReplica(IReplicatedLog core, Action<IReplicatedLog, Outbox> spoil) : IReplicatedLog
{
    private readonly Queue<ulong> _localReads = new();

    public LogBuffer Log => core.Log;

    public ReplicaStatus Status => core.Status;

    public Membership Membership => ClaimedMembership ?? core.Membership;

    public Membership? ClaimedMembership { get; init; }

    public bool IsMembershipFinal => core.IsMembershipFinal;

    public TimeSpan NextTick => core.NextTick;

    public bool ReadsLocally { get; init; }

    public static NewReplica With(Action<IReplicatedLog, Outbox> spoil) =>
        setup => new FaultyReplica(SimProtocol.Raft.New(setup), spoil);

    public ProposeResult Propose(ReadOnlySpan<byte> payload, out LogIndex index) => core.Propose(payload, out index);

    public ProposeResult Read(ulong context, TimeSpan now)
    {
        if (!ReadsLocally)
        {
            return core.Read(context, now);
        }

        _localReads.Enqueue(context);
        return ProposeResult.Accepted;
    }

    public MembershipChange ChangeMembership(Membership target) => core.ChangeMembership(target);

    public TransferResult TransferLeadership(NodeId target) => core.TransferLeadership(target);

    public void Step(in Message message, EntryReader entries, TimeSpan now) => core.Step(message, entries, now);

    public void Alive(NodeId peer, in Standing standing, TimeSpan now) => core.Alive(peer, standing, now);

    public SnapshotPoint PointAt(LogIndex index) => core.PointAt(index);

    public void Tick(TimeSpan now) => core.Tick(now);

    public void DurableTo(ulong writeSequence) => core.DurableTo(writeSequence);

    public void SnapshotTaken(LogIndex index, int retainedEntries) => core.SnapshotTaken(index, retainedEntries);

    public void SnapshotInstalled(SnapshotPoint point) => core.SnapshotInstalled(point);

    public bool Drain(Outbox outbox)
    {
        core.Drain(outbox);
        while (_localReads.TryDequeue(out ulong context))
        {
            outbox.Reads.Add(new(context, core.Status.CommitIndex, Failed: false));
        }

        spoil(core, outbox);
        return true;
    }
}
