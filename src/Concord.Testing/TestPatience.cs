namespace Concord.Testing;

/// <summary>
/// Waiting by the machine's time for code on the pool, whose end nobody but its author can see: only a condition says
/// that it has come so far. How long is waited decides nothing but when a test that would fail does.
/// </summary>
internal sealed class TestPatience(TimeSpan longest)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(1);

    /// <summary>So much of the host's time passes per pause: code that takes its time, and extends or renews what it
    /// holds meanwhile, must not be outrun. When hours are to pass it is more, for the test is to end too.</summary>
    private static readonly TimeSpan s_perPauseMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_perPauseMax = TimeSpan.FromSeconds(1);
    private const int Pauses = 1_000;

    /// <summary>How often the queue of the pool is gone through: what one continuation sets off is done in the
    /// next.</summary>
    private const int Turns = 3;

    /// <exception cref="TimeoutException">The condition itself does not end.</exception>
    public async Task<bool> AskAsync(Func<Task<bool>> condition)
    {
        Task<bool> asked = condition();
        try
        {
            return await asked.WaitAsync(longest, TimeProvider.System).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!asked.IsCompleted)
        {
            throw new TimeoutException(
                $"The condition did not end within {longest}: what it awaits needs the time to move, or an engine "
                + "that is available.");
        }
    }

    /// <exception cref="TimeoutException">It does not come to be.</exception>
    public async Task WaitAsync(Func<Task<bool>> condition, TimeSpan moved)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!await AskAsync(condition).ConfigureAwait(false))
        {
            if (TimeProvider.System.GetElapsedTime(started) >= longest)
            {
                throw new TimeoutException(
                    $"It did not come to be: the time was moved by {moved}, and then waited for {longest}.");
            }

            await PauseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>How much of the host's time passes between two pauses, when so much is to pass.</summary>
    public static TimeSpan BetweenPauses(TimeSpan limit) => TimeSpan.FromTicks(
        Math.Clamp(limit.Ticks / Pauses, s_perPauseMin.Ticks, s_perPauseMax.Ticks));

    public static Task PauseAsync() => Task.Delay(s_pause, TimeProvider.System);

    /// <summary>Lets what has been set off go on.</summary>
    public static async Task LetOthersRunAsync()
    {
        for (int i = 0; i < Turns; i++)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ThreadPool.UnsafeQueueUserWorkItem(static turn => turn.SetResult(), reached, preferLocal: false);
            await reached.Task.ConfigureAwait(false);
        }
    }
}
