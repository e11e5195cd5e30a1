using Concord.Client.Wire;
using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Node;

/// <content>
/// Who holds what. Each leader brings its shard, one safe step at a time, to where the directory wants it, and tells
/// the others where it is. Nobody else drives a change: whoever asked for it may die meanwhile.
/// </content>
internal sealed partial class NodeCore
{
    private static readonly TimeSpan s_membersInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_reportInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_silenceLeast = TimeSpan.FromSeconds(3);

    private readonly List<ShardReport> _reports = [];
    private ShardReport?[] _placements = [];
    private TimeSpan _membersDue;
    private TimeSpan _allReportsDue;

    /// <summary>Whether a node can be talked to, as far as this one can know: it was heard a moment ago.</summary>
    public bool IsHeard(NodeId node) => node == Settings.Self || SilenceOf(node.Value) < SilenceMax;

    /// <summary>Says that so few of these nodes can be talked to that they could agree on nothing; null if
    /// enough can.</summary>
    public string? TooFewOf(IReadOnlyList<NodeId> nodes)
    {
        NodeId[] silent = [.. nodes.Where(node => !IsHeard(node))];
        return nodes.Count - silent.Length > nodes.Count / 2
            ? null
            : $"of {Names(nodes)} a majority must be there, and there is no word from {Names(silent)}";
    }

    public static string Names(IReadOnlyList<NodeId> nodes) => nodes.Count == 1
        ? $"node {nodes[0].Value}"
        : $"nodes {string.Join(", ", nodes.Select(static node => node.Value))}";

    private TimeSpan SilenceMax => Settings.ElectionTimeout * 2 > s_silenceLeast
        ? Settings.ElectionTimeout * 2
        : s_silenceLeast;

    private TimeSpan SilenceOf(ushort node) =>
        _peers.TryGetValue(node, out Peer? peer) && peer.Incoming is { IsClosed: false } incoming
            ? Now - incoming.HeardAt
            : TimeSpan.MaxValue;

    /// <summary>The nodes that hold a shard, as far as is known here.</summary>
    private IReadOnlyList<ushort> ReplicasOf(uint shard) => _placements[shard] is { } report
        ? [.. report.Membership.Members.Select(static node => node.Value)]
        : Layout.Places[(int)shard];

    private void TickMembers()
    {
        if (Now < _membersDue)
        {
            return;
        }

        _membersDue = Now + s_membersInterval;
        bool all = Now >= _allReportsDue;
        _allReportsDue = all ? Now + s_reportInterval : _allReportsDue;
        _reports.Clear();
        foreach (Shard shard in _local)
        {
            if (!shard.IsReady || (!all && shard.IsWhereReported(Directory.Version)))
            {
                continue;
            }

            string waiting = Directory.Version > 0 ? shard.StepMembers(_wanted[shard.Id]) : "";
            ShardReport report = shard.Report(Directory.Version, waiting);
            shard.Reported(report);
            if (all || report != _placements[shard.Id])
            {
                _placements[shard.Id] = report;
                _reports.Add(report);
            }
        }

        if (all || _reports.Count > 0)
        {
            SendReports();
        }

        TickDirectory();
    }

    private void SendReports()
    {
        foreach (ushort node in _peers.Keys)
        {
            if (OutputTo(node) is not { } connection)
            {
                continue;
            }

            ByteWriter writer = connection.Output.Begin(WireKind.ShardReports);
            writer.WriteUInt64(Directory.Version);
            writer.WriteUInt16((ushort)_reports.Count);
            foreach (ShardReport report in _reports)
            {
                report.Write(writer);
            }

            connection.Output.End();
            connection.MarkDirty();
        }
    }

    private void ReceiveReports(ushort sender, ref ByteReader reader)
    {
        if (reader.ReadUInt64() < Directory.Version && OutputTo(sender) is { } behind)
        {
            SendDirectory(behind);
        }

        int count = reader.ReadUInt16();
        for (int i = 0; i < count; i++)
        {
            ShardReport report = ShardReport.Read(ref reader);
            if (report.Shard < _placements.Length
                && (_placements[report.Shard] is not { } known || report.Term >= known.Term))
            {
                _placements[report.Shard] = report;
                _leaderHints[report.Shard] = report.Leader.Value;
            }
        }

        reader.End();
    }

    /// <summary>A leader speaks to this node of a shard that it does not hold: it is to hold it from now on. It knows
    /// nothing yet, not even who belongs to the group.</summary>
    private Shard? BeginReplica(uint shard, MessageKind kind)
    {
        if (kind is not (MessageKind.Append or MessageKind.Accept or MessageKind.Heartbeat
            or MessageKind.InstallSnapshot))
        {
            return null;
        }

        var start = new RecoveredReplica { Log = new(), Membership = Membership.None };
        var replica = new Shard(
            this,
            shard,
            Layout.Protocol.Create(OptionsOf(shard), start),
            new(),
            (LogIndex.Zero, Stamp.None),
            default);
        _shards[shard] = replica;
        _local.Insert(_local.FindLastIndex(held => held.Id < shard) + 1, replica);
        return replica;
    }
}
