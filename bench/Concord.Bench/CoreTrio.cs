using Concord.Consensus;
using Concord.Consensus.Raft;

namespace Concord.Bench;

/// <summary>
/// Three replicas on one thread. Their messages go through the codec, as bytes; their disks and network take no time.
/// </summary>
internal sealed class CoreTrio
{
    private const int Replicas = 3;
    private const int CompactionEntries = 4096;
    private const int RetainedEntries = 1024;

    private readonly RaftCore[] _cores = new RaftCore[Replicas];
    private readonly Outbox[] _outboxes = new Outbox[Replicas];
    private readonly byte[] _wire = new byte[1 << 20];
    private TimeSpan _now;
    private int _sinceCompaction;

    public CoreTrio()
    {
        NodeId[] voters = [.. Enumerable.Range(1, Replicas).Select(number => new NodeId((ushort)number))];
        for (int i = 0; i < Replicas; i++)
        {
            RaftOptions options = new() { Self = voters[i], Seed = (ulong)i };
            _cores[i] = new(options, new() { Log = new(), Membership = new(voters) });
            _outboxes[i] = new();
            _cores[i].Tick(_now);
        }

        // Only the first one is told that time passes: it stands, and nobody stands against it.
        _now = TimeSpan.FromSeconds(2);
        Leader.Tick(_now);
        Settle();
        if (Leader.Status.Role != Role.Leader)
        {
            throw new InvalidOperationException($"The first replica does not lead: {Leader.Status}.");
        }
    }

    private RaftCore Leader => _cores[0];

    /// <summary>Proposes entries in batches; each batch is committed on all replicas before the next.</summary>
    public void Replicate(int batches, int entriesPerBatch, ReadOnlySpan<byte> payload)
    {
        LogIndex expected = Leader.Log.Last + (ulong)(batches * entriesPerBatch);
        for (int batch = 0; batch < batches; batch++)
        {
            for (int i = 0; i < entriesPerBatch; i++)
            {
                Leader.Propose(payload, out _);
            }

            Settle();
            CompactAfter(entriesPerBatch);
        }

        if (Leader.Status.CommitIndex != expected)
        {
            throw new InvalidOperationException($"Committed up to {Leader.Status.CommitIndex}, not {expected}.");
        }
    }

    /// <summary>As a node does after its snapshots: else the log would grow for ever.</summary>
    private void CompactAfter(int entries)
    {
        _sinceCompaction += entries;
        if (_sinceCompaction < CompactionEntries)
        {
            return;
        }

        // The followers learn the last commit with the heartbeat.
        _sinceCompaction = 0;
        _now += TimeSpan.FromMilliseconds(100);
        Leader.Tick(_now);
        Settle();
        foreach (RaftCore core in _cores)
        {
            core.SnapshotTaken(core.Status.CommitIndex, RetainedEntries);
        }
    }

    private void Settle()
    {
        bool any = true;
        while (any)
        {
            any = false;
            for (int i = 0; i < Replicas; i++)
            {
                any |= Settle(i);
            }
        }
    }

    private bool Settle(int place)
    {
        Outbox outbox = _outboxes[place];
        if (!_cores[place].Drain(outbox))
        {
            return false;
        }

        LogWrite? write = outbox.Write;
        foreach (Message message in outbox.Sends)
        {
            Deliver(message, _cores[place].Log);
        }

        outbox.Clear();
        if (write is { } made)
        {
            _cores[place].DurableTo(made.Sequence);
            outbox.ReleaseThrough(made.Sequence);
            foreach (Message message in outbox.Sends)
            {
                Deliver(message, _cores[place].Log);
            }

            outbox.Sends.Clear();
        }

        return true;
    }

    private void Deliver(in Message message, LogBuffer log)
    {
        int length = MessageCodec.Write(message, log, _wire);
        if (!MessageCodec.TryRead(_wire.AsSpan(0, length), out Message received, out EntryReader entries))
        {
            throw new InvalidOperationException($"The codec does not read what it wrote: {message}.");
        }

        _cores[message.To.Value - 1].Step(received, entries, _now);
    }
}
