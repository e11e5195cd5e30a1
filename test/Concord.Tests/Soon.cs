namespace Concord.Tests;

/// <summary>Waits for what another task brings about.</summary>
internal static class Soon
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    public static Task Until(Func<bool> isTrue, string what) => Until(() => Task.FromResult(isTrue()), what);

    public static async Task Until(Func<Task<bool>> isTrue, string what)
    {
        using var deadline = new CancellationTokenSource(s_limit);
        while (!await isTrue())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {s_limit}: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(2));
        }
    }

    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(s_limit);

    public static Task InTime(this Task task) => task.WaitAsync(s_limit);

    public static Task<T> InTime<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(s_limit);

    public static Task InTime(this ValueTask task) => task.AsTask().WaitAsync(s_limit);

    /// <summary>Ends when the token is cancelled.</summary>
    public static Task Cancelled(CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(cancelled.SetResult);
        return cancelled.Task.InTime();
    }
}
