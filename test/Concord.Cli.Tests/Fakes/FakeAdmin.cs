using System.Runtime.CompilerServices;
using Concord.Client.Administration;

namespace Concord.Cli.Tests.Fakes;

/// <summary>Nodes that say what the test tells them to.</summary>
internal sealed class FakeAdmin(FakeConcord? concord = null) : IClusterAdmin
{
    /// <summary>By address; a node that is not here does not answer.</summary>
    public Dictionary<string, NodeStatus> Nodes { get; } = new(StringComparer.Ordinal);

    public Task<NodeStatus> StatusAsync(string address, bool verifyDigests, CancellationToken cancellationToken) =>
        Nodes.TryGetValue(address, out NodeStatus? status)
            ? Task.FromResult(status)
            : Task.FromException<NodeStatus>(new EngineUnavailableException($"{address} does not answer."));

    /// <summary>What every node knows of the members, each time that it is asked; the last one stays.</summary>
    public Queue<MembersView> Views { get; } = new();

    /// <summary>Decides about changes.</summary>
    public Func<MembersRequest, MembersAnswer> Changed { get; set; } =
        static request => throw new MembersRefusedException($"No {request.Action}.");

    public Task<MembersView> MembersAsync(string address, CancellationToken cancellationToken) =>
        Views.Count == 0
            ? Task.FromException<MembersView>(new EngineUnavailableException($"{address} does not answer."))
            : Task.FromResult(Views.Count > 1 ? Views.Dequeue() : Views.Peek());

    public Task<MembersAnswer> ChangeMembersAsync(
        IReadOnlyList<string> addresses, MembersRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(Changed(request));

    public async IAsyncEnumerable<ScannedRecord> ScanAsync(
        IReadOnlyList<string> addresses,
        string @namespace,
        string namePrefix,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        foreach ((string name, (byte[] bytes, long revision)) in concord!.Values)
        {
            if (name.StartsWith(namePrefix, StringComparison.Ordinal))
            {
                yield return new ScannedRecord
                {
                    Kind = ScannedRecord.ValueKind,
                    Name = name,
                    Value = bytes,
                    Revision = revision,
                };
            }
        }
    }

    public static NodeStatus Node(int node, params ShardStatus[] shards) => new()
    {
        Node = node,
        Address = $"127.0.0.1:{5000 + node}",
        ClusterId = "c",
        Version = "0.1.0",
        Level = 1,
        LogBytes = 0,
        Syncs = 0,
        CpuSeconds = 0,
        Shards = shards,
    };

    public static ShardStatus Shard(
        int shard, string role =
            "Follower", long term = 1, long applied = 10, string digest = "aa", int inDoubt = 0) => new()
        {
            Shard = shard,
            Role = role,
            Term = term,
            Leader = 0,
            LastIndex = applied,
            DurableIndex = applied,
            CommitIndex = applied,
            AppliedIndex = applied,
            Records = 1,
            StateBytes = 1,
            Digest = digest,
            InDoubt = inDoubt,
            Sessions = 0,
        };
}
