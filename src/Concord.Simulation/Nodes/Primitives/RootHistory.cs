using Concord.Cluster.Node;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>
/// One root as its log tells it, entry by entry, and what must hold of whatever can be held: every grant has a newer
/// token, the line is served from its head, and nobody stands there whose session is gone.
/// </summary>
internal sealed class RootHistory(NodeWorld world, HeldRoot root)
{
    private readonly Dictionary<RequestKey, long> _everHeld = [];
    private long _lastToken;

    public HeldRoot Root => root;

    public RootRecords Now { get; private set; } = RootRecords.None;

    /// <summary>The token that a request was ever granted; zero for none.</summary>
    public long TokenOf(RequestKey request) => _everHeld.GetValueOrDefault(request);

    /// <summary>Whether a hold with this token is held: that of the request, if it is said.</summary>
    public bool IsHeld(long token, RequestKey? request) => Now.Holds.Any(
        hold => hold.Value.Token == token && (request is null || request == hold.Key));

    /// <summary>An entry was applied that may have changed something here.</summary>
    /// <returns>What was there before.</returns>
    public RootRecords Look(Shard shard, OperationCode by)
    {
        RootRecords before = Now;
        Now = RootRecords.Of(shard.Keyspace, root);
        foreach ((RequestKey request, (long token, _)) in Now.Holds)
        {
            if (!before.Holds.ContainsKey(request))
            {
                Granted(before, request, token, by);
            }
        }

        foreach ((RequestKey request, (long token, _)) in Now.Holds)
        {
            _lastToken = Math.Max(_lastToken, token);
            NodeRules.Require(
                token == _everHeld[request], "a-token-stays", $"{root}: {request} has another token after {by}");
        }

        CheckLine();
        CheckOwners(shard, by);
        return before;
    }

    private void Granted(RootRecords before, RequestKey request, long token, OperationCode by)
    {
        NodeRules.Require(
            token > _lastToken,
            "tokens-grow",
            $"{root}: {by} granted {request} the token {token}, after {_lastToken}");
        NodeRules.Require(
            _everHeld.TryAdd(request, token), "granted-once", $"{root}: {by} granted {request} a second time");
        bool stood = before.InLine.TryGetValue(request, out ulong place);

        // Of several that one request asks for the rest goes on waiting: where it stood, or behind all others.
        ulong? rest = stood ? place : by == OperationCode.ReceiveSeveral ? Now.PlaceOfRest(before, request) : null;
        ulong ahead = Now.Line.Keys.FirstOrDefault(number => number != rest, ulong.MaxValue);
        NodeRules.Require(
            stood ? place < ahead : ahead == ulong.MaxValue,
            "first-come-first-served",
            $"{root}: {by} granted {request} (in line: {stood}, place {place}), and place {ahead} still waits");
        world.Faults.Count(stood ? FaultKind.GrantedInLine : FaultKind.GrantedAtOnce);
        if (world.KeepsText)
        {
            world.Say($"{root}: {request} holds with token {token}");
        }
    }

    private void CheckLine()
    {
        bool fits = Now.Claims.Count == Now.Line.Count
            && Now.Line.All(place => Now.Claims.TryGetValue(place.Value.Request, out ulong at) && at == place.Key);
        NodeRules.Require(fits, "every-place-has-its-claim", $"{root}: line and claims do not fit each other");
        NodeRules.Require(
            !Now.InLine.Keys.Any(Now.Holds.ContainsKey), "in-line-or-held", $"{root}: a request waits and holds");
    }

    private void CheckOwners(Shard shard, OperationCode by)
    {
        var view = new KeyspaceView(shard.Keyspace, shard.Now);
        foreach (RequestKey request in Now.Holds.Keys.Concat(Now.Claims.Keys))
        {
            NodeRules.Require(
                SessionRecord.TryRead(view, request.Session, out _),
                "no-ghosts",
                $"{root}: {request} is there after {by}, and its session is not");
        }
    }
}
