using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Cluster.Tests.Runtime;

/// <summary>A cluster that is held at the level of the build before: what this build would ask of it in one request
/// is asked in the way of before, and nobody notices.</summary>
public sealed class LevelTests : IDisposable
{
    private const int BeforeSeveral = 3;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_stream_asks_one_by_one_until_the_level_has_risen()
    {
        IPEndPoint end = MemberTests.FreeEndPoints(1)[0];
        await using (IConcordHost held = await StartAsync(end, BeforeSeveral))
        {
            await PassAsync(held.Concord, 0);
        }

        await using IConcordHost raised = await StartAsync(end, level: null);
        await PassAsync(raised.Concord, 20);
    }

    private static async Task PassAsync(IConcord concord, int first)
    {
        const int count = 20;
        IConcordQueue<int> queue = concord.GetQueue<int>("q");
        Task<List<int>> consuming = ConsumeAsync();
        await queue.EnqueueBatchAsync([.. Enumerable.Range(first, count / 2)]);
        await queue.EnqueueBatchAsync([.. Enumerable.Range(first + (count / 2), count / 2)]);

        Assert.Equal(Enumerable.Range(first, count), (await consuming.WaitAsync(TimeSpan.FromMinutes(1))).Order());
        QueueDescription left = await queue.DescribeAsync();
        Assert.Equal((0, 0), (left.Ready, left.InFlight));

        async Task<List<int>> ConsumeAsync()
        {
            var seen = new List<int>();
            await foreach (IDelivery<int> delivery in queue.ReceiveAllAsync(prefetch: 5))
            {
                seen.Add(delivery.Message);
                await delivery.CompleteAsync();
                if (seen.Count == count)
                {
                    break;
                }
            }

            return seen;
        }
    }

    private Task<IConcordHost> StartAsync(IPEndPoint end, int? level) => ConcordHost.StartAsync(builder =>
        builder.UseCluster(options =>
        {
            options.DataDirectory = _folder.In("data");
            options.ListenEndPoint = end;
            options.InitialMembers.Add(end.ToString());
            options.LevelMax = level;
        }));
}
