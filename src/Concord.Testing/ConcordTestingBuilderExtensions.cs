using Concord;
using Concord.Hosting;
using Concord.Testing;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses the engine in memory, for tests.</summary>
public static class ConcordTestingBuilderExtensions
{
    /// <summary>
    /// This container is a process of a test host of its own. The test gets at it with
    /// <c>GetRequiredService&lt;ConcordTestHost&gt;()</c> (of a keyed Concord:
    /// <c>GetRequiredKeyedService&lt;ConcordTestHost&gt;(key)</c>), to move the time and to play faults; it ends with
    /// the container.
    /// </summary>
    /// <param name="builder">The builder. An engine that was chosen before gives way to this one, so that a test may
    /// take over the services of an application as they are.</param>
    /// <returns>The builder.</returns>
    /// <remarks>
    /// The container's <see cref="TimeProvider"/> becomes the clock of this process, unless it is another than
    /// <see cref="TimeProvider.System"/>: it moves when the test moves the time, and stands still while the process is
    /// paused. For <see cref="ConcordTestHost.Pause"/> and the others the process is the container's
    /// <see cref="IConcord"/>, from the start of the host, or the first call, on.
    /// </remarks>
    /// <example><code>
    /// builder.Services.AddConcord().UseInMemory();
    /// using IHost app = builder.Build();
    /// await app.StartAsync();
    /// app.Services.GetRequiredService&lt;ConcordTestHost&gt;().Advance(TimeSpan.FromMinutes(10));
    /// </code></example>
    public static IConcordBuilder UseInMemory(this IConcordBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return Use(builder, ServiceDescriptor.DescribeKeyed(
            typeof(ConcordTestHost),
            builder.ServiceKey(),
            static (_, _) => ConcordTestHost.Start(ConcordTestHost.AllGuarantees),
            ServiceLifetime.Singleton));
    }

    /// <summary>
    /// This container is a process of the given test host, beside others: two containers on one test host are two
    /// processes of one cluster.
    /// </summary>
    /// <param name="builder">The builder. An engine that was chosen before gives way to this one, so that a test may
    /// take over the services of an application as they are.</param>
    /// <param name="host">The test host; it outlives the container.</param>
    /// <returns>The builder.</returns>
    /// <inheritdoc cref="UseInMemory(IConcordBuilder)" path="/remarks"/>
    public static IConcordBuilder UseInMemory(this IConcordBuilder builder, ConcordTestHost host)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(host);
        return Use(builder, new ServiceDescriptor(typeof(ConcordTestHost), builder.ServiceKey(), host));
    }

    private static IConcordBuilder Use(IConcordBuilder builder, ServiceDescriptor host)
    {
        string name = builder.Name;
        object? key = host.ServiceKey;
        builder.Services.Add(host);
        builder.Services.Add(ServiceDescriptor.DescribeKeyed(
            typeof(ContainerProcess),
            key,
            (provider, _) => new ContainerProcess(Of<ConcordTestHost>(provider, key), provider, name),
            ServiceLifetime.Singleton));
        if (IsSystemTime(builder.Services.LastOrDefault(static service =>
            service.ServiceType == typeof(TimeProvider) && !service.IsKeyedService)))
        {
            builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(
                provider => Of<ContainerProcess>(provider, key).Clock));
        }

        builder.ReplaceEngine(new(
            nameof(UseInMemory),
            static (services, _) => services.GetRequiredService<ContainerProcess>().StartAsync(services))
        {
            Time = static services => services.GetRequiredService<ContainerProcess>().Clock,
        });
        return builder;
    }

    private static T Of<T>(IServiceProvider provider, object? key)
        where T : class =>
        key is null ? provider.GetRequiredService<T>() : provider.GetRequiredKeyedService<T>(key);

    private static bool IsSystemTime(ServiceDescriptor? service) =>
        service?.ImplementationInstance is TimeProvider time && time == TimeProvider.System;
}
