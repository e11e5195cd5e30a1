using Concord.Consensus.Paxos;
using Concord.Consensus.Raft;

namespace Concord.Consensus.Tests;

/// <summary>Three cores in memory, in the state that they are in all day: nothing is left behind for the garbage
/// collector.</summary>
public sealed class AllocationTests
{
    private const int Rounds = 2_000;

    [Theory]
    [InlineData("raft", 1)]
    [InlineData("raft", 16)]
    [InlineData("paxos", 1)]
    [InlineData("paxos", 16)]
    public void Replicating_an_entry_allocates_nothing(string protocol, int entriesPerRound)
    {
        var cluster = new Cluster(protocol);
        byte[] payload = new byte[16];
        cluster.Run(Rounds, entriesPerRound, readsPerRound: 0, payload);

        long bytes = LeastAllocated(() => cluster.Run(Rounds, entriesPerRound, readsPerRound: 0, payload));

        double perEntry = (double)bytes / (Rounds * entriesPerRound);
        Assert.True(perEntry < 1, $"{perEntry:F2} bytes per entry were allocated.");
    }

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public void Confirming_a_read_allocates_nothing(string protocol)
    {
        var cluster = new Cluster(protocol);
        cluster.Run(Rounds, entriesPerRound: 0, readsPerRound: 4, []);

        long bytes = LeastAllocated(() => cluster.Run(Rounds, entriesPerRound: 0, readsPerRound: 4, []));

        double perRead = (double)bytes / (Rounds * 4);
        Assert.True(perRead < 1, $"{perRead:F2} bytes per read were allocated.");
    }

    /// <summary>The least of some runs: a collection that another test causes charges this thread with the rest of its
    /// allocation buffer. What the cores allocate themselves costs every run.</summary>
    private static long LeastAllocated(Action run)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private sealed class Cluster
    {
        private readonly IReplicatedLog[] _cores = new IReplicatedLog[3];
        private readonly Outbox[] _outboxes = [new(), new(), new()];
        private readonly byte[] _wire = new byte[1 << 20];
        private TimeSpan _now;
        private int _answered;

        public Cluster(string protocol)
        {
            for (ushort i = 0; i < _cores.Length; i++)
            {
                ReplicaOptions options = new()
                {
                    Self = new((ushort)(i + 1)),
                    Seed = i,
                };
                RecoveredReplica recovered = new() { Log = new(), Membership = Replica.Voters(3) };
                _cores[i] = protocol == "raft" ? new RaftCore(options, recovered) : new PaxosCore(options, recovered);
                _cores[i].Tick(_now);
            }

            _now = TimeSpan.FromSeconds(2);
            _cores[0].Tick(_now);
            Settle();
            Assert.Equal(Role.Leader, _cores[0].Status.Role);
        }

        public void Run(int rounds, int entriesPerRound, int readsPerRound, byte[] payload)
        {
            _answered = 0;
            ulong committed = _cores[0].Status.CommitIndex.Value;
            for (int round = 0; round < rounds; round++)
            {
                for (int i = 0; i < entriesPerRound; i++)
                {
                    _cores[0].Propose(payload, out _);
                }

                for (int i = 0; i < readsPerRound; i++)
                {
                    _cores[0].Read((ulong)i, _now);
                }

                Settle();
                if (round % 100 == 0)
                {
                    Compact();
                }
            }

            if (_cores[0].Status.CommitIndex.Value - committed != (ulong)(rounds * entriesPerRound)
                || _answered != rounds * readsPerRound)
            {
                Assert.Fail($"committed up to {_cores[0].Status.CommitIndex}, answered {_answered}");
            }
        }

        private void Compact()
        {
            _now += TimeSpan.FromMilliseconds(100);
            _cores[0].Tick(_now);
            Settle();
            foreach (IReplicatedLog core in _cores)
            {
                core.SnapshotTaken(core.Status.CommitIndex, retainedEntries: 1000);
            }
        }

        private void Settle()
        {
            bool any = true;
            while (any)
            {
                any = false;
                for (int i = 0; i < _cores.Length; i++)
                {
                    any |= Settle(i);
                }
            }
        }

        private bool Settle(int place)
        {
            if (!_cores[place].Drain(_outboxes[place]))
            {
                return false;
            }

            Outbox outbox = _outboxes[place];
            ulong? write = outbox.Write?.Sequence;
            foreach (Message message in outbox.Sends)
            {
                int length = MessageCodec.Write(message, _cores[place].Log, _wire);
                if (MessageCodec.TryRead(_wire.AsSpan(0, length), out Message received, out EntryReader entries))
                {
                    _cores[message.To.Value - 1].Step(received, entries, _now);
                }
            }

            _answered += outbox.Reads.Count;
            outbox.Clear();
            if (write is { } sequence)
            {
                _cores[place].DurableTo(sequence);
                outbox.ReleaseThrough(sequence);
            }

            return true;
        }
    }
}
