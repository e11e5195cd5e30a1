using Concord.Client.Wire;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <content>
/// Which nodes there are: the copy of the directory that this node has, who is let in by it, and how it spreads. The
/// directory changes in the log of shard 0; whoever has a newer one than another sends it.
/// </content>
internal sealed partial class NodeCore
{
    private readonly List<NodeConnection> _unintroduced = [];
    private IReadOnlyList<NodeId>[] _wanted = [];
    private bool _isIdentified;
    private bool _directoryProposed;

    public NodeDirectory Directory { get; private set; }

    /// <summary>Why this node must stop once it has sent what it has to send; null while it may go on.</summary>
    public string? StopReason { get; private set; }

    /// <summary>The nodes to keep connections to; another list when they have changed.</summary>
    public IReadOnlyList<DirectoryEntry> PeersWanted { get; private set; } = [];

    /// <summary>A directory was committed, or came from a node that had it before.</summary>
    public void AdoptDirectory(NodeDirectory directory)
    {
        if (directory.Version <= Directory.Version)
        {
            return;
        }

        Directory = directory;
        Identify();
        FollowDirectory();
        foreach ((ushort node, Peer peer) in _peers)
        {
            if (peer.Connection is { } outgoing)
            {
                SendDirectory(outgoing);
            }

            if (peer.Incoming is { IsClosed: false, CloseReason: null } incoming
                && RefusalOf(node, peer.Incarnation) is { } refusal)
            {
                Expel(incoming, refusal);
            }
        }

        _membersDue = Now;
        _isActive = true;
    }

    private void Identify() => Log.Identify(
        new(Layout.ClusterId, Settings.Self, Settings.Incarnation, Layout.Describe(Directory)));

    private void FollowDirectory()
    {
        _wanted = [.. Enumerable.Range(0, Layout.Shards).Select(shard => ClusterLayout.Wanted(Directory, shard))];
        PeersWanted = [.. Directory.Present.Where(
            entry => entry.Node != Settings.Self.Value && !Directory.IsShadowed(entry))];
        StopReason ??= RefusalOf(Settings.Self.Value, Settings.Incarnation);
    }

    /// <summary>Why a node may not take part; null if it may. One that is not known here is let in: this directory may
    /// be behind, and what a node may decide stands in the shards' own memberships.</summary>
    private string? RefusalOf(ushort node, ulong incarnation) => Directory.Find(node) switch
    {
        { State: NodeState.Removed } removed =>
            $"Node {node} ({removed.Address}) was removed from the cluster. What it held is on the other nodes. "
            + "To have this machine again, add it as a new node with an empty folder: concord members add.",
        { Incarnation: not 0 } known when known.Incarnation != incarnation =>
            $"Node {node} ({known.Address}) had another data folder before: this one has lost what the node promised, "
            + $"and may not speak for it. Give it its folder back, or let a new node take its place: "
            + $"concord members replace {node} {known.Address}.",
        _ => null,
    };

    /// <summary>Tells a node why it is not let in, with the directory that says so: it then stops by itself.</summary>
    private void Expel(NodeConnection connection, string refusal)
    {
        SendDirectory(connection);
        Refuse(connection, refusal);
    }

    private void SendDirectory(NodeConnection connection)
    {
        if (Directory.Version > 0)
        {
            connection.Output.Begin(WireKind.Directory).WriteRaw(Directory.Encode());
            connection.Output.End();
            connection.MarkDirty();
        }
    }

    /// <summary>Before it is durable here who this node is, it says nothing: after a crash it would be somebody
    /// else under the same number.</summary>
    private void Greet(NodeConnection connection)
    {
        if (!_isIdentified)
        {
            _unintroduced.Add(connection);
            return;
        }

        Peer peer = PeerOf(connection.Peer);
        peer.Connection = connection;
        peer.ToldRound = 0;
        Introduce(connection, WireKind.Hello, HelloRole.Peer);
        SendDirectory(connection);
        _allReportsDue = Now;
    }

    private void Identified()
    {
        if (!_isIdentified)
        {
            _isIdentified = true;
            _unintroduced.ForEach(Greet);
            _unintroduced.Clear();
        }
    }

    /// <summary>What a node says on a connection that this one made to it: who it is, or why it does not want
    /// it.</summary>
    private void ReceiveFromDialed(NodeConnection connection, WireKind kind, ref ByteReader message)
    {
        switch (kind)
        {
            case WireKind.Welcome:
                Hello hello = Hello.Read(ref message);
                PeerOf(connection.Peer).Level = hello.Level;
                connection.CloseReason = hello.Node != connection.Peer.Value
                    ? $"Node {hello.Node} answers where node {connection.Peer.Value} was expected."
                    : RefusalOf(hello.Node, hello.Incarnation);
                if (connection.CloseReason is not null)
                {
                    SendDirectory(connection);
                    connection.MarkDirty();
                }

                break;
            case WireKind.Directory:
                AdoptDirectory(NodeDirectory.Decode(message.Rest));
                break;
        }
    }

    /// <summary>As the leader of shard 0: notes the folders of nodes that have been heard of, and the removal of those
    /// that hold nothing any more.</summary>
    private void TickDirectory()
    {
        if (_directoryProposed || DirectoryLeader() is null)
        {
            return;
        }

        DirectoryEntry[] news =
        [
            .. Directory.Present.Where(entry => entry.Incarnation == 0 && IncarnationOf(entry.Node) != 0)
                .Select(entry => entry with { Incarnation = IncarnationOf(entry.Node), HasJoined = true }),
            .. Directory.Present.Where(IsEmptied).Select(static entry => entry with { State = NodeState.Removed }),
        ];
        if (news.Length > 0)
        {
            ProposeDirectory(Directory.With(news), ReplyTarget.None);
        }
    }

    /// <summary>Shard 0, if this node leads it and may change the directory.</summary>
    private Shard? DirectoryLeader() =>
        _shards[0] is { IsReady: true } shard && shard.Level >= SetDirectory.SinceLevel ? shard : null;

    private ulong IncarnationOf(ushort node) =>
        node == Settings.Self.Value ? Settings.Incarnation
        : _peers.TryGetValue(node, out Peer? peer) && peer.Incoming is { IsClosed: false } ? peer.Incarnation : 0;

    /// <summary>Whether all shards are known to have let go of a node that is leaving.</summary>
    private bool IsEmptied(DirectoryEntry entry) => entry.State == NodeState.Leaving
        && !_wanted.Any(wanted => wanted.Contains(new(entry.Node)))
        && _placements.All(report => report is { IsSettled: true } && report.Directory >= Directory.Version
            && !report.Membership.Contains(new(entry.Node)));

    private void ProposeDirectory(NodeDirectory next, ReplyTarget target)
    {
        _directoryProposed = true;
        var command = new ByteWriter();
        Command.WriteHead(command, OperationCode.SetDirectory, new(Slot.OfShard, default, 0));
        SetDirectory.WriteArguments(command, next.Version - 1, next.Encode());
        _shards[0]!.Propose(command.Written, new(new DirectoryReply(this, target), 0));
    }

    private sealed class DirectoryReply(NodeCore node, ReplyTarget target) : IReplySink
    {
        public void Reply(ulong token, in NodeReply reply)
        {
            node._directoryProposed = false;
            target.Reply(reply);
        }
    }
}
