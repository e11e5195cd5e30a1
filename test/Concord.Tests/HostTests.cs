using Concord.Engines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Concord.Tests;

public sealed class HostTests
{
    private readonly ModelEngine _engine = new();
    private readonly TaskCompletionSource<string?> _stopped = new();

    [Fact]
    public async Task A_host_starts_its_engine_and_stops_it()
    {
        IConcordHost host = await ConcordHost.StartAsync(Use);
        Assert.Equal(1, await host.Concord.GetCounter("n").AddAsync(1));
        Assert.False(host.Stopped.IsCompleted);
        await host.DisposeAsync();
        await host.DisposeAsync();
        Assert.True(_engine.IsDisposed);
        Assert.Null(await host.Stopped);
    }

    [Fact]
    public async Task An_engine_that_stops_itself_is_heard()
    {
        await using IConcordHost host = await ConcordHost.StartAsync(Use);
        _stopped.SetResult("The disk is full.");
        Assert.Equal("The disk is full.", await host.Stopped.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task An_engine_that_ends_in_an_exception_is_heard_too()
    {
        await using IConcordHost host = await ConcordHost.StartAsync(Use);
        _stopped.SetException(new IOException("broken"));
        Assert.Contains("broken", await host.Stopped.WaitAsync(TimeSpan.FromSeconds(30)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_engine_and_two_engines_are_errors_that_list_the_choices()
    {
        InvalidOperationException none = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ConcordHost.StartAsync(_ => { }));
        InvalidOperationException two = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ConcordHost.StartAsync(builder =>
            {
                Use(builder);
                Use(builder);
            }));
        foreach (string choice in new[] { "UseSingleNode", "UseCluster", "UseServer" })
        {
            Assert.Contains(choice, none.Message, StringComparison.Ordinal);
            Assert.Contains(choice, two.Message, StringComparison.Ordinal);
        }

        Assert.Contains("UseModel, UseModel", two.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_out_of_bounds_are_all_named_and_nothing_starts()
    {
        bool isStarted = false;
        OptionsValidationException thrown = await Assert.ThrowsAsync<OptionsValidationException>(
            () => ConcordHost.StartAsync(builder =>
            {
                builder.Services.Configure<ConcordOptions>(options =>
                {
                    options.Namespace = new string('n', 65);
                    options.OperationTimeout = TimeSpan.Zero;
                    options.SessionTimeout = TimeSpan.FromDays(2);
                    options.JsonSerializerOptions = null!;
                });
                builder.Services.AddSingleton(new EngineRegistration("UseModel", (_, _) =>
                {
                    isStarted = true;
                    return Task.FromResult(new EngineStart(_engine, _stopped.Task));
                }));
            }));
        Assert.Equal(4, thrown.Failures.Count());
        Assert.False(isStarted);
    }

    [Fact]
    public async Task What_the_engine_says_at_start_comes_out_and_what_was_registered_is_disposed_of()
    {
        var probe = new Probe();
        EngineStoppedException thrown = await Assert.ThrowsAsync<EngineStoppedException>(
            () => ConcordHost.StartAsync(builder =>
            {
                builder.Services.AddSingleton(_ => probe);
                builder.Services.AddSingleton(new EngineRegistration("UseModel", (services, _) =>
                {
                    Assert.Same(probe, services.GetRequiredService<Probe>());
                    throw EngineErrors.Stopped("The folder is in use.");
                }));
            }));
        Assert.Equal("CNC1004", thrown.ErrorCode);
        Assert.True(probe.IsDisposed);
    }

    [Fact]
    public async Task A_caller_who_has_given_up_starts_nothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ConcordHost.StartAsync(_ => Assert.Fail("Configured."), new CancellationToken(canceled: true)));
    }

    private void Use(IConcordBuilder builder) => builder.Services.AddSingleton(
        new EngineRegistration("UseModel", (_, _) => Task.FromResult(new EngineStart(_engine, _stopped.Task))));

    private sealed class Probe : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
