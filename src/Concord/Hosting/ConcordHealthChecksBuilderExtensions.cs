using Concord.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Whether Concord is ready.</summary>
public static class ConcordHealthChecksBuilderExtensions
{
    /// <summary>Ready: the engine answers a linearizable read and the session is not in danger. Never tag it "live":
    /// restarting a process does not mend a quorum.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="serviceKey">Which Concord; null for the one of <c>AddConcord</c>.</param>
    /// <returns>The health checks.</returns>
    public static IHealthChecksBuilder AddConcord(
        this IHealthChecksBuilder builder,
        string name = "concord",
        IEnumerable<string>? tags = null,
        string? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name,
            provider => new ConcordHealthCheck(provider.GetRequiredKeyedService<ConcordRuntime>(serviceKey ?? "")),
            failureStatus: null,
            tags));
    }
}
