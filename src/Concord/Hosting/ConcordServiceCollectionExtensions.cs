using Concord;
using Concord.Hosting;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers Concord. Outside the Development environment no engine is chosen for you: call exactly one Use…
/// method.</summary>
public static class ConcordServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="IConcord"/>, which starts with the host, or with its first call where there is none.
    /// Without a Use… method it is a single node in the folder <c>.concord</c> in the Development environment, if the
    /// package Concord.Cluster is there; elsewhere start-up fails and lists the choices.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options; they are checked at start.</param>
    /// <returns>The builder, to choose the engine with.</returns>
    public static IConcordBuilder AddConcord(
        this IServiceCollection services, Action<ConcordOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return ConcordRegistration.Add(services, Options.Options.DefaultName, configure);
    }

    /// <summary>The same, with options from a section: <c>Namespace</c>, <c>ProcessName</c>, <c>SessionTimeout</c> and
    /// <c>OperationTimeout</c> (as in <c>00:00:10</c>).</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The section; what is not there keeps its default.</param>
    /// <returns>The builder, to choose the engine with.</returns>
    public static IConcordBuilder AddConcord(this IServiceCollection services, IConfigurationSection configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        return ConcordRegistration.Add(
            services, Options.Options.DefaultName, options => OptionsSection.Read(configuration, options));
    }

    /// <summary>One more Concord in the same process, with an engine of its own:
    /// <c>[FromKeyedServices("audit")] IConcord</c>. The key also names its options.</summary>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key.</param>
    /// <param name="configure">Sets the options; they are checked at start.</param>
    /// <returns>The builder, to choose the engine with.</returns>
    public static IConcordBuilder AddKeyedConcord(
        this IServiceCollection services, string serviceKey, Action<ConcordOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        return ConcordRegistration.Add(services, serviceKey, configure);
    }
}
