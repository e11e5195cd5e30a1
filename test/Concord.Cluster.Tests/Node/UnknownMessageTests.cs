using Concord.Client.Wire;
using Concord.Cluster.Node;

namespace Concord.Cluster.Tests.Node;

public abstract class UnknownMessageTests(string protocol)
{
    private const WireKind Unknown = (WireKind)99;

    [Theory]
    [InlineData(1)] // a client
    [InlineData(2)] // a node
    public void A_message_of_an_unknown_kind_closes_its_connection(byte role)
    {
        using var cluster = new TestCluster(protocol, 3, 1);
        cluster.AwaitLeaders();
        NodeConnection connection = cluster[1].Core.Accepted();
        connection.Transport = (Action<byte[]>)(static _ => { });
        var hello = new Hello((HelloRole)role, (HelloRole)role == HelloRole.Peer ? cluster.Layout.ClusterId : default,
            2, 2, 1);
        cluster[1].Core.Receive(connection, TestCluster.BodyOf(frames => hello.Write(frames, WireKind.Hello)));
        cluster.Pump();
        Assert.Null(connection.CloseReason);

        // Request 1 on shard 0, as far as anybody wants to know.
        cluster[1].Core.Receive(connection, TestCluster.BodyOf(frames =>
        {
            frames.Begin(Unknown).WriteRaw([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            frames.End();
        }));

        Assert.Contains("message 99", connection.CloseReason, StringComparison.Ordinal);
    }
}

public sealed class UnknownMessageTestsOnRaft() : UnknownMessageTests("raft");

public sealed class UnknownMessageTestsOnPaxos() : UnknownMessageTests("paxos");
