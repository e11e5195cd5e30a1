using Concord.Consensus;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <content>How the leader of a shard changes who belongs to it.</content>
internal sealed partial class Shard
{
    private int _handovers;
    private ShardReport? _settledReport;

    /// <summary>Whether the shard has let this node go: nobody tells it anything any more.</summary>
    private bool IsFormer =>
        _core.Membership.Members.Count > 0 && !_core.Membership.Contains(_node.Settings.Self);

    /// <summary>Whether the membership in force is committed, no step in between, and nobody needed any more who is not
    /// in it.</summary>
    private bool IsSettled =>
        _core.IsMembershipFinal && _core.PointAt(_applied).Membership.Equals(_core.Membership);

    private void AdoptDirectory()
    {
        if (SetDirectory.Read(new KeyspaceView(Keyspace, Now), out ReadOnlySpan<byte> directory) > 0)
        {
            _node.AdoptDirectory(NodeDirectory.Decode(directory));
        }
    }

    public ShardReport Report(ulong directory, string waiting) => new(
        Id, _node.Settings.Self, _core.Status.Stamp, directory, _core.Membership, IsSettled, waiting);

    /// <summary>Notes what was said of it. Only a report that leaves nothing to be done needs no second look.</summary>
    public void Reported(ShardReport report) =>
        _settledReport = report is { IsSettled: true, Waiting: "" } ? report : null;

    /// <summary>Whether it is where it should be, and where the last report says. Cheap: a node asks all its shards
    /// many times per second. A change of members makes another object of them, at once and in every case.</summary>
    public bool IsWhereReported(ulong directory) => _settledReport is { } report
        && report.Directory == directory && report.Term == _core.Status.Stamp
        && ReferenceEquals(report.Membership, _core.Membership);

    /// <summary>
    /// Takes the next step towards other members: those that are new learn first, then they become voters and the old
    /// ones go in one change. What is not safe or would leave the shard without a majority is not done.
    /// </summary>
    /// <returns>What it waits for; empty when nothing is left to do.</returns>
    public string StepMembers(IReadOnlyList<NodeId> wanted)
    {
        Membership current = _core.Membership;
        if (!IsSettled)
        {
            return "a change is being agreed upon";
        }

        if (wanted.Count == 0 || (current.Learners.Count == 0 && current.Voters.SequenceEqual(wanted)))
        {
            _handovers = 0;
            return "";
        }

        if (_node.TooFewOf(wanted) is { } silent)
        {
            return silent;
        }

        NodeId[] newcomers = [.. wanted.Except(current.Voters)];
        if (!newcomers.SequenceEqual(current.Learners))
        {
            return Change(new(current.Voters, newcomers), newcomers);
        }

        return !wanted.Contains(_node.Settings.Self) && HandOverTo([.. wanted.Intersect(current.Voters)])
            ? "its leader leaves, and hands over first"
            : Change(new(wanted), newcomers);
    }

    private string Change(Membership target, NodeId[] newcomers)
    {
        MembershipChange result = _core.ChangeMembership(target);
        if (result == MembershipChange.Accepted)
        {
            _node.MarkBusy(this);
        }

        NodeId[] silent = [.. newcomers.Where(node => !_node.IsHeard(node))];
        return result switch
        {
            MembershipChange.LearnerBehind when silent.Length > 0 =>
                $"no word from {NodeCore.Names(silent)}, which is to hold it",
            MembershipChange.LearnerBehind => $"{NodeCore.Names(newcomers)} must catch up first",
            MembershipChange.Transferring => "leadership is being handed over",
            _ => "a change is being agreed upon",
        };
    }

    /// <summary>A leader that leaves asks each of those that stay in turn, and at last leaves without: then its
    /// successor has to be elected.</summary>
    private bool HandOverTo(NodeId[] stayers)
    {
        while (_handovers < stayers.Length && !_core.Status.IsTransferring)
        {
            NodeId next = stayers[_handovers++];
            if (_node.IsHeard(next) && TransferLeadership(next) == TransferResult.Accepted)
            {
                return true;
            }
        }

        return _core.Status.IsTransferring;
    }
}
