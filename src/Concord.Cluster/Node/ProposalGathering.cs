namespace Concord.Cluster.Node;

/// <summary>
/// How long proposals wait for others before they leave together. Callers that wait for answers come in crowds: those
/// whose entries were committed together come back together, a moment after the log has begun with somebody else's.
/// Two crowds then take turns, each with half of a batch, and pay for twice the syncs and messages. To wait a moment,
/// until as many are there as have lately been under way at once, makes one crowd of them. (A log's "commit delay", but
/// it ends by count, and is given up where nobody comes.)
/// </summary>
/// <remarks>It never waits longer than a sync takes, which bounds what a proposal may lose by it.</remarks>
internal sealed class ProposalGathering
{
    /// <summary>Each time in vain doubles how many batches leave without waiting; no further after so many.</summary>
    private const int VainMax = 8;

    /// <summary>Of so few it is worth a pause that none comes a batch later.</summary>
    private const int FewMax = 4;

    /// <summary>Never longer, however slow the disk is.</summary>
    private static readonly TimeSpan s_max = TimeSpan.FromMilliseconds(2);

    private int _underWay;
    private int _waiting;
    private int _together;
    private int _waitingAtFirst;
    private bool _isTriedAgain;
    private int _vain;
    private int _batchesToSkip;
    private TimeSpan _syncTime;
    private TimeSpan _syncBegan;
    private TimeSpan? _since;
    private bool _isOver;

    /// <summary>Until when what waits may be kept back; meaningful while <see cref="Holds"/>.</summary>
    public TimeSpan Until => (_since ?? TimeSpan.Zero) + _syncTime;

    /// <summary>A proposal was taken.</summary>
    public void Proposed()
    {
        _waiting++;
        _underWay++;
        _together = Math.Max(_together, _underWay);
    }

    /// <summary>A proposal was applied, or will never be by this leader.</summary>
    public void Settled() => _underWay--;

    /// <summary>The log is free: whether what waits is kept back for a moment yet.</summary>
    public bool Holds(TimeSpan now)
    {
        if (_waiting == 0 || _waiting >= _together || _batchesToSkip > 0 || _isOver)
        {
            return false;
        }

        if (_since is null)
        {
            (_since, _waitingAtFirst) = (now, _waiting);
        }

        return now < Until;
    }

    /// <summary>The pause is over, whatever the clock says: it may stand still, as in a test.</summary>
    public void GiveUp() => _isOver = true;

    /// <summary>A batch has left, with all that waited.</summary>
    public void Left(TimeSpan now)
    {
        _syncBegan = now;
        if (_since is not null)
        {
            bool isWhole = _waiting >= _together;

            // Those who come in part were too many together for once, the batch before among them: the smaller crowd
            // is tried at once. (Of a lock that many want, who gives it back and who asks again, of three under way.)
            bool isTriedAgain =
                !isWhole && _waiting > _waitingAtFirst && _together <= FewMax && !_isTriedAgain;
            if (!isTriedAgain)
            {
                _vain = Math.Clamp(_vain + (isWhole ? -1 : 1), 0, VainMax);
                _batchesToSkip = isWhole ? 0 : 1 << _vain;
            }

            _isTriedAgain = isTriedAgain;
            _together = isWhole ? _together : _underWay;
            _since = null;
        }
        else if (_waiting > 0 && _batchesToSkip > 0)
        {
            _batchesToSkip--;
        }

        (_waiting, _isOver) = (0, false);
    }

    /// <summary>The batch is durable.</summary>
    public void Synced(TimeSpan now)
    {
        TimeSpan took = now - _syncBegan;
        _syncTime += ((took < s_max ? took : s_max) - _syncTime) / 8;
    }
}

/// <summary>The log thread, which has nothing else to do, waits: for so long, or until there is something.</summary>
internal sealed class GatheringPause(TimeSpan length) : DiskWork
{
    public TimeSpan Length { get; } = length;

    public override void Run(NodeDisk disk)
    {
    }
}
