namespace Concord.Engines;

/// <summary>The token of work that runs while something is held. Not linked to the news of the loss as tokens are
/// linked otherwise, by a callback: that would wait for a thread of the pool.</summary>
internal sealed class HoldScope : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _source;
    private bool _isDisposed;

    public HoldScope(CancellationToken other)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(other);
        Token = _source.Token;
    }

    public CancellationToken Token { get; }

    public void Cancel()
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _ = _source.CancelAsync();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        _source.Dispose();
    }
}
