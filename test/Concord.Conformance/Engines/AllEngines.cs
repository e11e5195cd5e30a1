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
public sealed class SingleNode : SharedEngine
{
    protected override Task<FaultyEngine> StartAsync() => Nodes.SingleAsync();
}

/// <summary>Three members, three shards, Raft.</summary>
public sealed class ThreeNodesRaft : SharedEngine
{
    protected override Task<FaultyEngine> StartAsync() => Nodes.ClusterAsync(null, 3, embedded: true);
}

/// <summary>Three members, three shards, Multi-Paxos.</summary>
public sealed class ThreeNodesPaxos : SharedEngine
{
    protected override Task<FaultyEngine> StartAsync() => Nodes.ClusterAsync(Protocols.Paxos, 3, embedded: true);
}

/// <summary>A client without a node of its own.</summary>
public sealed class PureClient : SharedEngine
{
    protected override Task<FaultyEngine> StartAsync() => Nodes.ClusterAsync(null, 1, embedded: false);
}

/// <summary>Protocols, as an application chooses them.</summary>
internal static class Protocols
{
#pragma warning disable CNC9001 // This is the one who tries it.
    public static void Paxos(IConcordBuilder builder) => builder.UseMultiPaxos();
#pragma warning restore CNC9001
}
