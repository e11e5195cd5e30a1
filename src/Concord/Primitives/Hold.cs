using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Primitives;

/// <summary>What all holds have in common: token and fence, the news of its loss, giving it back.</summary>
internal abstract class Hold : IHold
{
    /// <summary>How long disposing may take. What is not given back by then, the engine goes on giving back.</summary>
    private static readonly TimeSpan s_disposeMax = TimeSpan.FromSeconds(5);

    private readonly long _since;
    private CancellationTokenRegistration _notice;
    private int _isOver;

    protected Hold(HoldSource source, EngineHold held, bool isExclusive)
    {
        Source = source;
        Held = held;
        Fence = HoldName.FenceOf(source.Kind, isExclusive, source.Name, held);
        _since = source.Client.Time.GetTimestamp();
        NoticeLoss();
    }

    public string Name => Source.Name;

    public FencingToken FencingToken => Fence.Token;

    public Fence Fence { get; }

    public CancellationToken Lost => Held.Lost;

    /// <summary>Settled or given back.</summary>
    public bool IsOver => Volatile.Read(ref _isOver) != 0;

    public HoldSource Source { get; }

    public EngineHold Held { get; }

    /// <summary>For the one piece of work that runs while it is held.</summary>
    public static HoldScope Open(IHold hold, CancellationToken cancellationToken) =>
        ((Hold)hold).Held.Open(cancellationToken);

    public void ThrowIfLost()
    {
        if (IsOver)
        {
            throw EngineErrors.HoldLost($"{Fence.HoldName} was given back or settled by this process.");
        }

        if (Held.IsLost)
        {
            throw Gone();
        }
    }

    public async ValueTask<bool> VerifyAsync(CancellationToken cancellationToken = default)
    {
        if (IsOver)
        {
            return false;
        }

        EngineAnswer answer = await Source.Client.QueryAsync(
            $"{Source.Label}.verify",
            Name,
            new(
                Source.Slot,
                OperationCode.VerifyHold,
                VerifyHold.Arguments(Source.Root, Held.Handle, Held.Token),
                null),
            cancellationToken).ConfigureAwait(false);
        return VerifyHold.Read(answer);
    }

    public virtual async ValueTask ReleaseAsync(CancellationToken cancellationToken = default)
    {
        if (!TryEnd())
        {
            return;
        }

        var request = new OperationRequest(
            Source.Slot,
            OperationCode.Release,
            ReleaseHold.Arguments(Source.Root, Held.Handle.Sequence),
            null);
        EngineAnswer answer = await EndAsync(Source.ReleaseCall, request, cancellationToken).ConfigureAwait(false);
        if (ReleaseHold.Read(answer) != ReleaseOutcome.Released)
        {
            throw Gone();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!IsOver)
        {
            await GiveBackAsync().ConfigureAwait(false);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>True for the one who may end it.</summary>
    protected bool TryEnd()
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
        {
            return false;
        }

        _notice.Unregister();
        Instruments.HoldDuration.Record(
            Source.Client.Time.GetElapsedTime(_since).TotalSeconds, Instruments.Kind(Source.Label));
        return true;
    }

    /// <summary>It was not ended after all, or nobody knows: the caller may try again.</summary>
    protected void Reopen()
    {
        Volatile.Write(ref _isOver, 0);
        NoticeLoss();
        Held.Resume();
    }

    /// <summary>Runs the operation that ends it, as one call of the user.</summary>
    protected async ValueTask<EngineAnswer> EndAsync(
        string call, OperationRequest request, CancellationToken cancellationToken)
    {
        CallTrace trace = CallTrace.Start(Source.Client.Time, call, Name);
        try
        {
            EngineAnswer answer = await Source.Client.Engine.EndAsync(
                Held, request, cancellationToken).ConfigureAwait(false);
            trace.End();
            return answer;
        }
        catch (SessionExpiredException exception)
        {
            // What it held it holds no more: to the one who gives it back that is all there is to know.
            HoldLostException gone = Gone(exception);
            trace.Fail(gone);
            throw gone;
        }
        catch (Exception exception)
        {
            trace.Fail(exception);
            throw;
        }
    }

    protected HoldLostException Gone(Exception? cause = null) => EngineErrors.HoldLost(
        $"{Fence.HoldName} with token {FencingToken.Value} is lost: its time was over, its session has ended, or it "
        + "was taken away. Somebody else may have it; stop what rests on it.",
        cause);

    private void NoticeLoss() =>
        _notice = Held.Lost.UnsafeRegister(static state => ((Hold)state!).CountLoss(), this);

    private void CountLoss()
    {
        Instruments.HoldsLost.Add(1, Instruments.Kind(Source.Label));
        Log.HoldLost(Source.Client.Logger, Fence.HoldName, FencingToken.Value);
    }

    private async Task GiveBackAsync()
    {
        using var deadline = new CancellationTokenSource(s_disposeMax, Source.Client.Time);
        try
        {
            await ReleaseAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (HoldLostException)
        {
            // There is nothing to give back.
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Log.NotReleased(Source.Client.Logger, Fence.HoldName, exception);
        }
    }
}
