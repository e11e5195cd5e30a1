using Microsoft.Extensions.DependencyInjection;

namespace Concord;

/// <summary>As IHttpClientBuilder: engines and features are extension methods over this.</summary>
public interface IConcordBuilder
{
    /// <summary>The name of its options; empty for the only one.</summary>
    string Name { get; }

    /// <summary>Where options, logging (<c>AddLogging</c>) and the engine are registered.</summary>
    IServiceCollection Services { get; }
}

/// <summary>The builder of <see cref="ConcordHost"/>.</summary>
internal sealed class ConcordBuilder(string name, IServiceCollection services) : IConcordBuilder
{
    public string Name { get; } = name;

    public IServiceCollection Services { get; } = services;
}
