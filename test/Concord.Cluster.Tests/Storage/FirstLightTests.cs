using System.IO.Compression;
using Concord.Cluster.Storage;
using Concord.Cluster.Tests.Node;
using Concord.Cluster.Tests.Runtime;
using Concord.Engines;
using Concord.Simulation.Disk;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Cluster.Tests.Storage;

/// <summary>Folders that the first release wrote open with all that is in them, and go on.</summary>
public sealed class FirstLightTests
{
    private const int Additions = 500;
    private const int Counters = 25;

    [Fact]
    public async Task A_folder_of_a_single_node_opens_with_its_contents_and_goes_on()
    {
        using var folder = new TemporaryFolder();
        string data = folder.In("data");
        ZipFile.ExtractToDirectory(PathOf("single-node.zip"), data);
        for (int start = 0; start < 2; start++)
        {
            await using IConcordHost host = await ConcordHost.StartAsync(builder => builder.UseSingleNode(data));
            for (int i = 2; i < 40; i++)
            {
                Assert.Equal((i * 3) + start, await host.Concord.GetCounter($"c{i}").GetAsync());
                string text = new((char)('a' + (i % 26)), i);
                Assert.Equal(text, (await host.Concord.GetValue<string>($"v{i}").GetAsync()).Value);
                await host.Concord.GetCounter($"c{i}").AddAsync(1);
            }

            Assert.Equal(103, await host.Concord.GetCounter("c1").GetAsync());
            Assert.Equal("by a transaction", (await host.Concord.GetValue<string>("v1").GetAsync()).Value);
        }
    }

    [Fact]
    public void Folders_of_two_nodes_of_three_open_with_their_contents_and_go_on()
    {
        SimFileSystem[] disks = [new(0), new(1), new(2), new(3)];
        using (ZipArchive zip = ZipFile.OpenRead(PathOf("cluster.zip")))
        {
            foreach (ZipArchiveEntry entry in zip.Entries)
            {
                Unpack(entry, disks[entry.FullName[0] - '0']);
            }
        }

        using var cluster = new TestCluster("raft", 3, 2, disks: disks);
        cluster.AwaitLeaders();
        for (uint shard = 0; shard < 2; shard++)
        {
            for (int counter = 0; counter < Counters; counter++)
            {
                byte[] key = cluster.CounterIn(shard, $"c{counter}");
                long expected = Enumerable.Range(0, Additions)
                    .Where(i => i % Counters == counter).Sum(i => i + (long)shard);
                Assert.Equal(expected, cluster.ReadCounter(shard, key));
                ulong sequence = Additions + 1 + (ulong)counter;
                Assert.Equal(expected + 7, cluster.Add(shard, key, 7, sequence));
            }
        }
    }

    private static void Unpack(ZipArchiveEntry entry, SimFileSystem disk)
    {
        string path = entry.FullName[1..];
        string parent = Path.GetDirectoryName(path)!;
        disk.CreateDirectory(parent);
        using (Stream packed = entry.Open())
        using (IFile file = disk.Open(path, FileOpening.CreateNew))
        {
            byte[] bytes = new byte[entry.Length];
            packed.ReadExactly(bytes);
            file.Write(0, bytes);
            file.Sync();
        }

        for (string? at = parent; at is not null; at = Path.GetDirectoryName(at))
        {
            disk.SyncDirectory(at);
        }
    }

    private static string PathOf(string name)
    {
        string? at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "Concord.slnx")))
        {
            at = Path.GetDirectoryName(at) ?? throw new InvalidOperationException("No Concord.slnx above the test.");
        }

        return Path.Combine(at, "test", "Concord.Cluster.Tests", "Storage", "folders", "first-light", name);
    }
}
