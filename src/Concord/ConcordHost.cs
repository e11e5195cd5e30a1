using Concord.Engines;
using Concord.Primitives;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Concord;

/// <summary>Without dependency injection: console programs, scripts, other containers.</summary>
public static class ConcordHost
{
    /// <summary>Starts the engine that <paramref name="configure"/> chooses, and returns when it answers.</summary>
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
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<ConcordOptions>();
        services.AddSingleton<IValidateOptions<ConcordOptions>, ConcordOptionsValidator>();
        configure(new ConcordBuilder(Options.DefaultName, services));
        ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            EngineRegistration registration = TheOnly([.. provider.GetServices<EngineRegistration>()]);
            ConcordOptions options = provider.GetRequiredService<IOptions<ConcordOptions>>().Value;
            ILogger logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger("Concord");
            EngineStart start = await registration.Start(provider, cancellationToken).ConfigureAwait(false);
            Log.Started(logger, registration.Name);
            var client = new ConcordClient(start.Engine, options, provider.GetRequiredService<TimeProvider>(), logger);
            return new RunningHost(client, start, provider, logger);
        }
        catch
        {
            await provider.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static EngineRegistration TheOnly(EngineRegistration[] registrations)
    {
        const string choices = "Call exactly one of UseSingleNode (one durable node in a folder of this machine), "
            + "UseCluster (this process is a member of a replicated cluster) "
            + "and UseServer (a cluster that runs elsewhere).";
        return registrations.Length switch
        {
            1 => registrations[0],
            0 => throw new InvalidOperationException($"No engine was chosen. {choices}"),
            _ => throw new InvalidOperationException(
                $"{registrations.Length} engines were chosen: "
                + $"{string.Join(", ", registrations.Select(one => one.Name))}. {choices}"),
        };
    }
}
