using Concord.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Concord;

/// <summary>Without dependency injection: console programs, scripts, other containers.</summary>
public static class ConcordHost
{
    /// <summary>Starts the engine that <paramref name="configure"/> chooses, and then the workers and handlers that it
    /// adds.</summary>
    /// <param name="configure">Chooses exactly one engine with a Use… method, and sets options and logging in the
    /// builder's services.</param>
    /// <param name="cancellationToken">Gives up starting; what was started is stopped again.</param>
    /// <exception cref="InvalidOperationException">No engine was chosen, or more than one.</exception>
    /// <exception cref="OptionsValidationException">An option is out of its bounds; the message says which.</exception>
    /// <exception cref="EngineStoppedException">The engine could not start; the message says what to do.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    /// <example><code>
    /// await using IConcordHost host = await ConcordHost.StartAsync(builder => builder.UseSingleNode("data"));
    /// long left = await host.Concord.GetCounter("stock").AddAsync(-1);
    /// </code></example>
    public static async Task<IConcordHost> StartAsync(
        Action<IConcordBuilder> configure, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        cancellationToken.ThrowIfCancellationRequested();
        var services = new ServiceCollection();
        configure(ConcordRegistration.Add(services, Options.DefaultName, configure: null));
        ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            ConcordRuntime runtime = provider.GetRequiredKeyedService<ConcordRuntime>(Options.DefaultName);
            var host = new RunningHost(runtime, provider);
            await host.StartAsync(cancellationToken).ConfigureAwait(false);
            return host;
        }
        catch
        {
            await provider.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
