using Concord.Cluster.State;
using Concord.Engines;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>What a replica has beside a root: read as it is stored, by nothing that decides.</summary>
internal sealed class RootRecords
{
    public static RootRecords None { get; } = new();

    /// <summary>The holds with their tokens and values.</summary>
    public Dictionary<RequestKey, (long Token, byte[] Value)> Holds { get; } = [];

    /// <summary>The places in line, in their order.</summary>
    public SortedDictionary<ulong, (RequestKey Request, byte[] Asked)> Line { get; } = [];

    /// <summary>At which place each request in line stands.</summary>
    public Dictionary<RequestKey, ulong> Claims { get; } = [];

    /// <summary>At which place each of those waits that will be held under a name of its own: of several that a request
    /// asks for each.</summary>
    public Dictionary<RequestKey, ulong> InLine { get; } = [];

    public bool HasTimer { get; private init; }

    public byte[]? Root { get; private init; }

    public bool IsEmpty => Holds.Count == 0 && Line.Count == 0 && Claims.Count == 0 && !HasTimer;

    public static RootRecords Of(Keyspace keys, HeldRoot root)
    {
        byte[] timer = new byte[HoldKey.BytesMax];
        var found = new RootRecords
        {
            HasTimer = keys.TryGet(HoldKey.Prefix(timer, RecordKind.Timer, root.Key), out _),
            Root = keys.TryGet(root.Key, out RecordView record) ? record.Value.ToArray() : null,
        };
        foreach ((byte[] key, byte[] value, long token) in Behind(keys, root, RecordKind.Hold))
        {
            found.Holds.Add(RequestOf(root, key), (token, value));
        }

        foreach ((byte[] key, byte[] value, _) in Behind(keys, root, RecordKind.Claim))
        {
            found.Claims.Add(RequestOf(root, key), HoldLine.ReadClaim(value));
        }

        foreach ((byte[] key, byte[] value, _) in Behind(keys, root, RecordKind.Place))
        {
            LinePlace place = HoldLine.ReadPlace(key, value);
            var request = new RequestKey(root.Slot, place.Session, place.Sequence);
            found.Line.Add(place.Number, (request, place.Request.ToArray()));
            int left = root.IsQueue ? ReceiveRequest.ReadPlace(place.Request).Left : 1;
            for (int i = 0; i < left; i++)
            {
                found.InLine.Add(request with { Sequence = request.Sequence - (ulong)i }, place.Number);
            }
        }

        return found;
    }

    /// <summary>For how many a request still waits.</summary>
    public int WaitingBy(RequestKey request) =>
        Claims.TryGetValue(request, out ulong place) ? InLine.Values.Count(number => number == place) : 0;

    /// <summary>Where the rest waits of a request for several that has just been granted this one; null for
    /// nowhere.</summary>
    public ulong? PlaceOfRest(RootRecords before, RequestKey granted)
    {
        if (Line.Count == 0)
        {
            return null;
        }

        (ulong place, (RequestKey request, _)) = Line.Last();
        bool isOfIt = request.Session == granted.Session
            && request.Sequence > granted.Sequence
            && request.Sequence - granted.Sequence < ReceiveSeveral.CountMax;
        return isOfIt && !before.Claims.ContainsKey(request) ? place : null;
    }

    /// <summary>All records of a kind at a root.</summary>
    public static List<(byte[] Key, byte[] Value, long Created)> Behind(Keyspace keys, HeldRoot root, RecordKind kind)
    {
        byte[] target = new byte[HoldKey.BytesMax];
        byte[] prefix = HoldKey.Prefix(target, kind, root.Key).ToArray();
        byte[] after = prefix;
        var found = new List<(byte[], byte[], long)>();
        while (keys.TryNext(prefix, after, out RecordView record))
        {
            after = record.Key.ToArray();
            found.Add((after, record.Value.ToArray(), record.CreateRevision));
        }

        return found;
    }

    private static RequestKey RequestOf(HeldRoot root, byte[] key)
    {
        (SessionId session, ulong sequence) = HoldKey.HandleOf(key);
        return new(root.Slot, session, sequence);
    }
}
