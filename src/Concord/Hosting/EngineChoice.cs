using Concord.Engines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Concord.Hosting;

/// <summary>Which engine a Concord gets: exactly one was chosen, or in the Development environment none.</summary>
internal static class EngineChoice
{
    /// <summary>The folder of the node that is there in Development without being asked for.</summary>
    public const string DevelopmentFolder = ".concord";

    private const string Choices = "Call exactly one of UseSingleNode (one durable node in a folder of this machine), "
        + "UseCluster (this process is a member of a replicated cluster) "
        + "and UseServer (a cluster that runs elsewhere); in tests UseInMemory, of the package Concord.Testing.";

    /// <exception cref="InvalidOperationException">None or several.</exception>
    public static EngineRegistration Of(IServiceProvider provider, string name, ILogger logger)
    {
        EngineRegistration[] chosen = provider.Parts<EngineRegistration>(name);
        return chosen.Length switch
        {
            1 => chosen[0],
            0 => Default(provider, name, logger) ?? throw new InvalidOperationException(
                $"No engine was chosen{For(name)}. {Choices} Only in the Development environment of a host, and with "
                + "the package Concord.Cluster, there is one without being asked for."),
            _ => throw new InvalidOperationException(
                $"{chosen.Length} engines were chosen{For(name)}: "
                + $"{string.Join(", ", chosen.Select(one => one.Name))}. {Choices}"),
        };
    }

    private static string For(string name) => name.Length == 0 ? "" : $" for '{name}'";

    /// <summary>Only where the host itself says that this is Development: two processes with a node each would each
    /// hold their own truth, and nobody would have chosen that.</summary>
    private static EngineRegistration? Default(IServiceProvider provider, string name, ILogger logger)
    {
        if (name.Length > 0
            || provider.GetService<IHostEnvironment>() is not { } environment
            || !environment.IsDevelopment())
        {
            return null;
        }

        if (DevelopmentEngine.Find() is not { } engine)
        {
            return null;
        }

        string folder = Path.Combine(environment.ContentRootPath, DevelopmentFolder);
        HostingLog.DevelopmentNode(logger, folder);
        return engine.Create(folder);
    }
}
