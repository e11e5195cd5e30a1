namespace Concord.Samples;

/// <summary>Does a round, and another one, for as long as it leads.</summary>
internal sealed class Worker(IConcord concord) : ILeaderWorker
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    public async Task RunAsync(ILeadership leadership, CancellationToken cancellationToken)
    {
        var underFence = new WriteOptions { Fence = leadership.Fence };
        IConcordCounter rounds = concord.GetCounter("{work}/rounds");
        while (true)
        {
            long round = await rounds.AddAsync(1, underFence, cancellationToken);
            Console.WriteLine($"round {round} in term {leadership.FencingToken.Value}");
            await Task.Delay(s_pause, cancellationToken);
        }
    }
}
