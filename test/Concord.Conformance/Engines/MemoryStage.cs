using Concord.Engines;
using Concord.Operations.Holds;
using Concord.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Conformance.Engines;

/// <summary>A stage is a test host of its own: starting one costs nothing, and each case has its own time.</summary>
public sealed class MemoryEngine : FaultyEngine
{
    public override async Task<FaultyStage> OpenFaultyAsync() => new MemoryStage(await ConcordTestHost.StartAsync());

    private sealed class MemoryStage(ConcordTestHost host) : FaultyStage
    {
        /// <summary>Time runs ten times as fast as the machine's, and not faster: code that is awaited on the pool
        /// takes part.</summary>
        private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(20);
        private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(2);

        private readonly Lock _lock = new();
        private readonly Dictionary<IConcord, (IConcordHost Host, TestProcess Process)> _processes = [];

        public override TimeProvider Time => host.TimeProvider;

        public override async Task<IConcord> ConnectAsync(
            string processName = "process", Action<IConcordBuilder>? configure = null)
        {
            IConcordHost started = await SoonAsync(ConcordHost.StartAsync(builder =>
            {
                builder.Services.Configure<ConcordOptions>(options => options.ProcessName = processName);
                configure?.Invoke(builder);
                builder.UseInMemory(host);
            }));
            lock (_lock)
            {
                _processes.Add(started.Concord, (started, host.Of(started.Concord)));
            }

            return started.Concord;
        }

        public override Task LeaveAsync(IConcord process) => SoonAsync(Of(process).Host.DisposeAsync());

        /// <summary>It does not run either: to the others that is the same.</summary>
        public override void CutOff(IConcord process) => Of(process).Process.SetReachable(false);

        public override void Reconnect(IConcord process) => Of(process).Process.SetReachable(true);

        public override void LoseReplies(IConcord process, bool applied) =>
            Of(process).Process.Faults.LoseNext(applied);

        public override async Task ForceReleaseLockAsync(IConcord process, string name)
        {
            byte[] root = RecordKey.Named(RecordKind.Lock, "", name);
            await Of(process).Process.Engine.ExecuteAsync(
                new(RecordKey.SlotOf(root), OperationCode.ForceRelease, ForceRelease.Arguments(root, 0), null),
                default);
        }

        public override async ValueTask DisposeAsync()
        {
            (IConcordHost Host, TestProcess Process)[] processes;
            lock (_lock)
            {
                processes = [.. _processes.Values];
            }

            foreach ((IConcordHost running, TestProcess process) in processes)
            {
                process.SetReachable(true);
                await SoonAsync(running.DisposeAsync());
            }

            await host.DisposeAsync();
        }

        protected override async Task TurnAsync(Task? task = null)
        {
            host.Advance(s_step);

            // What became due goes on by itself on the pool: time must not run away from it, however busy that is.
            for (int i = 0; i < 3; i++)
            {
                var reached = new TaskCompletionSource();
                ThreadPool.UnsafeQueueUserWorkItem(static turn => turn.SetResult(), reached, preferLocal: false);
                await reached.Task;
            }

            await MomentAsync(s_moment, task);
        }

        private (IConcordHost Host, TestProcess Process) Of(IConcord process)
        {
            lock (_lock)
            {
                return _processes[process];
            }
        }
    }
}
