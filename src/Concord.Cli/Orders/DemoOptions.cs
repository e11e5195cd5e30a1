using Concord.Cluster.Node;

namespace Concord.Cli.Orders;

/// <summary>What <c>demo orders</c> was asked for.</summary>
internal sealed record DemoOptions
{
    public required string OrdersPath { get; init; }

    public required string InitialPath { get; init; }

    public required int Nodes { get; init; }

    public required int Shards { get; init; }

    /// <summary>How the nodes agree.</summary>
    public required ReplicaProtocol Protocol { get; init; }

    public required int Clients { get; init; }

    public required bool NoFaults { get; init; }

    /// <summary>Kept at the end; null for a temporary folder.</summary>
    public string? DataDirectory { get; init; }

    public string? JsonPath { get; init; }

    public string? DumpPath { get; init; }

    /// <summary>A minority must be able to go without the others losing their majority.</summary>
    public bool InjectsFaults => !NoFaults && Nodes >= 3;
}
