using Concord.Engines;
using Concord.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Concord.Testing;

/// <summary>The process that a container is: its clock is there from the beginning, for whatever the container makes,
/// and its session from the start of its Concord on.</summary>
internal sealed class ContainerProcess(ConcordTestHost host, IServiceProvider provider, string name)
{
    public ProcessClock Clock { get; } = host.NewClock();

    public Task<EngineStart> StartAsync(IServiceProvider services)
    {
        ConcordRuntime runtime = provider.GetRequiredKeyedService<ConcordRuntime>(name);
        ConcordOptions options = services.GetRequiredService<IOptions<ConcordOptions>>().Value;
        TestProcess process = host.Start(runtime.Concord, Clock, options);

        // A process that is told to stop runs. One that stands still could not stop, and its host would wait for ever.
        runtime.Stopping.UnsafeRegister(static stopping => ((TestProcess)stopping!).Resume(), process);
        return Task.FromResult(new EngineStart(process.Engine, new TaskCompletionSource<string?>().Task));
    }
}
