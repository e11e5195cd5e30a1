using Concord.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Cluster;

/// <summary>What <c>AddConcord</c> alone means in Development. Found by its name: see
/// <see cref="DevelopmentEngine.Find"/>.</summary>
internal sealed class SingleNodeForDevelopment : DevelopmentEngine
{
    public override EngineRegistration Create(string dataDirectory) =>
        ConcordClusterBuilderExtensions.SingleNode(dataDirectory, configure: null);
}
