using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Concord.Conformance.Hosts;

/// <summary>What starts, and what is refused with a sentence that says what to do.</summary>
public sealed class StartUpTests : IAsyncDisposable
{
    private readonly Applications _applications = new();

    public ValueTask DisposeAsync() => _applications.DisposeAsync();

    [Fact]
    public async Task AddConcord_alone_is_a_node_in_a_folder_in_Development_and_the_log_says_so()
    {
        IHost first = _applications.Build("Development", static _ => { });
        await first.StartAsync();
        Assert.Equal(1, await Applications.ConcordOf(first).GetCounter("c").AddAsync(1));
        await first.StopAsync();

        IHost second = _applications.Build("Development", static _ => { });
        await second.StartAsync();

        Assert.Equal(2, await Applications.ConcordOf(second).GetCounter("c").AddAsync(1));
        Assert.True(Directory.Exists(_applications.In(".concord")));
        Assert.Contains(
            _applications.Logged, line => line.Contains(_applications.In(".concord"), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    public async Task AddConcord_alone_is_a_start_up_error_elsewhere(string environment)
    {
        IHost host = _applications.Build(environment, static _ => { });

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => host.StartAsync());

        Assert.Contains("UseCluster", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_applications.In(".concord")), "nothing was written");
    }

    [Fact]
    public async Task A_single_node_is_refused_in_Production_unless_there_is_one_process()
    {
        IHost refused = _applications.Build("Production", builder => builder.UseSingleNode(_applications.In("n")));
        EngineStoppedException why = await Assert.ThrowsAsync<EngineStoppedException>(() => refused.StartAsync());
        Assert.Contains("SingleInstance", why.Message, StringComparison.Ordinal);

        IHost alone = _applications.Build("Production", builder => builder.UseSingleNode(
            _applications.In("n"), static options => options.SingleInstance = true));
        await alone.StartAsync();
        Assert.Equal(1, await Applications.ConcordOf(alone).GetSequence("s").NextAsync());
    }

    [Fact]
    public async Task Two_on_one_folder_are_refused_and_the_first_goes_on()
    {
        IHost first = _applications.Build("Development", static _ => { });
        IHost second = _applications.Build("Development", static _ => { });
        await first.StartAsync();

        EngineStoppedException refused = await Assert.ThrowsAsync<EngineStoppedException>(() => second.StartAsync());

        Assert.Contains(_applications.In(".concord"), refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await Applications.ConcordOf(first).GetCounter("c").AddAsync(1));
        await first.StopAsync();
        IHost third = _applications.Build("Development", static _ => { });
        await third.StartAsync();
        Assert.Equal(1, await Applications.ConcordOf(third).GetCounter("c").GetAsync());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3600, 86_400_000)]
    public async Task Options_at_their_bounds_start(int sessionSeconds, int operationMilliseconds)
    {
        IHost host = _applications.Build("Development", builder => builder.Services.Configure<ConcordOptions>(
            options =>
            {
                options.Namespace = new string('é', 32);
                options.ProcessName = new string('é', 64);
                options.SessionTimeout = TimeSpan.FromSeconds(sessionSeconds);
                options.OperationTimeout = TimeSpan.FromMilliseconds(operationMilliseconds);
            }));
        await host.StartAsync();
        await host.StopAsync();
    }

    [Theory]
    [InlineData(999, 0.9)]
    [InlineData(3_600_001, 86_400_001)]
    public async Task Options_beyond_their_bounds_are_all_named(double session, double operation)
    {
        IHost host = _applications.Build("Development", builder => builder.Services.Configure<ConcordOptions>(
            options =>
            {
                options.Namespace = new string('n', 65);
                options.ProcessName = new string('n', 129);
                options.SessionTimeout = TimeSpan.FromMilliseconds(session);
                options.OperationTimeout = TimeSpan.FromMilliseconds(operation);
            }));

        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(
            () => host.StartAsync());

        Assert.Equal(4, refused.Failures.Count());
    }

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(1025, 1000)]
    [InlineData(3, 99)]
    public async Task A_member_has_1_to_1024_shards_and_elects_after_100_milliseconds_at_least(
        int shards, int electionTimeout)
    {
        System.Net.IPEndPoint member = Engines.Nodes.FreeEndPoints(1)[0];
        IHost host = _applications.Build("Production", builder => builder.UseCluster(options =>
        {
            options.DataDirectory = _applications.In("n");
            options.ListenEndPoint = member;
            options.InitialMembers.Add(member.ToString());
            options.Shards = shards;
            options.ElectionTimeout = TimeSpan.FromMilliseconds(electionTimeout);
        }));

        await Assert.ThrowsAsync<EngineStoppedException>(() => host.StartAsync());
        Assert.False(Directory.Exists(_applications.In("n")), "nothing was written");
    }

    [Fact]
    public async Task UseServer_reaches_a_member_that_runs_elsewhere()
    {
        IHost[] members = await _applications.StartThreeAsync(static (_, _) => { });
        string addresses = string.Join(",", _applications.Addresses);
        IHost client = _applications.Build("Production", builder => builder.UseServer(addresses));
        await client.StartAsync();
        await using (ILockHandle hold = await Applications.ConcordOf(client).GetLock("l").AcquireAsync())
        {
            Assert.Null(await Applications.ConcordOf(members[0]).GetLock("l").TryAcquireAsync());
        }

        Assert.NotNull(await Applications.ConcordOf(members[1]).GetLock("l").TryAcquireAsync());
    }
}
