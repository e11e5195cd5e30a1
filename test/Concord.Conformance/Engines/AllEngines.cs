using Concord.Conformance.Engines;
using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(SingleNode))]
[assembly: AssemblyFixture(typeof(ThreeNodesRaft))]
[assembly: AssemblyFixture(typeof(ThreeNodesPaxos))]
[assembly: AssemblyFixture(typeof(PureClient))]
[assembly: AssemblyFixture(typeof(MemoryEngine))]

// Cases wait more than they compute; more at once than there are cores.
[assembly: CollectionBehavior(MaxParallelThreads = 8)]

namespace Concord.Conformance.Engines;

/// <summary>An embedded node, alone.</summary>
public sealed class SingleNode : NodesOfRun
{
    protected override Task<Nodes> StartAsync() => Nodes.SingleAsync();
}

/// <summary>Three members, three shards, Raft.</summary>
public sealed class ThreeNodesRaft : NodesOfRun
{
    protected override Task<Nodes> StartAsync() => Nodes.ClusterAsync(null, 3, embedded: true);
}

/// <summary>Three members, three shards, Multi-Paxos.</summary>
public sealed class ThreeNodesPaxos : NodesOfRun
{
    protected override Task<Nodes> StartAsync() => Nodes.ClusterAsync(Protocols.Paxos, 3, embedded: true);
}

/// <summary>A client without a node of its own.</summary>
public sealed class PureClient : NodesOfRun
{
    protected override Task<Nodes> StartAsync() => Nodes.ClusterAsync(null, 1, embedded: false);
}

/// <summary>Nodes that one class of cases has for itself, to stop and start them. Processes are clients, which outlive
/// them.</summary>
public abstract class OwnNodes : IAsyncLifetime
{
    public Nodes Nodes { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Nodes = await StartAsync();

    public ValueTask DisposeAsync() => Nodes.DisposeAsync();

    protected abstract Task<Nodes> StartAsync();
}

/// <summary>Three members, Raft.</summary>
public sealed class OwnRaft : OwnNodes
{
    protected override Task<Nodes> StartAsync() => Nodes.ClusterAsync(null, 3, embedded: false);
}

/// <summary>Three members, Multi-Paxos.</summary>
public sealed class OwnPaxos : OwnNodes
{
    protected override Task<Nodes> StartAsync() => Nodes.ClusterAsync(Protocols.Paxos, 3, embedded: false);
}

/// <summary>One node.</summary>
public sealed class OwnNode : OwnNodes
{
    protected override Task<Nodes> StartAsync() => Nodes.ClusterAsync(null, 1, embedded: false);
}

/// <summary>Protocols, as an application chooses them.</summary>
internal static class Protocols
{
#pragma warning disable CNC9001 // This is the one who tries it.
    public static void Paxos(IConcordBuilder builder) => builder.UseMultiPaxos();
#pragma warning restore CNC9001
}
