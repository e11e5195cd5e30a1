using Microsoft.Extensions.DependencyInjection;

namespace Concord.Cluster.Tests.Runtime;

/// <summary>Chooses a protocol as an application does.</summary>
internal static class ProtocolChoice
{
    /// <param name="builder">The builder.</param>
    /// <param name="protocol">By the name that it has on the command line.</param>
    public static IConcordBuilder AgreeBy(this IConcordBuilder builder, string protocol) => protocol switch
    {
        "raft" => builder,
#pragma warning disable CNC9001 // This is the one who tries it.
        "paxos" => builder.UseMultiPaxos(),
#pragma warning restore CNC9001
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "There is no such protocol."),
    };
}
