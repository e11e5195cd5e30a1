using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Tests;

/// <summary>Sessions that ask for holds, on the model of a keyspace, and what the records say of it.</summary>
internal sealed class HoldRoom
{
    public static readonly byte[] Lock = Root(RecordKind.Lock);
    public static readonly byte[] Election = Root(RecordKind.Election);
    public static readonly byte[] Semaphore = Root(RecordKind.Semaphore);
    public static readonly byte[] Group = Root(RecordKind.Group);
    private ulong _sequence;

    public ModelKeyspace Keys { get; } = new();

    /// <summary>All in one slot.</summary>
    public static byte[] Root(RecordKind kind, string name = "{room}x") => RecordKey.Named(kind, "", name);

    /// <summary>Asks for a hold in the mode that its kind has.</summary>
    /// <returns>The sequence of the request, and whether it was granted; null: in line.</returns>
    public (ulong Sequence, long? Token) Acquire(
        byte[] root, ulong session, HoldMode mode = HoldMode.Exclusive, int count = 1, int limit = 3)
    {
        EngineAnswer answer = TryAcquire(root, session, out ulong sequence, mode, count, limit, waits: true);
        Assert.True(Reply.IsDone(answer, OperationCode.Acquire, out ByteReader body, out _));
        bool granted = ClaimAnswer.IsGranted(ref body, out ReadOnlySpan<byte> hold);
        Assert.Equal(granted ? answer.Revision : null, TokenOf(root, session, sequence));
        if (granted)
        {
            Assert.Equal(count, HoldRecord.Read(hold).Terms.Count);
        }

        return (sequence, granted ? answer.Revision : null);
    }

    public EngineAnswer TryAcquire(
        byte[] root,
        ulong session,
        out ulong sequence,
        HoldMode mode = HoldMode.Exclusive,
        int count = 1,
        int limit = 3,
        bool waits = false)
    {
        RecordKind kind = RecordKey.KindOf(root);
        mode = kind is RecordKind.Semaphore or RecordKind.Group ? HoldMode.Shared : mode;
        limit = kind == RecordKind.Semaphore ? limit : 0;
        sequence = ++_sequence;
        return Run(
            OperationCode.Acquire,
            session,
            sequence,
            AcquireHold.Arguments(root, mode, count, limit, waits, $"process-{session}"),
            root);
    }

    public ReleaseOutcome Release(byte[] root, ulong session, ulong sequence) =>
        ReleaseHold.Read(TryRelease(root, session, sequence));

    public EngineAnswer TryRelease(byte[] root, ulong session, ulong sequence) =>
        Run(OperationCode.Release, session, ++_sequence, ReleaseHold.Arguments(root, sequence), root);

    public (IReadOnlyList<HoldDescription> Taken, bool More) Force(byte[] root, long token = 0) =>
        ForceRelease.Read(
            Run(OperationCode.ForceRelease, 99, ++_sequence, ForceRelease.Arguments(root, token), root));

    public int? Limit(byte[] root, int limit) =>
        SetLimit.Read(Run(OperationCode.SetLimit, 99, ++_sequence, SetLimit.Arguments(root, limit), root));

    public HoldsDescription Describe(byte[] root) =>
        DescribeHolds.Read(Run(OperationCode.DescribeHolds, 0, 0, DescribeHolds.Arguments(root), root));

    public bool Verify(byte[] root, ulong session, ulong sequence, long token) => VerifyHold.Read(Run(
        OperationCode.VerifyHold,
        0,
        0,
        VerifyHold.Arguments(root, new(RecordKey.SlotOf(root), new(session), sequence), token),
        root));

    public void Open(ulong session) => Assert.Equal(
        OpenSessionOutcome.Opened,
        OpenSession.Read(Keys.Run(
            OpenSession.Run,
            OpenSession.Arguments(new(session), long.MaxValue, TimeSpan.FromSeconds(10)))).Outcome);

    public EngineAnswer CloseOnce(ulong session) =>
        Keys.Run(CloseSession.Run, CloseSession.Arguments(new(session)), new(Slot.OfShard, default, 0));

    /// <summary>Ends a session for good.</summary>
    public void Close(ulong session)
    {
        while (CloseSession.HasMore(CloseOnce(session)))
        {
            Assert.False(SessionRecord.MayRun(Keys, new(session)));
        }
    }

    /// <summary>Wakes every root that is due, as its leader would.</summary>
    /// <returns>How often.</returns>
    public int WakeAll(params byte[][] roots)
    {
        int woken = 0;
        foreach (byte[] root in roots)
        {
            while (RootTimer.Read(Keys, root) is { } due)
            {
                Assert.True(due.Milliseconds <= Keys.Now.Milliseconds);
                Wake(root);
                woken++;
            }
        }

        return woken;
    }

    public void Wake(byte[] root) => Assert.Equal(
        AnswerStatus.Done, Run(OperationCode.Wake, 0, 0, WakeRoot.Arguments(root), root).Status);

    public long? TokenOf(byte[] root, ulong session, ulong sequence)
    {
        byte[] key = new byte[HoldKey.BytesMax];
        return Keys.TryGet(
            HoldKey.Write(key, RecordKind.Hold, root, new(session), sequence), out RecordView hold)
            ? hold.CreateRevision
            : null;
    }

    /// <summary>Whose Hold records there are, in the order of their keys; each must belong to its session.</summary>
    public List<(ulong Session, ulong Sequence)> Holders(byte[] root)
    {
        var holders = new List<(ulong, ulong)>();
        Each(root, RecordKind.Hold, (key, value, owner) =>
        {
            (SessionId session, ulong sequence) = HoldKey.HandleOf(key);
            Assert.Equal(session, owner);
            Assert.Equal(root, HoldKey.RootOf(new byte[HoldKey.BytesMax], key).ToArray());
            holders.Add((session.Value, sequence));
        });
        return holders;
    }

    /// <summary>Who stands in line, in its order: each place has its claim, each claim its place.</summary>
    public List<(ulong Session, ulong Sequence)> Line(byte[] root)
    {
        var line = new List<(ulong, ulong)>();
        Each(root, RecordKind.Place, (key, value, owner) =>
        {
            LinePlace place = HoldLine.ReadPlace(key, value);
            Assert.True(owner.IsNone);
            Assert.True(HoldLine.TryFind(Keys, root, place.Session, place.Sequence, out ulong number));
            Assert.Equal(place.Number, number);
            line.Add((place.Session.Value, place.Sequence));
        });
        int claims = 0;
        Each(root, RecordKind.Claim, (key, value, owner) =>
        {
            Assert.Equal(HoldKey.HandleOf(key).Session, owner);
            claims++;
        });
        Assert.Equal(line.Count, claims);
        return line;
    }

    public EngineAnswer Run(
        OperationCode code, ulong session, ulong sequence, ReadOnlyMemory<byte> arguments, byte[] root) => Keys.Run(
            OperationTable.Find(code)!.Body, arguments, new(RecordKey.SlotOf(root), new(session), sequence));

    private void Each(byte[] root, RecordKind kind, Action<byte[], byte[], SessionId> look)
    {
        byte[] prefix = HoldKey.Prefix(new byte[HoldKey.BytesMax], kind, root).ToArray();
        byte[] after = prefix;
        while (Keys.TryNext(prefix, after, out RecordView record))
        {
            after = record.Key.ToArray();
            look(after, record.Value.ToArray(), record.Owner);
        }
    }
}
