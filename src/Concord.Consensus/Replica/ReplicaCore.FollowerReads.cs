namespace Concord.Consensus;

/// <content>
/// Reads at a follower (thesis 6.4): it asks its leader up to where it must have applied. A question has a number that
/// is never used again, not after a repetition and not after a restart: an answer to an older question says too little.
/// </content>
public abstract partial class ReplicaCore
{
    private readonly List<ulong> _unasked = [];
    private readonly List<(ulong Number, ulong Context)> _forwarded = [];
    private ulong _forwardSequence;
    private TimeSpan _forwardedAt;

    private ProposeResult ReadAtFollower(ulong context)
    {
        if (_leader.IsNone)
        {
            return ProposeResult.NotLeader;
        }

        if (_unasked.Count + _forwarded.Count >= _options.WaitingReadsMax)
        {
            return ProposeResult.Overloaded;
        }

        _unasked.Add(context);
        return ProposeResult.Accepted;
    }

    private void ForwardReads()
    {
        if (_unasked.Count == 0)
        {
            return;
        }

        _forwardSequence++;
        _forwardedAt = _forwarded.Count == 0 ? _now : _forwardedAt;
        foreach (ulong context in _unasked)
        {
            _forwarded.Add((_forwardSequence, context));
        }

        _unasked.Clear();
        Send(new() { Kind = MessageKind.ReadIndex, To = _leader, ReadSequence = _forwardSequence }, HardStateWrite);
    }

    /// <summary>A question or its answer was lost: all that wait share a new one.</summary>
    private void RetryForwardedReads()
    {
        if (_forwarded.Count > 0 && _now - _forwardedAt >= 2 * _options.HeartbeatInterval)
        {
            foreach ((_, ulong context) in _forwarded)
            {
                _unasked.Add(context);
            }

            _forwarded.Clear();
        }
    }

    private void HandleReadIndexReply(in Message message)
    {
        int kept = 0;
        for (int i = 0; i < _forwarded.Count; i++)
        {
            if (_forwarded[i].Number == message.ReadSequence)
            {
                _readResults.Add(new(_forwarded[i].Context, message.Index, Failed: false));
            }
            else
            {
                _forwarded[kept++] = _forwarded[i];
            }
        }

        _forwarded.RemoveRange(kept, _forwarded.Count - kept);
        _forwardedAt = _now;
    }

    private void FailForwardedReads()
    {
        foreach (ulong context in _unasked)
        {
            _readResults.Add(new(context, default, Failed: true));
        }

        foreach ((_, ulong context) in _forwarded)
        {
            _readResults.Add(new(context, default, Failed: true));
        }

        _unasked.Clear();
        _forwarded.Clear();
    }
}
