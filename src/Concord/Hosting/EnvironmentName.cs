using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Concord.Hosting;

/// <summary>In which environment a process runs: the host says, or the variables that hosts read.</summary>
internal static class EnvironmentName
{
    /// <summary>Null when nobody has said.</summary>
    public static string? Of(IServiceProvider provider) =>
        provider.GetService<IHostEnvironment>()?.EnvironmentName
        ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT")
        ?? Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT");

    public static bool IsDevelopment(IServiceProvider provider) => Is(provider, Environments.Development);

    public static bool IsProduction(IServiceProvider provider) => Is(provider, Environments.Production);

    private static bool Is(IServiceProvider provider, string name) =>
        string.Equals(Of(provider), name, StringComparison.OrdinalIgnoreCase);
}
