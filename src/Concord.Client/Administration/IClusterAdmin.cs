namespace Concord.Client.Administration;

/// <summary>What an administrator may ask of a cluster.</summary>
internal interface IClusterAdmin
{
    /// <summary>Asks one node about itself. Throws <see cref="EngineUnavailableException"/> when it does not
    /// answer.</summary>
    /// <param name="address"><c>host:port</c>.</param>
    /// <param name="verifyDigests">Whether to compute the digests: the node reads its whole state for it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<NodeStatus> StatusAsync(string address, bool verifyDigests, CancellationToken cancellationToken);

    /// <summary>
    /// Every record whose name begins with <paramref name="namePrefix"/>, from the leaders of all shards, in no
    /// particular order and not at one moment: a picture of a quiet cluster, a sketch of a busy one.
    /// </summary>
    IAsyncEnumerable<ScannedRecord> ScanAsync(
        IReadOnlyList<string> addresses, string @namespace, string namePrefix, CancellationToken cancellationToken);

    /// <summary>What one node knows of the members. Throws <see cref="EngineUnavailableException"/> when it does not
    /// answer.</summary>
    Task<MembersView> MembersAsync(string address, CancellationToken cancellationToken);

    /// <summary>Has the members changed, or leadership handed over, by the leader that decides it. Throws
    /// <see cref="MembersRefusedException"/> when that refuses, and <see cref="EngineUnavailableException"/> when
    /// there is none.</summary>
    Task<MembersAnswer> ChangeMembersAsync(
        IReadOnlyList<string> addresses, MembersRequest request, CancellationToken cancellationToken);
}
