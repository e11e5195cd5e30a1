using Concord.Engines;
using Concord.Primitives;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Hosting;

/// <summary>Stands for election, runs a worker for each term, resigns.</summary>
internal sealed class LeaderWorkerService<TWorker>(
    ConcordRuntime runtime, string electionName, IServiceScopeFactory scopes) : ServiceLoop(runtime)
    where TWorker : class, ILeaderWorker
{
    /// <summary>A term of this length was a success: the next failure is the first again.</summary>
    private static readonly TimeSpan s_goodTerm = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time = runtime.Client.Time;

    protected override async Task RunAsync(CancellationToken stopping)
    {
        await Task.Yield();
        int failures = 1;
        while (!stopping.IsCancellationRequested)
        {
            (Exception? failure, TimeSpan term) = await TermAsync(stopping).ConfigureAwait(false);
            if (stopping.IsCancellationRequested)
            {
                return;
            }

            // Also after a good end, or a worker that returns at once would be elected thousands of times a second.
            bool isGood = failure is null || term >= s_goodTerm;
            failures = isGood ? 1 : failures + 1;
            TimeSpan delay = RetryDelay.Of(failures);
            if (failure is not null)
            {
                HostingLog.TermFailed(Runtime.Logger, electionName, delay.TotalMilliseconds, failure);
            }

            await PauseAsync(delay, _time, stopping).ConfigureAwait(false);
        }
    }

    /// <summary>One candidacy and, if it is won, one term; why either failed, and how long the term was.</summary>
    private async Task<(Exception? Failure, TimeSpan Term)> TermAsync(CancellationToken stopping)
    {
        long? elected = null;
        try
        {
            ILeadership leadership = await Runtime.Concord.GetElection(electionName)
                .CampaignAsync(stopping).ConfigureAwait(false);
            elected = _time.GetTimestamp();
            await using (leadership.ConfigureAwait(false))
            {
                HostingLog.Leading(Runtime.Logger, electionName, leadership.FencingToken.Value);
                await WorkAsync(leadership, stopping).ConfigureAwait(false);
            }

            HostingLog.Resigned(Runtime.Logger, electionName, leadership.FencingToken.Value);
            return (null, Term());
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return (exception, Term());
        }

        TimeSpan Term() => elected is { } since ? _time.GetElapsedTime(since) : TimeSpan.Zero;
    }

    private async Task WorkAsync(ILeadership leadership, CancellationToken stopping)
    {
        using HoldScope both = Hold.Open(leadership, stopping);
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            TWorker worker = scope.ServiceProvider.GetRequiredService<TWorker>();
            try
            {
                await worker.RunAsync(leadership, both.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (both.Token.IsCancellationRequested
                && exception is OperationCanceledException or HoldLostException)
            {
                // Asked for: the term is over or the host stops.
            }
        }

        if (leadership.Lost.IsCancellationRequested)
        {
            HostingLog.TermLost(Runtime.Logger, electionName, leadership.FencingToken.Value);
        }
    }
}
