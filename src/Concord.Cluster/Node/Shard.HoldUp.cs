using Concord.Client.Wire;

namespace Concord.Cluster.Node;

/// <content>
/// What a leader was asked for while nothing may be proposed: a membership that nothing overtakes is being agreed upon.
/// It takes a round; whoever was told to ask again would wait for longer, and a transaction would give up.
/// </content>
internal sealed partial class Shard
{
    private readonly Queue<(byte[] Command, ReplyTarget Target)> _heldUp = new();

    private void HoldUp(ReadOnlySpan<byte> command, ReplyTarget target)
    {
        if (_heldUp.Count < _node.Settings.ParkedMax)
        {
            _heldUp.Enqueue((command.ToArray(), target));
        }
        else
        {
            target.Refuse(ReplyStatus.Overloaded);
        }
    }

    /// <summary>Proposes what was held up, in its order, as soon as that is possible.</summary>
    private void ProposeHeldUp()
    {
        while (_heldUp.TryPeek(out (byte[] Command, ReplyTarget Target) held) && TryAppend(held.Command, held.Target))
        {
            _heldUp.Dequeue();
        }
    }

    private void FailHeldUp()
    {
        while (_heldUp.TryDequeue(out (byte[] Command, ReplyTarget Target) held))
        {
            RefuseWithLeader(held.Target, ReplyStatus.NotLeader);
        }
    }
}
