using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Ask = Concord.Tests.NaiveHolds.Ask;

namespace Concord.Tests;

/// <summary>Whatever happens in whatever order, the records say the same as two lists written by hand.</summary>
public sealed class HoldModelTests
{
    private static readonly byte[][] s_roots =
    [
        HoldRoom.Lock, HoldRoom.Election, HoldRoom.Semaphore, HoldRoom.Group,
        HoldRoom.Root(RecordKind.Lock, "{room}y"),
    ];

    private readonly Dictionary<byte[], NaiveHolds> _naive =
        s_roots.ToDictionary(root => root, root => new NaiveHolds(RecordKey.KindOf(root)));

    private readonly Dictionary<byte[], long> _lastExclusive = s_roots.ToDictionary(root => root, _ => 0L);
    private readonly Dictionary<byte[], HashSet<(ulong, ulong)>> _seen =
        s_roots.ToDictionary(root => root, _ => new HashSet<(ulong, ulong)>());

    private HoldRoom _room = new();
    private Random _random = new(0);
    private ulong _nextSession = 1;
    private ulong _nextTransaction = 1;
    private int _granted;

    [Fact]
    public void Thousands_of_steps_leave_the_same_holders_in_the_same_order()
    {
        for (int seed = 1; seed <= 250; seed++)
        {
            _random = new(seed);
            _room = new();
            Forget();
            ulong[] sessions = [Opened(), Opened(), Opened(), Opened()];
            for (int step = 0; step < 80; step++)
            {
                byte[] root = s_roots[_random.Next(s_roots.Length)];
                Step(root, sessions);
                Assert.InRange(_room.Keys.SeenByLastRun, 0, 200);
                Compare($"Seed {seed}, step {step}");
            }

            Drain(sessions);
        }

        Assert.InRange(_granted, 2_000, int.MaxValue);
    }

    private void Step(byte[] root, ulong[] sessions)
    {
        int who = _random.Next(sessions.Length);
        NaiveHolds naive = _naive[root];
        switch (_random.Next(20))
        {
            case < 9:
                Acquire(root, sessions[who]);
                break;
            case < 16:
                Ask[] asks = [.. naive.Holders, .. naive.Line];
                Release(root, asks.Length == 0 || _random.Next(8) == 0
                    ? new(sessions[who], 1_000_000 + (ulong)_random.Next(50), default, 1)
                    : asks[_random.Next(asks.Length)]);
                break;
            case 16 when _naive.Values.All(other => other.Required.Count == 0):
                _room.Close(sessions[who]);
                Array.ForEach([.. _naive.Values], other => other.Close(sessions[who]));
                sessions[who] = Opened();
                break;
            case 17 when RecordKey.KindOf(root) == RecordKind.Semaphore:
                int limit = _random.Next(1, 7);
                _room.Limit(root, limit);
                naive.Set(limit);
                break;
            case 18 when _random.Next(3) == 0 && naive.Required.Count == 0:
                Assert.Equal(naive.Holders.Count, _room.Force(root).Taken.Count);
                naive.TakeAll();
                break;
            case 19:
                RequireOrResolve(root, naive);
                break;
        }
    }

    private void Acquire(byte[] root, ulong session)
    {
        RecordKind kind = RecordKey.KindOf(root);
        HoldMode mode = kind is RecordKind.Group or RecordKind.Semaphore ? HoldMode.Shared
            : kind == RecordKind.Lock && _random.Next(2) == 0 ? HoldMode.Shared
            : HoldMode.Exclusive;
        int count = kind == RecordKind.Semaphore ? _random.Next(1, 5) : 1;
        int limit = _random.Next(2, 6);
        EngineAnswer answer =
            _room.TryAcquire(root, session, out ulong sequence, mode, count, limit, waits: true);
        bool? expected = _naive[root].Acquire(new(session, sequence, mode, count), limit);
        if (Reply.IsDone(answer, OperationCode.Acquire, out ByteReader body, out RefusalCode refusal))
        {
            Assert.Equal(expected == true, ClaimAnswer.IsGranted(ref body, out _));
            Assert.NotEqual(false, expected);
        }
        else
        {
            Assert.Equal((RefusalCode.LimitExceeded, false), (refusal, expected));
        }
    }

    private void Release(byte[] root, Ask ask)
    {
        ReleaseOutcome? expected = _naive[root].Release(ask.Session, ask.Sequence);
        EngineAnswer answer = _room.TryRelease(root, ask.Session, ask.Sequence);
        if (expected is { } outcome)
        {
            Assert.Equal(outcome, ReleaseHold.Read(answer));
        }
        else
        {
            Assert.Equal(AnswerStatus.Blocked, answer.Status);
        }
    }

    private void RequireOrResolve(byte[] root, NaiveHolds naive)
    {
        if (naive.Required.Count > 0)
        {
            Resolve(root, naive, naive.Required.First());
        }
        else if (naive.Holders.Count > 0)
        {
            Ask holder = naive.Holders[_random.Next(naive.Holders.Count)];
            long token = _room.TokenOf(root, holder.Session, holder.Sequence)!.Value;
            var encoded = new ByteWriter();
            TransactionAction[] actions =
            [
                new(ActionKind.Require, root, token, 0, 0, 0, FenceCheck.Handle(new(holder.Session), holder.Sequence)),
            ];
            ActionCodec.Write(encoded, actions, [0]);
            RequestKey transaction = Gid(root, _nextTransaction++);
            var arguments = new ByteWriter();
            PrepareTransaction.WriteArguments(arguments, transaction, anchor: 1, new(1), encoded.Written);
            Assert.Equal(
                AnswerStatus.Done,
                _room.Keys.Run(PrepareTransaction.Run, arguments.ToArray(), transaction).Status);
            naive.Required.Add(transaction.Sequence);
        }
    }

    private void Resolve(byte[] root, NaiveHolds naive, ulong transaction)
    {
        bool commit = _random.Next(2) == 0;
        _room.Keys.Change(keys => ResolveTransactions.Resolve(keys, Gid(root, transaction), commit));
        naive.Required.Remove(transaction);
    }

    private void Compare(string where)
    {
        foreach (byte[] root in s_roots)
        {
            NaiveHolds naive = _naive[root];
            List<(ulong, ulong)> holders = _room.Holders(root);
            string what = $"{where}, {RecordKey.KindOf(root)}";
            Assert.True(
                naive.Holders.Select(ask => (ask.Session, ask.Sequence)).Order().SequenceEqual(holders), what);
            Assert.True(
                naive.Line.Select(ask => (ask.Session, ask.Sequence)).SequenceEqual(_room.Line(root)), what);
            Assert.True(naive.IsIdle != _room.Keys.TryGet(root, out _), what);
            Assert.Null(RootTimer.Read(_room.Keys, root));
            HoldsDescription described = _room.Describe(root);
            Assert.Equal(
                (holders.Count, naive.Line.Count, naive.Holders.Sum(ask => (long)ask.Count)),
                (described.HoldCount, described.WaitingCount, described.Permits));
            if (described.Exists && RecordKey.KindOf(root) == RecordKind.Semaphore)
            {
                Assert.Equal(naive.Limit, described.Limit);
            }

            CheckTokens(root, naive, what);
        }
    }

    /// <summary>Each exclusive grant has a greater token than all before it at this root.</summary>
    private void CheckTokens(byte[] root, NaiveHolds naive, string what)
    {
        foreach (Ask ask in naive.Holders)
        {
            if (_seen[root].Add((ask.Session, ask.Sequence)))
            {
                _granted++;
                long token = _room.TokenOf(root, ask.Session, ask.Sequence)!.Value;
                Assert.True(token >= _lastExclusive[root], what);
                if (ask.Mode == HoldMode.Exclusive)
                {
                    Assert.True(token > _lastExclusive[root], what);
                }

                _lastExclusive[root] = token;
            }
        }
    }

    /// <summary>When everybody who holds gives back, everybody in line is granted in turn, and nothing stays.</summary>
    private void Drain(ulong[] sessions)
    {
        foreach (byte[] root in s_roots)
        {
            NaiveHolds naive = _naive[root];
            Array.ForEach([.. naive.Required], transaction => Resolve(root, naive, transaction));
            if (naive.IsLimitSet)
            {
                _room.Limit(root, 10);
                naive.Set(10);
            }

            Ask[] line = [.. naive.Line];
            while (naive.Holders.Count > 0)
            {
                Release(root, naive.Holders[0]);
                Compare("Drained");
            }

            Assert.Empty(naive.Line);
            Assert.All(line, ask => Assert.Contains((ask.Session, ask.Sequence), _seen[root]));
        }

        Array.ForEach(sessions, _room.Close);
        int limits = _naive.Values.Count(naive => naive.IsLimitSet);

        // The floor of the sessions, and the semaphores whose limit was set.
        Assert.Equal(limits + 1, _room.Keys.Count);
    }

    private void Forget()
    {
        foreach (byte[] root in s_roots)
        {
            _naive[root] = new(RecordKey.KindOf(root));
            _lastExclusive[root] = 0;
            _seen[root].Clear();
        }
    }

    private ulong Opened()
    {
        _room.Open(_nextSession);
        return _nextSession++;
    }

    private static RequestKey Gid(byte[] root, ulong sequence) => new(RecordKey.SlotOf(root), new(50_000), sequence);
}
