using Concord.Cluster.Node;
using Concord.Consensus;

namespace Concord.Cli.Bench.Cores;

/// <summary>
/// Three replicas on one thread. Their messages go through the codec, as bytes; their disks and network take no time.
/// </summary>
internal sealed class CoreTrio
{
    private const int CompactionEntries = 4096;
    private const int RetainedEntries = 1024;

    private readonly CoreReplica[] _replicas;
    private readonly byte[] _wire = new byte[1 << 20];
    private TimeSpan _now;
    private int _sinceCompaction;

    /// <param name="protocol">How they agree.</param>
    public CoreTrio(ReplicaProtocol protocol)
    {
        _replicas =
            [.. Enumerable.Range(0, CoreReplica.Replicas).Select(place => new CoreReplica(protocol, place, seed: 0))];

        // Only the first one is told that time passes: it stands, and nobody stands against it.
        for (int second = 1; second <= 10 && Leader.Status.Role != Role.Leader; second++)
        {
            _now = TimeSpan.FromSeconds(2 * second);
            Leader.Tick(_now);
            Settle();
        }

        if (Leader.Status.Role != Role.Leader)
        {
            throw new InvalidOperationException($"The first replica does not lead: {Leader.Status}.");
        }
    }

    private IReplicatedLog Leader => _replicas[0].Core;

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
        foreach (CoreReplica replica in _replicas)
        {
            replica.Core.SnapshotTaken(replica.Core.Status.CommitIndex, RetainedEntries);
        }
    }

    private void Settle()
    {
        bool any = true;
        while (any)
        {
            any = false;
            foreach (CoreReplica replica in _replicas)
            {
                any |= Settle(replica);
            }
        }
    }

    private bool Settle(CoreReplica replica)
    {
        Outbox outbox = replica.Outbox;
        if (!replica.Core.Drain(outbox))
        {
            return false;
        }

        LogWrite? write = outbox.Write;
        Deliver(outbox, replica.Core.Log);
        outbox.Clear();
        if (write is { } made)
        {
            replica.Core.DurableTo(made.Sequence);
            outbox.ReleaseThrough(made.Sequence);
            Deliver(outbox, replica.Core.Log);
            outbox.Sends.Clear();
        }

        return true;
    }

    private void Deliver(Outbox outbox, LogBuffer log)
    {
        foreach (Message message in outbox.Sends)
        {
            int length = MessageCodec.Write(message, log, _wire);
            if (!MessageCodec.TryRead(_wire.AsSpan(0, length), out Message received, out EntryReader entries))
            {
                throw new InvalidOperationException($"The codec does not read what it wrote: {message}.");
            }

            _replicas[message.To.Value - 1].Core.Step(received, entries, _now);
        }
    }
}
