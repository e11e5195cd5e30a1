using System.Net.Sockets;
using Concord.Client.Administration;

namespace Concord.Cli.Connections;

/// <summary>Asks all nodes of a cluster about themselves, at once.</summary>
/// <param name="admin">Asks one.</param>
/// <param name="addresses">Whom.</param>
/// <param name="time">The clock of the deadline.</param>
internal sealed class ClusterPoll(IClusterAdmin admin, IReadOnlyList<string> addresses, TimeProvider time)
{
    private static readonly TimeSpan s_answerLimit = TimeSpan.FromSeconds(5);

    public IReadOnlyList<string> Addresses => addresses;

    /// <returns>By place in <see cref="Addresses"/>; null for one that did not answer in time.</returns>
    public Task<NodeStatus?[]> AskAsync(bool verifyDigests, CancellationToken cancellationToken) =>
        Task.WhenAll(addresses.Select(address => AskAsync(address, verifyDigests, cancellationToken)));

    private async Task<NodeStatus?> AskAsync(string address, bool verifyDigests, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(s_answerLimit, time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await admin.StatusAsync(address, verifyDigests, either.Token);
        }
        catch (Exception error) when (error is ConcordException or IOException or SocketException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
