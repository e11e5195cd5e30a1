using Concord.Primitives;

namespace Concord.Tests;

/// <summary>A fair and stable share of partitions, and one worker for each at a time.</summary>
public sealed class PartitionTests
{
    private readonly ModelEngine _engine = new();

    [Fact]
    public void Shares_are_fair_for_any_number_of_members()
    {
        for (int members = 1; members <= 20; members++)
        {
            foreach (int count in new[] { 1, 7, 64, 100 })
            {
                int[] owners = PartitionShares.Of(Ids(members), count);
                int[] sizes = [.. Enumerable.Range(0, members).Select(member => owners.Count(o => o == member))];
                Assert.Equal(count, sizes.Sum());
                Assert.True(sizes.Max() - sizes.Min() <= 1);
            }
        }
    }

    /// <summary>The least that must move when one of n joins is the share of the one who joins; here at most twice as
    /// many do, as measured over all sizes.</summary>
    [Fact]
    public void Who_joins_or_leaves_moves_little_besides_his_own_share()
    {
        const int count = 256;
        int moved = 0;
        int least = 0;
        for (int members = 1; members < 30; members++)
        {
            string[] more = Ids(members + 1);
            int[] before = PartitionShares.Of(more[..^1], count);
            int[] after = PartitionShares.Of(more, count);
            least += after.Count(owner => owner == members);
            moved += Enumerable.Range(0, count).Count(partition => before[partition] != after[partition]);

            // The first of all leaves: everybody's place in the line changes, and not what they have.
            string[] left = more[1..];
            int[] rest = PartitionShares.Of(left, count);
            least += after.Count(owner => owner == 0);
            moved += Enumerable.Range(0, count).Count(partition => left[rest[partition]] != more[after[partition]]);
        }

        Assert.InRange(moved, least, 2 * least);
    }

    /// <summary>Random processes come and go. What must move is the share of the one who does; of what the others have
    /// nearly all stays, in all and at each step.</summary>
    [Theory]
    [InlineData(7, 0.15, 0.67)]
    [InlineData(9, 0.15, 0.67)]
    [InlineData(64, 0.08, 0.25)]
    [InlineData(255, 0.06, 0.15)]
    public void Over_any_joins_and_leaves_what_the_others_have_stays(int count, double inAll, double atOnce)
    {
        var random = new Random(count);
        List<string> members = [NewId(random), NewId(random)];
        int[] owners = PartitionShares.Of(members, count);
        (int could, int moved) = (0, 0);
        for (int step = 0; step < 400; step++)
        {
            string[] before = [.. members];
            bool leaves = members.Count == 6 || (members.Count > 2 && random.Next(2) == 0);
            int place = random.Next(members.Count);
            if (leaves)
            {
                members.RemoveAt(place);
            }
            else
            {
                members.Add(NewId(random));
            }

            int[] after = PartitionShares.Of(members, count);
            int[] sizes = [.. members.Select((_, member) => after.Count(owner => owner == member))];
            Assert.True(sizes.Max() - sizes.Min() <= 1, "The shares are fair.");
            int[] others = [.. Enumerable.Range(0, count).Where(partition => leaves
                ? owners[partition] != place
                : after[partition] != members.Count - 1)];
            int needless = others.Count(partition => before[owners[partition]] != members[after[partition]]);
            Assert.InRange(needless, 0, atOnce * others.Length);
            (could, moved, owners) = (could + others.Length, moved + needless, after);
        }

        Assert.InRange((double)moved / could, 0, inAll);
    }

    [Fact]
    public async Task Processes_share_them_and_one_that_dies_leaves_its_own_to_the_others()
    {
        var workers = new Workers();
        using var end = new CancellationTokenSource();
        ModelEngine other = _engine.Another(0x77);
        Task one = RunAsync(_engine.NewClient(), "one", workers, end.Token);
        await Soon.Until(() => workers.Of("one").Length == 8, "one has all");
        Task two = RunAsync(other.NewClient(), "two", workers, end.Token);
        await Soon.Until(() => workers.Of("one").Length == 4 && workers.Of("two").Length == 4, "each has half");
        IReadOnlyList<PartitionOwner> owners = await Partitions(_engine.NewClient()).DescribeAsync();
        Assert.Equal(2, owners.Select(owner => owner.SessionId).Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 8), owners.Select(owner => owner.Number));
        Assert.False(workers.WasShared);

        // From here on only fences keep them apart: the model gives away what the session had in the same moment.
        _engine.LoseSession();
        await Soon.Until(
            () => workers.Of("one").Length == 4 && workers.Of("two").Length == 4 && workers.Begun > 16,
            "one has joined again");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one.InTime());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => two.InTime());
        Assert.Empty(workers.Of("one"));
        Assert.Empty(await _engine.NewClient().GetGroup("partition/p").GetMembersAsync());
        Assert.All(
            await Partitions(_engine.NewClient()).DescribeAsync(), owner => Assert.Null(owner.SessionId));
    }

    [Fact]
    public async Task A_partition_that_is_taken_away_is_begun_again()
    {
        var workers = new Workers();
        using var end = new CancellationTokenSource();
        ConcordClient client = _engine.NewClient();
        Task one = RunAsync(client, "one", workers, end.Token);
        await Soon.Until(() => workers.Of("one").Length == 8, "one has all");
        byte[] root = Engines.RecordKey.Named(Engines.RecordKind.Lock, "", "partition/p/3");
        await client.ExecuteAsync("force", "", new(
            Engines.RecordKey.SlotOf(root),
            Engines.OperationCode.ForceRelease,
            Operations.Holds.ForceRelease.Arguments(root, 0),
            null), default);
        await Soon.Until(() => workers.Begun == 9 && workers.Of("one").Length == 8, "it is back");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one.InTime());
    }

    [Fact]
    public async Task What_a_body_throws_ends_all_of_them_and_comes_out()
    {
        int ended = 0;
        Task running = Partitions(_engine.NewClient()).RunAsync(async (partition, token) =>
        {
            if (partition.Number == 3)
            {
                throw new FormatException();
            }

            await Soon.Cancelled(token);
            Interlocked.Increment(ref ended);
        });
        await Assert.ThrowsAsync<FormatException>(() => running.InTime());
        Assert.All(
            await Partitions(_engine.NewClient()).DescribeAsync(), owner => Assert.Null(owner.SessionId));
        Assert.True(ended <= 7);
    }

    [Fact]
    public async Task A_body_that_returns_early_keeps_its_partition_and_its_fence_is_good()
    {
        using var end = new CancellationTokenSource();
        ConcordClient client = _engine.NewClient();
        int calls = 0;
        Task running = Partitions(client).RunAsync(
            async (partition, token) =>
            {
                await client.GetCounter("n").AddAsync(1, new() { Fence = partition.Fence }, token);
                Interlocked.Increment(ref calls);
            },
            end.Token);
        await Soon.Until(() => Volatile.Read(ref calls) == 8, "all have run");
        await client.GetGroup("partition/p").GetMembersAsync();
        Assert.All(await Partitions(client).DescribeAsync(), owner => Assert.NotNull(owner.SessionId));
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.InTime());
        Assert.Equal(8, calls);
        Assert.Equal(8, await client.GetCounter("n").GetAsync());
    }

    [Fact]
    public void Names_and_counts_are_bounded()
    {
        ConcordClient client = _engine.NewClient();
        Assert.Throws<ArgumentOutOfRangeException>(() => client.GetPartitions("p", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => client.GetPartitions("p", 1025));
        Assert.Throws<ArgumentException>(() => client.GetPartitions(new string('p', 481), 1));
    }

    private static string NewId(Random random) => $"{random.NextInt64():x16}-{random.Next(1, 10)}";

    private static string[] Ids(int members) => [.. Enumerable.Range(0, members).Select(i => $"{i * 7919:x16}-{i}")];

    private static IConcordPartitions Partitions(ConcordClient client) => client.GetPartitions("p", 8);

    private static Task RunAsync(ConcordClient client, string name, Workers workers, CancellationToken end) =>
        Partitions(client).RunAsync(
            async (partition, token) =>
            {
                workers.Begin(name, partition.Number);
                await Soon.Cancelled(token);
                workers.End(name, partition.Number);
            },
            end);

    /// <summary>Who works on what, and whether two ever worked on one.</summary>
    private sealed class Workers
    {
        private readonly HashSet<(string Name, int Number)> _working = [];

        public bool WasShared { get; private set; }

        public int Begun { get; private set; }

        public int[] Of(string name)
        {
            lock (_working)
            {
                return [.. _working.Where(one => one.Name == name).Select(one => one.Number)];
            }
        }

        public void Begin(string name, int number)
        {
            lock (_working)
            {
                Begun++;
                WasShared |= _working.Any(one => one.Number == number && one.Name != name);
                _working.Add((name, number));
            }
        }

        public void End(string name, int number)
        {
            lock (_working)
            {
                _working.Remove((name, number));
            }
        }
    }
}
