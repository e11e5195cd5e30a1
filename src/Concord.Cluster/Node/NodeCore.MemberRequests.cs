using System.Text.Json;
using Concord.Client.Administration;
using Concord.Client.Wire;
using Concord.Consensus;
using Concord.Engines;

namespace Concord.Cluster.Node;

/// <content>
/// What an administrator may ask about the members. A change is one entry in the log of shard 0; what follows from it,
/// the leaders of the shards do by themselves. Asked twice, the answer is the same.
/// </content>
internal sealed partial class NodeCore
{
    private void AnswerMembers(ReplyTarget target, ReadOnlySpan<byte> json)
    {
        MembersRequest? request;
        try
        {
            request = JsonSerializer.Deserialize(json, AdministrationJson.Default.MembersRequest);
        }
        catch (JsonException e)
        {
            Shard.Refuse(target, $"The request about members cannot be read: {e.Message}");
            return;
        }

        switch (request!.Action)
        {
            case MembersRequest.View:
                AnswerJson(target, JsonSerializer.SerializeToUtf8Bytes(View(), AdministrationJson.Default.MembersView));
                break;
            case MembersRequest.Transfer:
                Transfer(target, request);
                break;
            case MembersRequest.Add or MembersRequest.Remove or MembersRequest.Replace or MembersRequest.Join:
                ChangeMembers(target, request);
                break;
            default:
                Shard.Refuse(target, $"\"{request.Action}\" is nothing that this build does with members.");
                break;
        }
    }

    private void ChangeMembers(ReplyTarget target, MembersRequest request)
    {
        if (_shards[0] is not { IsReady: true })
        {
            target.Refuse(ReplyStatus.NotLeader, LeaderOf(0));
        }
        else if (DirectoryLeader() is null)
        {
            // A cluster that has just begun is there in a moment: who asks asks again, for as long as he has patience.
            target.Reply(new NodeReply
            {
                Status = ReplyStatus.NotReady,
                Payload = System.Text.Encoding.UTF8.GetBytes(
                    "Members cannot be changed yet: not every member of shard 0 has said that its build can. "
                    + "Start all of them with this build first"),
            });
        }
        else if (_directoryProposed)
        {
            target.Refuse(ReplyStatus.NotReady);
        }
        else
        {
            switch (request.Action)
            {
                case MembersRequest.Join:
                    Join(target, request.Address ?? "");
                    break;
                case MembersRequest.Add:
                    Add(target, request.Address ?? "");
                    break;
                case MembersRequest.Remove:
                    Remove(target, request.Node);
                    break;
                default:
                    Replace(target, request.Node, request.Address ?? "");
                    break;
            }
        }
    }

    /// <summary>Who a node with an empty folder is. It takes part once its folder says so durably.</summary>
    private void Join(ReplyTarget target, string address)
    {
        DirectoryEntry? entry = Directory.At(address);
        if (entry is not { State: NodeState.Member })
        {
            RefuseChange(target,
                $"No member of the cluster is expected at {address}. Add it first: concord members add {address}.");
        }
        else if (entry.Node <= Layout.Members.Count || entry.Incarnation != 0)
        {
            RefuseChange(target,
                $"Node {entry.Node} at {address} had a data folder before, and may not come back without it: it would "
                + "have forgotten what it promised. Give it its folder back, or let a new node take its place: "
                + $"concord members replace {entry.Node} {address}.");
        }
        else
        {
            Answer(target, new()
            {
                Node = entry.Node,
                Version = Directory.Version,
                Description = Layout.Describe(Directory),
            });
        }
    }

    private void Add(ReplyTarget target, string address)
    {
        if (Directory.At(address) is { } known)
        {
            if (known.State == NodeState.Member)
            {
                AnswerDone(target, known.Node);
            }
            else
            {
                RefuseChange(target, $"Node {known.Node} at {address} is leaving. Wait until it is removed.");
            }
        }
        else if (RefusalOfAddress(address) is { } refusal)
        {
            RefuseChange(target, refusal);
        }
        else
        {
            Propose(target, Directory.With(address), Directory.Entries.Count + 1);
        }
    }

    private void Remove(ReplyTarget target, int node)
    {
        DirectoryEntry? entry = Directory.Find((ushort)Math.Clamp(node, 0, ushort.MaxValue));
        if (entry is null)
        {
            RefuseChange(target, $"There is no node {node}, and never was.");
        }
        else if (entry.State == NodeState.Removed || (entry.State == NodeState.Leaving
            && Directory.SuccessorOf(entry) is null))
        {
            AnswerDone(target, entry.Node);
        }
        else if (entry.State == NodeState.Leaving && Directory.SuccessorOf(entry) is { } successor)
        {
            RefuseChange(target,
                $"Node {successor.Node} takes the place of node {node}, which is removed when that is done. To call "
                + $"it off while the new one is expected: concord members remove {successor.Node}.");
        }
        else if (!entry.HasJoined)
        {
            // Nothing was given to it yet; the node whose place it was to take stays.
            DirectoryEntry[] stays = [.. Directory.Entries
                .Where(other => other.Seat == entry.Seat && other.State == NodeState.Leaving)
                .Select(static other => other with { State = NodeState.Member })];
            Propose(target, Directory.With([entry with { State = NodeState.Removed }, .. stays]), node);
        }
        else if (Directory.Entries.FirstOrDefault(other => other.Seat == entry.Seat && other.Node != node
            && other.State == NodeState.Leaving) is { } predecessor)
        {
            RefuseChange(target,
                $"Node {node} is taking the place of node {predecessor.Node}. Wait until that is done; if it was lost "
                + $"meanwhile, let another take its place: concord members replace {node} ADDRESS.");
        }
        else
        {
            ProposeIfSafe(target, Directory.With(entry with { State = NodeState.Leaving }), node, node);
        }
    }

    private void Replace(ReplyTarget target, int node, string address)
    {
        DirectoryEntry? old = Directory.Find((ushort)Math.Clamp(node, 0, ushort.MaxValue));
        if (old is null)
        {
            RefuseChange(target, $"There is no node {node}, and never was.");
        }
        else if (Directory.SuccessorOf(old) is { } successor && old.State != NodeState.Member)
        {
            if (successor.Address == address)
            {
                AnswerDone(target, successor.Node);
            }
            else
            {
                RefuseChange(target, $"Node {successor.Node} at {successor.Address} takes the place of node {node} "
                    + $"already. To call it off while it is expected: concord members remove {successor.Node}.");
            }
        }
        else if (old.State != NodeState.Member)
        {
            RefuseChange(target, $"Node {node} was removed, or is being removed, without a successor. "
                + $"Add the new one: concord members add {address}.");
        }
        else if (!old.HasJoined)
        {
            RefuseChange(target, $"Node {node} was never there. Remove it, then add the other.");
        }
        else if (old.Address != address && Directory.At(address) is { } other)
        {
            RefuseChange(target, $"Node {other.Node} is at {address}: two nodes cannot share an address.");
        }
        else if (RefusalOfAddress(address) is { } refusal)
        {
            RefuseChange(target, refusal);
        }
        else
        {
            NodeDirectory left = Directory.With(old with { State = NodeState.Leaving });
            ProposeIfSafe(
                target, left.With(address, old.Seat).AsOneAfter(Directory), Directory.Entries.Count + 1, node);
        }
    }

    private string? RefusalOfAddress(string address)
    {
        bool isAddress = HostPort.TryParse(address, out _, out _);
        return !isAddress || System.Text.Encoding.UTF8.GetByteCount(address) > NodeDirectory.AddressBytesMax
            ? $"\"{address}\" is no address: HOST:PORT of at most {NodeDirectory.AddressBytesMax} bytes."
            : Directory.Entries.Count >= NodeDirectory.EntriesMax
            ? $"The cluster has had {NodeDirectory.EntriesMax} nodes in its life, and cannot have more."
            : null;
    }

    /// <summary>Refuses what would leave a shard without a majority, before anything is changed.</summary>
    private void ProposeIfSafe(ReplyTarget target, NodeDirectory next, int about, int leaving)
    {
        for (int shard = 0; shard < Layout.Shards; shard++)
        {
            if (_placements[shard] is not { } report || !IsHeard(report.Leader))
            {
                // One will be elected, if enough of its members are there: worth asking again.
                Refuse(target, ReplyStatus.NotReady, $"shard {shard} has no leader now that could change it");
                return;
            }

            NodeId[] others =
                [.. ClusterLayout.Wanted(next, shard).Where(node => node.Value != leaving)];
            bool keeps = ClusterLayout.Wanted(next, shard).Count > others.Length;
            string? refusal = others.Length == 0 && !keeps
                ? "nobody else would hold it"
                : keeps ? null : TooFewOf(others);
            if (refusal is not null)
            {
                RefuseChange(target, $"Node {leaving} cannot go now. Shard {shard}: {refusal}. Nothing was changed.");
                return;
            }
        }

        Propose(target, next, about);
    }

    private void Propose(ReplyTarget target, NodeDirectory next, int about) =>
        ProposeDirectory(next, new(new ChangeReply(target, about, next.Version), 0));

    private void Transfer(ReplyTarget target, MembersRequest request)
    {
        if (request.Shard < 0 || request.Shard >= Layout.Shards)
        {
            RefuseChange(target, $"There is no shard {request.Shard}; they are 0 to {Layout.Shards - 1}.");
            return;
        }

        if (Find((uint)request.Shard) is not { IsReady: true } shard)
        {
            target.Refuse(ReplyStatus.NotLeader, LeaderOf((uint)request.Shard));
            return;
        }

        string to = request.Node == 0 ? "" : $" to node {request.Node}";
        TransferResult result = shard.TransferLeadership(new((ushort)Math.Clamp(request.Node, 0, ushort.MaxValue)));
        string? refusal = result switch
        {
            TransferResult.NotAVoter when request.Node == 0 => "no other voter could be reached",
            TransferResult.NotAVoter => $"node {request.Node} has no vote in it",
            TransferResult.NotReachable => $"there is no word from node {request.Node}, or it is repairing itself",
            TransferResult.AnotherUnderWay => "another hand-over or a change of its members is under way",
            _ => null,
        };
        if (result == TransferResult.NotLeader)
        {
            target.Refuse(ReplyStatus.NotLeader, shard.Leader);
        }
        else if (refusal is not null)
        {
            RefuseChange(target, $"Shard {request.Shard} was not handed over{to}: {refusal}.");
        }
        else
        {
            Answer(target, new() { Node = request.Node, WasDone = result == TransferResult.AlreadyLeads });
        }
    }

    private MembersView View() => new()
    {
        ClusterId = Layout.ClusterId.ToString(),
        Version = Directory.Version,
        AnsweredBy = Settings.Self.Value,
        Nodes =
        [
            .. Directory.Entries.Select(entry => new MemberView
            {
                Node = entry.Node,
                Address = entry.Address,
                State = entry switch
                {
                    { State: NodeState.Removed } => MemberView.Removed,
                    { State: NodeState.Leaving } => MemberView.Leaving,
                    { HasJoined: false } => MemberView.Expected,
                    _ => MemberView.Member,
                },
                SilentMilliseconds = entry.Node == Settings.Self.Value ? 0
                    : SilenceOf(entry.Node) is var silence && silence == TimeSpan.MaxValue ? null
                    : (long)silence.TotalMilliseconds,
            }),
        ],
        Shards = [.. Enumerable.Range(0, Layout.Shards).Select(ViewOf)],
    };

    private ShardMembersView ViewOf(int shard)
    {
        ShardReport? report = _placements[shard];
        return new()
        {
            Shard = shard,
            Leader = LeaderOf((uint)shard).Value,
            Voters = Numbers(report?.Membership.Voters),
            Learners = Numbers(report?.Membership.Learners),
            Wanted = Numbers(_wanted[shard]),
            IsSettled = report is { IsSettled: true } && report.Directory >= Directory.Version
                && report.Membership.Voters.SequenceEqual(_wanted[shard]) && report.Membership.Learners.Count == 0,
            Waiting = report?.Waiting ?? "its leader has not been heard of",
        };
    }

    private static int[] Numbers(IReadOnlyList<NodeId>? nodes) =>
        [.. (nodes ?? []).Select(static node => (int)node.Value)];

    private void AnswerDone(ReplyTarget target, ushort node) =>
        Answer(target, new() { Node = node, Version = Directory.Version, WasDone = true });

    private static void Answer(ReplyTarget target, MembersAnswer answer) =>
        AnswerJson(target, JsonSerializer.SerializeToUtf8Bytes(answer, AdministrationJson.Default.MembersAnswer));

    private static void AnswerJson(ReplyTarget target, ReadOnlySpan<byte> payload) =>
        target.Reply(new NodeReply { Status = ReplyStatus.Answered, Answer = AnswerStatus.Done, Payload = payload });

    private static void RefuseChange(ReplyTarget target, string sentence) =>
        Refuse(target, ReplyStatus.Answered, sentence);

    private static void Refuse(ReplyTarget target, ReplyStatus status, string sentence) => target.Reply(new NodeReply
    {
        Status = status,
        Answer = AnswerStatus.Refused,
        Payload = System.Text.Encoding.UTF8.GetBytes(sentence),
    });

    /// <summary>Tells the administrator what the log made of a change.</summary>
    private sealed class ChangeReply(ReplyTarget target, int node, ulong version) : IReplySink
    {
        public void Reply(ulong token, in NodeReply reply)
        {
            if (reply is { Status: ReplyStatus.Answered, Answer: AnswerStatus.Done })
            {
                Answer(target, new() { Node = node, Version = version });
            }
            else
            {
                // Somebody else's change came first, or leadership was lost: whether or not it took effect, asking
                // again does no harm.
                target.Refuse(
                    reply.Status == ReplyStatus.Answered ? ReplyStatus.NotReady : reply.Status, new(reply.Leader));
            }
        }
    }
}
