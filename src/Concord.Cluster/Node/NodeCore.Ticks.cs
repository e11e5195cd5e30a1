namespace Concord.Cluster.Node;

/// <content>
/// When the node must be ticked. While something is under way, at every tick; else at beats, some times per second, to
/// which everything that can wait a little is put off, and at the moment at which a group has something to do.
/// </content>
internal sealed partial class NodeCore
{
    /// <summary>Never longer without a tick: for what is not of a group, such as the sessions of local
    /// clients.</summary>
    private static readonly TimeSpan s_beatMax = TimeSpan.FromMilliseconds(100);

    private bool _isActive = true;
    private TimeSpan _shardsDue;
    private TimeSpan _beatDue;

    /// <summary>When <see cref="Tick"/> has something to do next; until then it need not be called. Every event may
    /// change it.</summary>
    public TimeSpan NextTick
    {
        get
        {
            if (_isActive || _idleTicks < IdleTicks || Transactions.Count > 0 || _piecesAsked.Count > 0
                || _busyShards.Count > 0)
            {
                return Now;
            }

            TimeSpan due = _shardsDue < _beatDue ? _shardsDue : _beatDue;
            return due < _livenessDue ? due : _livenessDue;
        }
    }

    private TimeSpan BeatInterval => Settings.HeartbeatInterval < s_beatMax ? Settings.HeartbeatInterval : s_beatMax;

    private void TickShards()
    {
        bool isBeat = Now >= _beatDue;
        _beatDue = isBeat ? Now + BeatInterval : _beatDue;
        _shardsDue = TimeSpan.MaxValue;
        long bytes = 0;
        foreach (Shard shard in _local)
        {
            if (shard.IsTickDue(Now, isBeat ? _beatDue : Now))
            {
                shard.Tick(Now);
                MarkBusy(shard);
            }

            _shardsDue = shard.NextTick < _shardsDue ? shard.NextTick : _shardsDue;
            bytes += shard.CountBytes();
        }

        StateBytes = bytes;
    }
}
