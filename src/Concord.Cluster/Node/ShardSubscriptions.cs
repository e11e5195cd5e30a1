using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Cluster.Node;

/// <summary>
/// Who is told what by the leader of a shard. An inbox is told each hold of its session as it comes and goes. A watch
/// is told all records behind its prefix after each change, or, while its connection is full, after several: each time
/// is the whole, so nothing is missed.
/// </summary>
internal sealed class ShardSubscriptions(Shard shard)
{
    /// <summary>A watch waits while so much waits to be sent to its client.</summary>
    private const int OutputBytesMax = 1 << 20;

    /// <summary>The most that one watch is told at once.</summary>
    private const int RecordsMax = 4096;

    private readonly Dictionary<ulong, Subscription> _inboxes = [];
    private readonly Dictionary<byte[], List<Subscription>> _watches = new(BytesComparer.Instance);
    private readonly List<Subscription> _behind = [];
    private NodeConnection? _answered;
    private AnsweredHold _answeredHold;
    private readonly byte[] _prefix = new byte[HoldKey.BytesMax];

    /// <summary>Begins a subscription, in place of an earlier one of the same; tells all that there is.</summary>
    public void Add(Subscription subscription)
    {
        if (subscription.Client.IsClosed)
        {
            return;
        }

        subscription.Client.HasSubscriptions = true;
        if (subscription.Kind == SubscriptionKind.Inbox)
        {
            _inboxes[subscription.Session.Value] = subscription;
            TellAllHolds(subscription);
            return;
        }

        if (!_watches.TryGetValue(subscription.Prefix, out List<Subscription>? watches))
        {
            _watches.Add(subscription.Prefix, watches = []);
        }

        watches.RemoveAll(one => one.Client == subscription.Client && one.Id == subscription.Id);
        watches.Add(subscription);
        FallBehind(subscription);
    }

    /// <summary>Ends a client's subscription, or all of them.</summary>
    public void Remove(NodeConnection client, ulong? id)
    {
        foreach ((ulong session, Subscription inbox) in _inboxes.ToArray())
        {
            if (inbox.Client == client && (id is null || inbox.Id == id))
            {
                _inboxes.Remove(session);
            }
        }

        foreach ((byte[] prefix, List<Subscription> watches) in _watches.ToArray())
        {
            watches.RemoveAll(watch => watch.Client == client && (id is null || watch.Id == id));
            if (watches.Count == 0)
            {
                _watches.Remove(prefix);
            }
        }
    }

    /// <summary>This replica leads no more.</summary>
    public void End()
    {
        foreach (Subscription inbox in _inboxes.Values.OrderBy(static one => one.Session.Value))
        {
            inbox.SayEnded();
        }

        foreach (List<Subscription> watches in _watches.OrderBy(static one => one.Key, BytesComparer.Instance)
            .Select(static one => one.Value))
        {
            watches.ForEach(static watch => watch.SayEnded());
        }

        _inboxes.Clear();
        _watches.Clear();
        _behind.Clear();
    }

    /// <summary>Who asks for what will change next, and is answered: what the answer tells a client of a hold, its
    /// inbox does not tell it again.</summary>
    public void Answering(NodeConnection? client, in Command command) =>
        (_answered, _answeredHold) = (client, client is null ? default : AnsweredHold.Of(command));

    /// <summary>A record has changed.</summary>
    public void Changed(ReadOnlySpan<byte> key, bool exists)
    {
        bool isHold = RecordKey.KindOf(key) == RecordKind.Hold;
        if (isHold && _inboxes.Count > 0
            && _inboxes.TryGetValue(HoldKey.HandleOf(key).Session.Value, out Subscription? inbox))
        {
            TellHold(inbox, key, exists);
        }

        if (_watches.Count == 0)
        {
            return;
        }

        ReadOnlySpan<byte> watched = isHold ? key[..^HoldKey.HandleBytes] : key;
        if (_watches.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(watched, out List<Subscription>? watches))
        {
            watches.ForEach(FallBehind);
        }
    }

    /// <summary>Tells the watches what has changed.</summary>
    public void Tell()
    {
        for (int i = _behind.Count - 1; i >= 0; i--)
        {
            Subscription watch = _behind[i];
            if (watch.Client.IsClosed || watch.Client.Output.Length < OutputBytesMax)
            {
                _behind.RemoveAt(i);
                watch.IsBehind = false;
                TellRecords(watch);
            }
        }
    }

    private void FallBehind(Subscription watch)
    {
        if (!watch.IsBehind)
        {
            watch.IsBehind = true;
            _behind.Add(watch);
        }
    }

    private void TellAllHolds(Subscription inbox)
    {
        Say(inbox, new() { Subscription = inbox.Id, Kind = InboxEventKind.Begin });
        ReadOnlySpan<byte> after = default;
        while (shard.Keyspace.TryOwned(inbox.Session, after, out RecordView owned))
        {
            after = owned.Key;
            switch (RecordKey.KindOf(owned.Key))
            {
                case RecordKind.Hold:
                    Say(inbox, Held(inbox, owned));
                    break;
                case RecordKind.Claim:
                    Say(inbox, new()
                    {
                        Subscription = inbox.Id,
                        Kind = InboxEventKind.InLine,
                        Key = owned.Key,
                        Value = RequestOf(owned),
                    });
                    break;
            }
        }

        Say(inbox, new()
        {
            Subscription = inbox.Id,
            Kind = InboxEventKind.End,
            Revision = shard.Keyspace.Revision,
        });
    }

    /// <summary>What a request in line still asks for.</summary>
    private ReadOnlySpan<byte> RequestOf(in RecordView claim)
    {
        Span<byte> rootBytes = stackalloc byte[HoldKey.BytesMax];
        Span<byte> keyBytes = stackalloc byte[HoldKey.BytesMax];
        ReadOnlySpan<byte> root = HoldKey.RootOf(rootBytes, claim.Key);
        ReadOnlySpan<byte> key = HoldKey.WritePlace(keyBytes, root, HoldLine.ReadClaim(claim.Value));
        return shard.Keyspace.TryGet(key, out RecordView place)
            ? HoldLine.ReadPlace(key, place.Value).Request
            : throw new MalformedDataException("Malformed data: a claim without its place in line.");
    }

    private void TellHold(Subscription inbox, ReadOnlySpan<byte> key, bool exists)
    {
        RecordView record = default;
        bool isHeld = exists && shard.Keyspace.TryGet(key, out record);
        if (inbox.Client == _answered && _answeredHold.Tells(key, record.Value))
        {
            return;
        }

        Say(inbox, isHeld
            ? Held(inbox, record)
            : new() { Subscription = inbox.Id, Kind = InboxEventKind.Gone, Key = key });
    }

    private static InboxEvent Held(Subscription inbox, in RecordView record) => new()
    {
        Subscription = inbox.Id,
        Kind = InboxEventKind.Put,
        Revision = record.CreateRevision,
        Key = record.Key,
        Value = record.Value,
    };

    private static void Say(Subscription inbox, in InboxEvent told)
    {
        if (!inbox.Client.IsClosed)
        {
            told.Write(inbox.Client.Output);
            inbox.Client.MarkDirty();
        }
    }

    private void TellRecords(Subscription watch)
    {
        if (watch.Client.IsClosed)
        {
            return;
        }

        FrameWriter frames = watch.Client.Output;
        ByteWriter writer = frames.Begin(WireKind.Watched);
        writer.WriteUInt64(watch.Id);
        writer.WriteInt64(shard.Keyspace.Revision);
        int countAt = writer.Length;
        writer.WriteInt32(0);
        int count = 0;
        if (shard.Keyspace.TryGet(watch.Prefix, out RecordView exact))
        {
            Write(writer, exact);
            count++;
        }
        else
        {
            Span<byte> prefix = _prefix.AsSpan(0, watch.Prefix.Length);
            watch.Prefix.CopyTo(prefix);
            ReadOnlySpan<byte> after = prefix;
            while (count < RecordsMax && shard.Keyspace.TryNext(prefix, after, out RecordView record))
            {
                Write(writer, record);
                after = record.Key;
                count++;
            }
        }

        writer.OverwriteInt32(countAt, count);
        frames.End();
        watch.Client.MarkDirty();
    }

    private static void Write(ByteWriter writer, in RecordView record)
    {
        writer.WriteInt64(record.CreateRevision);
        writer.WriteInt64(record.ModRevision);
        writer.WriteBytes(record.Key);
        writer.WriteBytes(record.Value);
    }
}
