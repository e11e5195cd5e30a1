namespace Concord.Engines;

/// <summary>
/// The engine that Development gets without being asked for one. It lives in a package above this one, so it is looked
/// for by its name, which the trimmer understands: it keeps the type where the package is there.
/// </summary>
internal abstract class DevelopmentEngine
{
    /// <summary>How to start a single node in a folder.</summary>
    public abstract EngineRegistration Create(string dataDirectory);

    /// <summary>Null when the application does not have the package.</summary>
    public static DevelopmentEngine? Find() =>
        Type.GetType("Concord.Cluster.SingleNodeForDevelopment, Concord.Cluster", throwOnError: false) is { } type
            ? (DevelopmentEngine?)Activator.CreateInstance(type)
            : null;
}
