using Concord.Engines;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Concord.Hosting;

/// <summary>Ready: the engine answers a linearizable read, and the session is not in danger.</summary>
internal sealed class ConcordHealthCheck(ConcordRuntime runtime) : IHealthCheck
{
    /// <summary>Nobody's: only to see whether somebody answers. The names of others cannot meet it.</summary>
    private const string ProbeName = "concord/health";

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (runtime.Stopped is { IsCompleted: true } stopped)
        {
            string? reason = await stopped.ConfigureAwait(false);
            return new(context.Registration.FailureStatus, reason ?? "Concord has been stopped.");
        }

        try
        {
            byte[] key = RecordKey.Named(RecordKind.Counter, runtime.Client.Namespace, ProbeName);
            await runtime.Client.ReadAsync("health.check", ProbeName, key, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException
            && !cancellationToken.IsCancellationRequested)
        {
            return new(context.Registration.FailureStatus, exception.Message, exception);
        }

        IConcordSession session = runtime.Concord.Session;
        return session.State switch
        {
            SessionState.Connecting =>
                HealthCheckResult.Healthy("The engine answers; nothing has needed a session yet."),
            SessionState.Healthy =>
                HealthCheckResult.Healthy($"The engine answers; session {session.Id} is Healthy."),
            var state => HealthCheckResult.Degraded($"The engine answers, but session {session.Id} is {state}."),
        };
    }
}
