using Concord.Conformance.Engines;

namespace Concord.Conformance.Cases;

/// <summary>What several cases wait for.</summary>
internal static class Waits
{
    public static Task LineAsync(this Stage stage, IConcord process, string name, int length) => stage.UntilAsync(
        async () => (await process.GetLock(name).DescribeAsync()).Waiting == length, $"{length} wait for {name}");

    /// <summary>Ends when the token is cancelled.</summary>
    public static Task CancelledAsync(this Stage stage, CancellationToken token) =>
        stage.UntilAsync(() => token.IsCancellationRequested, "it is cancelled");

    /// <summary>The next element of a stream, in time.</summary>
    public static async Task<T> NextAsync<T>(this Stage stage, IAsyncEnumerator<T> stream)
    {
        Assert.True(await stage.SoonAsync(stream.MoveNextAsync()), "the stream ended");
        return stream.Current;
    }
}
