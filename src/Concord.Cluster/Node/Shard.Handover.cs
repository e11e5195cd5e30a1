using Concord.Client.Wire;
using Concord.Consensus;

namespace Concord.Cluster.Node;

/// <content>
/// Who asks while leadership is handed over is told a moment later who leads: sent away at once, a caller would not
/// know where to, and wait longer than the hand-over takes.
/// </content>
internal sealed partial class Shard
{
    private readonly Queue<(ReplyTarget Target, ReplyStatus Status)> _held = new();
    private TimeSpan _handoverUntil;

    /// <summary>Hands leadership to another voter; none for the one that is best prepared.</summary>
    public TransferResult TransferLeadership(NodeId target)
    {
        TransferResult result = _core.TransferLeadership(target);
        if (result == TransferResult.Accepted)
        {
            _handoverUntil = _node.Now + _node.Settings.ElectionTimeout;
            _node.MarkBusy(this);
        }

        return result;
    }

    private void RefuseWithLeader(ReplyTarget target, ReplyStatus status)
    {
        bool isUnderWay = _core.Status is { Leader.IsNone: true } or { IsTransferring: true };
        if (isUnderWay && _node.Now < _handoverUntil && _held.Count < _node.Settings.ParkedMax)
        {
            _held.Enqueue((target, status));
        }
        else
        {
            target.Refuse(status, Leader);
        }
    }

    private void ReleaseHeld()
    {
        bool isUnderWay = _core.Status is { Leader.IsNone: true } or { IsTransferring: true };
        if (_held.Count > 0 && !(isUnderWay && _node.Now < _handoverUntil))
        {
            while (_held.TryDequeue(out (ReplyTarget Target, ReplyStatus Status) held))
            {
                held.Target.Refuse(held.Status, Leader);
            }
        }
    }
}
