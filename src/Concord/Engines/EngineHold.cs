using System.Diagnostics.CodeAnalysis;

namespace Concord.Engines;

/// <summary>What is held, until its owner ends it or it may have passed to another.</summary>
[SuppressMessage(
    "Reliability", "CA1001", Justification = "Whoever was given the token may look at it for as long as he likes.")]
internal abstract class EngineHold
{
    private readonly CancellationTokenSource _lost = new();
    private HoldScope? _scope;
    private volatile Phase _phase;

    private enum Phase
    {
        Held,
        Settling,
        LostMeanwhile,
        Lost,
        Ended,
    }

    /// <summary>The request that asked for it: names it for ever.</summary>
    public abstract RequestKey Handle { get; }

    /// <summary>The fencing token.</summary>
    public abstract long Token { get; }

    /// <summary>The hold's record.</summary>
    public abstract ReadOnlyMemory<byte> Value { get; }

    public abstract IConcordSession Session { get; }

    /// <summary>Cancelled when it may have passed to another, by the local clock or by the word of the engine: at once,
    /// whatever the pool is doing. Callbacks run on the pool.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>The same, looked up now: true as soon as the time is over, whatever threads are doing.</summary>
    public bool IsLost => _phase switch
    {
        Phase.Held or Phase.Settling => IsTimeOver,
        Phase.Ended => _lost.IsCancellationRequested,
        _ => true,
    };

    /// <summary>What is left of the time that it was limited to; the greatest there is while it was not.</summary>
    public abstract TimeSpan Left { get; }

    /// <summary>Whether by the clock it is its owner's no longer.</summary>
    protected abstract bool IsTimeOver { get; }

    /// <summary>For the one piece of work that runs while it is held: cancelled when it is lost, at once as
    /// <see cref="Lost"/> is, or with <paramref name="other"/>.</summary>
    public HoldScope Open(CancellationToken other)
    {
        var scope = new HoldScope(other);
        Interlocked.Exchange(ref _scope, scope);
        if (_lost.IsCancellationRequested)
        {
            scope.Cancel();
        }

        return scope;
    }

    /// <summary>It is lost when so much time is over, from now on and in place of what was said before.</summary>
    public abstract void Limit(TimeSpan time);

    /// <summary>It may have passed to another. Nothing if it was ended; put off while it is settled.</summary>
    public void Take()
    {
        if (TryMove(Phase.Held, Phase.Lost))
        {
            Leave();
            TellLost();
        }
        else if (TryMove(Phase.Settling, Phase.LostMeanwhile))
        {
            Leave();
        }
    }

    /// <summary>Its owner has ended it: from now on it cannot be lost.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _phase, Phase.Ended) is Phase.Held or Phase.Settling)
        {
            Leave();
        }
    }

    /// <summary>Nobody knows whether its owner has ended it: it can be lost again.</summary>
    public void Resume()
    {
        if (TryMove(Phase.Ended, Phase.Held))
        {
            Return();
        }
    }

    /// <summary>A transaction that ends it is about to commit: that it goes is no loss until that is decided.</summary>
    public void BeginSettling() => TryMove(Phase.Held, Phase.Settling);

    public void EndSettling(bool isCommitted)
    {
        if (isCommitted)
        {
            End();
        }
        else if (!TryMove(Phase.Settling, Phase.Held) && TryMove(Phase.LostMeanwhile, Phase.Lost))
        {
            TellLost();
        }
    }

    /// <summary>Nobody needs to look after it any more.</summary>
    protected abstract void Leave();

    /// <summary>It has to be looked after again.</summary>
    protected abstract void Return();

    private void TellLost()
    {
        _ = _lost.CancelAsync();
        Volatile.Read(ref _scope)?.Cancel();
    }

    private bool TryMove(Phase from, Phase to) => Interlocked.CompareExchange(ref _phase, to, from) == from;
}
