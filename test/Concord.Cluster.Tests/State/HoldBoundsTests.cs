using Concord.Cluster.Node;
using Concord.Cluster.State;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Cluster.Tests.State;

/// <summary>However many wait, one entry does a bounded part of the work, and nothing is lost between two.</summary>
public sealed class HoldBoundsTests
{
    private const int Readers = 10_000;
    private static readonly byte[] s_lock = RecordKey.Named(RecordKind.Lock, "", "crowded");
    private static readonly SessionId s_writer = new(1);
    private static readonly SessionId s_readers = new(2);
    private readonly Keyspace _keyspace = new();
    private readonly KeyspaceOperation _operation;
    private ulong _sequence;
    private int _mostTouched;

    public HoldBoundsTests() => _operation = new(_keyspace);

    [Fact]
    public void Ten_thousand_readers_behind_a_writer_are_all_granted_in_their_order()
    {
        QueueUp();
        long last = 0;
        Run(OperationCode.Release, s_writer, ReleaseHold.Arguments(s_lock, 1));
        int runs = 1 + WakeUntilDone(s_lock);
        for (ulong sequence = 2; sequence < Readers + 2; sequence++)
        {
            long token = TokenOf(sequence);
            Assert.True(token >= last);
            last = token;
        }

        Assert.Equal((Readers + HoldEnds.GrantsPerRunMax - 1) / HoldEnds.GrantsPerRunMax, runs);
        Assert.InRange(_mostTouched, HoldEnds.GrantsPerRunMax, KeyspaceOperation.RecordsMax / 2);
    }

    [Fact]
    public void The_session_of_ten_thousand_waiters_ends_in_bounded_steps_and_leaves_no_record()
    {
        QueueUp();
        int runs = 0;
        bool more = true;
        while (more)
        {
            EngineAnswer answer = Run(OperationCode.CloseSession, default, CloseSession.Arguments(s_readers));
            more = CloseSession.HasMore(answer);
            runs++;
        }

        Assert.InRange(runs, 2, (Readers + CloseSession.RecordsPerRunMax - 1) / CloseSession.RecordsPerRunMax);
        Assert.InRange(_mostTouched, CloseSession.RecordsPerRunMax, KeyspaceOperation.RecordsMax / 2);
        WakeUntilDone(s_lock);

        // The session that writes, its hold, the root, and the floor of the sessions.
        Assert.Equal(4, _keyspace.Count);
    }

    [Fact]
    public void The_session_that_holds_everything_others_wait_for_ends_within_the_bound()
    {
        Open(s_writer);
        Open(s_readers);
        var roots = new List<byte[]>();
        for (int i = 0; i < CloseSession.RecordsPerRunMax; i++)
        {
            byte[] root = RecordKey.Named(RecordKind.Lock, "", "{crowded}" + i);
            roots.Add(root);
            Acquire(root, s_writer, HoldMode.Exclusive);
            for (int waiting = 0; waiting < 20; waiting++)
            {
                Acquire(root, s_readers, HoldMode.Shared);
            }
        }

        Assert.False(CloseSession.HasMore(
            Run(OperationCode.CloseSession, default, CloseSession.Arguments(s_writer))));
        Assert.InRange(_mostTouched, 1, KeyspaceOperation.RecordsMax - 1);
        foreach (byte[] root in roots)
        {
            WakeUntilDone(root);
            HoldsDescription described = DescribeHolds.Read(
                Run(OperationCode.DescribeHolds, default, DescribeHolds.Arguments(root)));
            Assert.Equal((20, 0), (described.HoldCount, described.WaitingCount));
        }
    }

    private int WakeUntilDone(byte[] root)
    {
        int runs = 0;
        while (RootTimer.Read(new KeyspaceView(_keyspace, default), root) is not null)
        {
            Run(OperationCode.Wake, default, WakeRoot.Arguments(root));
            runs++;
        }

        return runs;
    }

    private void QueueUp()
    {
        Open(s_writer);
        Open(s_readers);
        Acquire(s_lock, s_writer, HoldMode.Exclusive);
        for (int i = 0; i < Readers; i++)
        {
            Acquire(s_lock, s_readers, HoldMode.Shared);
        }
    }

    private void Acquire(byte[] root, SessionId session, HoldMode mode) => Run(
        OperationCode.Acquire, session, AcquireHold.Arguments(root, mode, 1, 0, waits: true, "test"));

    private void Open(SessionId session)
    {
        _operation.Begin(default);
        new SessionRecord(true, TimeSpan.FromSeconds(10), default).Put(_operation, session);
        _operation.Commit();
    }

    private long TokenOf(ulong sequence)
    {
        byte[] key = new byte[HoldKey.BytesMax];
        Assert.True(_keyspace.TryGet(
            HoldKey.Write(key, RecordKind.Hold, s_lock, s_readers, sequence), out RecordView hold));
        return hold.CreateRevision;
    }

    private EngineAnswer Run(OperationCode code, SessionId session, ReadOnlyMemory<byte> arguments)
    {
        var answer = new OperationAnswer();
        answer.Reset();
        ulong sequence = session.IsNone ? 0 : ++_sequence;
        Slot slot = code == OperationCode.CloseSession ? Slot.OfShard : RecordKey.SlotOf(s_lock);
        var reader = new ByteReader(arguments.Span);
        _operation.Begin(new(5));
        OperationTable.Find(code)!.Body(
            ref reader, new(new(slot, session, sequence)), _operation, answer);
        _mostTouched = Math.Max(_mostTouched, _operation.RecordsTouched);
        Assert.Equal(AnswerStatus.Done, answer.Status);
        return new(answer.Status, _operation.Commit(), answer.Payload.ToArray());
    }
}
