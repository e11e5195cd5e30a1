using System.Text.Json;
using Concord.Client.Administration;
using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Engines;

namespace Concord.Cluster.Tests.Node;

/// <summary>What tests ask of a cluster about its members.</summary>
internal static class MemberRequests
{
    public static TestReply Ask(this TestCluster cluster, int node, MembersRequest request) =>
        cluster.AwaitReply(cluster.SendMembers(node, request));

    public static ulong SendMembers(this TestCluster cluster, int node, MembersRequest request) =>
        cluster.Send(node, WireKind.MembersRequest, writer => writer.WriteRaw(
            JsonSerializer.SerializeToUtf8Bytes(request, AdministrationJson.Default.MembersRequest)));

    public static MembersView View(this TestCluster cluster, int node) => JsonSerializer.Deserialize(
        cluster.Ask(node, new() { Action = MembersRequest.View }).Payload, AdministrationJson.Default.MembersView)!;

    /// <summary>Asks the leader of shard 0, as an administrator does, until it has decided.</summary>
    public static TestReply AskLeader(this TestCluster cluster, MembersRequest request, uint shard = 0)
    {
        TestReply? reply = null;
        cluster.Await(
            () =>
            {
                if (cluster.LeaderOf(shard) is not 0 and var leader)
                {
                    reply = cluster.Ask(leader, request);
                }

                return reply?.Status == ReplyStatus.Answered;
            },
            "a leader decided");
        return reply!;
    }

    public static MembersAnswer Change(this TestCluster cluster, MembersRequest request)
    {
        TestReply reply = cluster.AskLeader(request);
        Assert.True(reply.Answer == AnswerStatus.Done, System.Text.Encoding.UTF8.GetString(reply.Payload));
        return JsonSerializer.Deserialize(reply.Payload, AdministrationJson.Default.MembersAnswer)!;
    }

    public static string Refusal(this TestCluster cluster, MembersRequest request, uint shard = 0)
    {
        TestReply reply = cluster.AskLeader(request, shard);
        Assert.Equal(AnswerStatus.Refused, reply.Answer);
        return System.Text.Encoding.UTF8.GetString(reply.Payload);
    }

    public static int Add(this TestCluster cluster, string address) =>
        cluster.Change(new() { Action = MembersRequest.Add, Address = address }).Node;

    public static MembersAnswer Remove(this TestCluster cluster, int node) =>
        cluster.Change(new() { Action = MembersRequest.Remove, Node = node });

    public static int Replace(this TestCluster cluster, int node, string address) =>
        cluster.Change(new() { Action = MembersRequest.Replace, Node = node, Address = address }).Node;

    /// <summary>Starts a node that was added: it asks who it is, as one with an empty folder does.</summary>
    public static void Join(this TestCluster cluster, string address)
    {
        MembersAnswer answer = cluster.Change(new() { Action = MembersRequest.Join, Address = address });
        cluster.Start(answer.Node, ClusterLayout.DecodeDescription(answer.Description).Directory);
    }

    public static void AwaitSettled(this TestCluster cluster, params int[] voters) => cluster.Await(
        () => cluster.LeaderOf(0) is not 0 and var leader && cluster.View(leader).Shards.All(
            shard => shard.IsSettled && (voters.Length == 0 || shard.Voters.SequenceEqual(voters))),
        $"every shard is where it shall be: {string.Join(' ', voters)}");

    public static string StateOf(this TestCluster cluster, int node) =>
        cluster.LeaderOf(0) is not 0 and var leader ? cluster.View(leader).Nodes[node - 1].State : "";

    /// <summary>Waits until the cluster may change its members: all builds are known, and all folders.</summary>
    public static void AwaitChangeable(this TestCluster cluster)
    {
        cluster.OpenSessions();
        cluster.Await(
            () => cluster.Alive.All(node => node.Core.Directory.Entries.All(static entry => entry.Incarnation != 0)),
            "the folders of all nodes are known to all");
    }
}
