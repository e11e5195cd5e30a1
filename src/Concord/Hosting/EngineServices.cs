using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Concord.Hosting;

/// <summary>The services as the engine of one Concord sees them: its own options and parts, and what all
/// share.</summary>
internal sealed class EngineServices(IServiceProvider provider, string name, ConcordOptions options) : IServiceProvider
{
    private readonly IOptions<ConcordOptions> _options = Options.Create(options);

    public object? GetService(Type serviceType)
    {
        if (serviceType == typeof(IOptions<ConcordOptions>))
        {
            return _options;
        }

        object? own = name.Length > 0 && provider is IKeyedServiceProvider keyed
            ? keyed.GetKeyedService(serviceType, name)
            : null;
        return own ?? provider.GetService(serviceType);
    }
}
