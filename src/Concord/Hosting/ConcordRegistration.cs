using Concord.Engines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Concord.Hosting;

/// <summary>Puts a Concord into services: the only one, or one of several with a key each.</summary>
internal static class ConcordRegistration
{
    public static IConcordBuilder Add(IServiceCollection services, string name, Action<ConcordOptions>? configure)
    {
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<ConcordOptions>, ConcordOptionsValidator>());
        OptionsBuilder<ConcordOptions> options = services.AddOptions<ConcordOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        // A second AddConcord adds to the first: a library may bring its own workers without asking who was before.
        if (!services.Any(service => service.ServiceType == typeof(ConcordRuntime) && name.Equals(service.ServiceKey)))
        {
            services.AddKeyedSingleton(name, (provider, _) => new ConcordRuntime(provider, name));
            services.AddSingleton<IHostedService>(
                provider => new ConcordService(provider.GetRequiredKeyedService<ConcordRuntime>(name)));
            if (name.Length == 0)
            {
                services.AddSingleton(provider => provider.GetRequiredKeyedService<ConcordRuntime>(name).Concord);
            }
            else
            {
                services.AddKeyedSingleton(
                    name, (provider, _) => provider.GetRequiredKeyedService<ConcordRuntime>(name).Concord);
            }
        }

        return new ConcordBuilder(name, services);
    }

    /// <summary>Chooses the engine of this builder's Concord.</summary>
    public static void AddEngine(this IConcordBuilder builder, EngineRegistration registration) =>
        builder.AddPart(registration);

    /// <summary>The same, in the place of whatever was chosen before.</summary>
    public static void ReplaceEngine(this IConcordBuilder builder, EngineRegistration registration)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.RemoveAllKeyed<EngineRegistration>(builder.ServiceKey());
        builder.AddEngine(registration);
    }

    /// <summary>Under which key the services of this builder's Concord lie; null for the one without.</summary>
    public static string? ServiceKey(this IConcordBuilder builder) => builder.Name.Length == 0 ? null : builder.Name;

    /// <summary>A part of this builder's Concord; <see cref="Parts"/> finds all of a kind.</summary>
    public static void AddPart<T>(this IConcordBuilder builder, T part)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.Name.Length == 0)
        {
            builder.Services.AddSingleton(part);
        }
        else
        {
            builder.Services.AddKeyedSingleton(builder.Name, part);
        }
    }

    public static T[] Parts<T>(this IServiceProvider provider, string name)
        where T : class =>
        [.. name.Length == 0 ? provider.GetServices<T>() : provider.GetKeyedServices<T>(name)];
}
