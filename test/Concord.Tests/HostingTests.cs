using System.Text;
using Concord.Engines;
using Concord.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Concord.Tests;

/// <summary>Concord in a generic host.</summary>
public sealed class HostingTests
{
    private readonly ModelEngine _engine = new();
    private readonly TaskCompletionSource<string?> _stopped = new();

    [Fact]
    public async Task A_host_starts_Concord_before_its_services_and_stops_it_after_them()
    {
        var order = new List<string>();
        using IHost host = Build(builder =>
        {
            Use(builder, onStart: () => order.Add("engine"));
            builder.Services.AddHostedService(provider => new Noting(provider.GetRequiredService<IConcord>(), order));
        });
        await host.StartAsync();
        IConcord concord = host.Services.GetRequiredService<IConcord>();
        Assert.Same(concord, host.Services.GetRequiredService<IConcord>());
        Assert.Equal("model", concord.Capabilities.EngineName);
        Assert.Equal(SessionState.Healthy, concord.Session.State);
        await host.StopAsync();
        Assert.Equal(["engine", "service 1", "service 2"], order);
        Assert.True(_engine.IsDisposed);
    }

    [Fact]
    public async Task Without_a_host_the_first_call_starts_it()
    {
        var services = new ServiceCollection();
        Use(services.AddConcord());
        ServiceProvider provider = services.BuildServiceProvider();
        IConcord concord = provider.GetRequiredService<IConcord>();
        Assert.Throws<InvalidOperationException>(() => concord.Session);
        Assert.Equal(1, await concord.GetCounter("n").AddAsync(1));
        Assert.Equal(SessionState.Healthy, concord.Session.State);
        await provider.DisposeAsync();
        Assert.True(_engine.IsDisposed);

        ServiceProvider unused = services.BuildServiceProvider();
        IConcord never = unused.GetRequiredService<IConcord>();
        await unused.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => never.GetCounter("n").AddAsync(1).AsTask());
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    [InlineData("Development")]
    public async Task No_engine_is_a_start_up_error_that_lists_the_choices(string environment)
    {
        // Concord.Cluster, which would bring one to Development, is not among the dependencies of this test.
        using IHost host = Build(_ => { }, environment);
        InvalidOperationException none = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());
        foreach (string choice in new[] { "UseSingleNode", "UseCluster", "UseServer", "Development" })
        {
            Assert.Contains(choice, none.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Two_engines_are_a_start_up_error()
    {
        using IHost host = Build(builder =>
        {
            Use(builder);
            Use(builder);
        });
        InvalidOperationException two = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());
        Assert.Contains("UseModel, UseModel", two.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_come_from_a_section_and_wrong_ones_stop_the_start()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Concord:Namespace"] = "shop",
            ["Concord:ProcessName"] = "worker",
            ["Concord:SessionTimeout"] = "00:00:20",
            ["Concord:OperationTimeout"] = "00:00:03",
        };
        IConfigurationSection section = new ConfigurationBuilder().AddInMemoryCollection(settings).Build()
            .GetSection("Concord");
        var services = new ServiceCollection();
        Use(services.AddConcord(section));
        await using ServiceProvider provider = services.BuildServiceProvider();
        ConcordOptions options = provider.GetRequiredService<IOptions<ConcordOptions>>().Value;
        Assert.Equal(
            ("shop", "worker", TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(3)),
            (options.Namespace, options.ProcessName, options.SessionTimeout, options.OperationTimeout));

        section["SessionTimeout"] = "soon";
        var wrong = new ServiceCollection();
        Use(wrong.AddConcord(section));
        await using ServiceProvider wrongProvider = wrong.BuildServiceProvider();
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(
            () => wrongProvider.GetRequiredService<IConcord>());
        Assert.Contains("Concord:SessionTimeout", thrown.Message, StringComparison.Ordinal);

        using IHost host = Build(builder =>
        {
            Use(builder);
            builder.Services.Configure<ConcordOptions>(o => o.ProcessName = new string('x', 129));
        });
        await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
    }

    [Fact]
    public async Task Two_Concords_in_one_process_have_engines_and_options_of_their_own()
    {
        var audit = new ModelEngine();
        string seenByAudit = "";
        using IHost host = Build(builder =>
        {
            Use(builder);
            IConcordBuilder keyed = builder.Services.AddKeyedConcord("audit", options => options.Namespace = "a");
            keyed.AddEngine(new("UseOther", (provider, _) =>
            {
                seenByAudit = provider.GetRequiredService<IOptions<ConcordOptions>>().Value.Namespace;
                return Task.FromResult(new EngineStart(audit, new TaskCompletionSource<string?>().Task));
            }));
        });
        await host.StartAsync();
        IConcord keyed = host.Services.GetRequiredKeyedService<IConcord>("audit");
        IConcord only = host.Services.GetRequiredService<IConcord>();
        Assert.NotSame(only, keyed);
        await keyed.GetCounter("n").AddAsync(1);
        Assert.Equal(0, await only.GetCounter("n").GetAsync());
        Assert.Equal("a", seenByAudit);
        await host.StopAsync();
        Assert.True(audit.IsDisposed && _engine.IsDisposed);
    }

    [Fact]
    public async Task A_guarantee_that_the_engine_does_not_give_stops_the_start()
    {
        var weak = new ModelEngine { Capabilities = new("weak", Guarantees.FifoWaiting) };
        using IHost host = Build(builder =>
        {
            builder.AddEngine(new("UseWeak", (_, _) => Task.FromResult(new EngineStart(weak, _stopped.Task))));
            builder.RequireGuarantees(Guarantees.FifoWaiting | Guarantees.LinearizableReads);
        });
        GuaranteeNotSupportedException thrown =
            await Assert.ThrowsAsync<GuaranteeNotSupportedException>(() => host.StartAsync());
        Assert.Equal((Guarantees.LinearizableReads, "CNC1007"), (thrown.Missing, thrown.ErrorCode));
        Assert.True(weak.IsDisposed);
    }

    [Fact]
    public async Task A_queue_that_is_stored_otherwise_stops_the_start_and_the_same_does_not()
    {
        for (int i = 0; i < 2; i++)
        {
            using IHost host = Build(builder => Use(builder).AddQueue("q", settings => settings.MaxFailures = 5));
            await host.StartAsync();
            await host.StopAsync();
        }

        using IHost other = Build(builder => Use(builder).AddQueue("q", settings => settings.MaxFailures = 6));
        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            () => other.StartAsync());
        Assert.Contains("'q'", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("5 failures", thrown.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Build(builder => Use(builder).AddQueue("q", settings => settings.MaxFailures = 0)));
    }

    [Fact]
    public async Task A_queue_is_declared_later_where_nobody_answers_yet_and_a_difference_stops_the_host_then()
    {
        using (IHost first = Build(builder => Use(builder).AddQueue("q")))
        {
            await first.StartAsync();
        }

        _engine.BeforeCall = _ => throw new EngineUnavailableException("No majority yet.");
        using IHost host = Build(builder => Use(builder).AddQueue("q", settings => settings.MaxFailures = 6));
        await host.StartAsync();
        IHostApplicationLifetime lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        Assert.False(lifetime.ApplicationStopping.IsCancellationRequested);
        _engine.BeforeCall = null;
        await Soon.Cancelled(lifetime.ApplicationStopping);
        await host.StopAsync();
    }

    [Fact]
    public async Task Health_says_whether_the_engine_answers_and_the_session_is_in_danger()
    {
        using IHost host = Build(builder =>
        {
            Use(builder);
            builder.Services.AddHealthChecks().AddConcord(tags: ["ready"]);
        });
        await host.StartAsync();
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();
        HealthReport good = await health.CheckHealthAsync();
        Assert.Equal(HealthStatus.Healthy, good.Status);
        Assert.Equal(["ready"], good.Entries["concord"].Tags);
        _engine.IsInJeopardy = true;
        HealthReport endangered = await health.CheckHealthAsync();
        Assert.Equal(HealthStatus.Degraded, endangered.Status);
        Assert.Contains("Jeopardy", endangered.Entries["concord"].Description, StringComparison.Ordinal);
        _engine.IsInJeopardy = false;
        _engine.BeforeCall = _ => throw new EngineUnavailableException("Nobody is there.");
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync()).Status);
        _engine.BeforeCall = null;
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync()).Status);
        _stopped.SetResult("The disk is full.");
        await Soon.Until(
            () => health.CheckHealthAsync().GetAwaiter().GetResult().Status == HealthStatus.Unhealthy, "it is seen");
        Assert.Contains(
            "disk", (await health.CheckHealthAsync()).Entries["concord"].Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registered_serializer_is_used_for_all_values_of_its_type()
    {
        using IHost host = Build(builder => Use(builder).AddSerializer(new Reversed()));
        IConcord concord = host.Services.GetRequiredService<IConcord>();
        await concord.GetValue<string>("v").SetAsync("abc");
        Assert.Equal("abc", (await concord.GetValue<string>("v").GetAsync()).Value);
        Assert.Equal("cba", (await concord.GetValue("v", new Plain()).GetAsync()).Value);
        await concord.GetQueue<string>("q").EnqueueAsync("abc");
        Assert.Equal(
            "cba", (await concord.GetQueue("q", new Plain()).TryReceiveAsync(TimeSpan.Zero))!.Message);
    }

    private static IHost Build(Action<IConcordBuilder> configure, string environment = "Production")
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(
            new() { EnvironmentName = environment, ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        configure(builder.Services.AddConcord());
        return builder.Build();
    }

    private IConcordBuilder Use(IConcordBuilder builder, Action? onStart = null)
    {
        builder.AddEngine(new("UseModel", (_, _) =>
        {
            onStart?.Invoke();
            return Task.FromResult(new EngineStart(_engine, _stopped.Task));
        }));
        return builder;
    }

    private sealed class Noting(IConcord concord, List<string> order) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken) =>
            order.Add($"service {await concord.GetCounter("n").AddAsync(1, cancellationToken)}");

        public async Task StopAsync(CancellationToken cancellationToken) =>
            order.Add($"service {await concord.GetCounter("n").AddAsync(1, cancellationToken)}");
    }

    private class Plain : IConcordSerializer<string>
    {
        public string ContentType => "text/plain";

        public virtual void Serialize(string value, System.Buffers.IBufferWriter<byte> target) =>
            System.Text.Encoding.UTF8.GetBytes(value.AsSpan(), target);

        public virtual string Deserialize(System.Buffers.ReadOnlySequence<byte> source) =>
            System.Text.Encoding.UTF8.GetString(source);
    }

    private sealed class Reversed : Plain
    {
        public override void Serialize(string value, System.Buffers.IBufferWriter<byte> target) =>
            base.Serialize(Reverse(value), target);

        public override string Deserialize(System.Buffers.ReadOnlySequence<byte> source) =>
            Reverse(base.Deserialize(source));

        private static string Reverse(string text) => string.Concat(text.Reverse());
    }
}
