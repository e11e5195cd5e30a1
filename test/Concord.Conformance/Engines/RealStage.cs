using System.Globalization;
using Concord.Client.Connections;
using Concord.Engines;
using Concord.Hosting;
using Concord.Operations.Holds;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Conformance.Engines;

/// <summary>How a process reaches an engine.</summary>
/// <param name="Addresses">Of the nodes that it knows.</param>
/// <param name="Dialer">Reaches them.</param>
internal sealed record Door(IReadOnlyList<string> Addresses, IDialer Dialer);

/// <summary>Processes at nodes that run on the machine's clock, disk and network.</summary>
internal sealed class RealStage(Func<Task<Door>> nextDoor) : FaultyStage
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(10);
    private static int s_stages;

    private readonly string _namespace =
        string.Create(CultureInfo.InvariantCulture, $"case-{Interlocked.Increment(ref s_stages)}");

    private readonly Lock _lock = new();
    private readonly Dictionary<IConcord, (IConcordHost Host, Line Line)> _processes = [];

    public override TimeProvider Time => TimeProvider.System;

    public override async Task<IConcord> ConnectAsync(
        string processName = "process", Action<IConcordBuilder>? configure = null)
    {
        Door door = await nextDoor();
        var line = new Line(door.Dialer);
        IConcordHost host = await ConcordHost.StartAsync(builder =>
        {
            builder.Services.Configure<ConcordOptions>(options =>
            {
                options.Namespace = _namespace;
                options.ProcessName = processName;
                options.OperationTimeout = TimeSpan.FromSeconds(60);
                options.SessionTimeout = TimeSpan.FromSeconds(30);
            });
            configure?.Invoke(builder);
            builder.AddEngine(new("a stage", (provider, _) => Task.FromResult(new EngineStart(
                ClientEngine.Create(provider, door.Addresses, line), new TaskCompletionSource<string?>().Task))));
        });
        lock (_lock)
        {
            _processes.Add(host.Concord, (host, line));
        }

        return host.Concord;
    }

    public override async Task LeaveAsync(IConcord process) => await Of(process).Host.DisposeAsync();

    public override void CutOff(IConcord process) => Of(process).Line.Cut();

    public override void Reconnect(IConcord process) => Of(process).Line.Mend();

    public override void LoseReplies(IConcord process, bool applied)
    {
        Line line = Of(process).Line;
        line.LosesWhatIsReceived = true;
        line.LosesWhatIsSent = !applied;
    }

    public override async Task ForceReleaseLockAsync(IConcord process, string name)
    {
        byte[] root = RecordKey.Named(RecordKind.Lock, _namespace, name);
        await ((Concord.Primitives.ConcordClient)process).Engine.ExecuteAsync(
            new(RecordKey.SlotOf(root), OperationCode.ForceRelease, ForceRelease.Arguments(root, 0), null), default);
    }

    public override async ValueTask DisposeAsync()
    {
        (IConcordHost Host, Line Line)[] processes;
        lock (_lock)
        {
            processes = [.. _processes.Values];
        }

        await Task.WhenAll(processes.Select(static process => process.Host.DisposeAsync().AsTask()));
    }

    protected override Task TurnAsync(Task? task = null) => MomentAsync(s_moment, task);

    private (IConcordHost Host, Line Line) Of(IConcord process)
    {
        lock (_lock)
        {
            return _processes[process];
        }
    }
}
