using Concord.Client.Administration;

namespace Concord.Cli.Connections;

/// <summary>
/// Looks at the members of a cluster until they are as wanted, and tells what it waits for. Any node may answer: the
/// one that was asked first may be the one that goes.
/// </summary>
/// <param name="admin">Asks one node.</param>
/// <param name="servers">Whom to ask at first.</param>
/// <param name="time">The clock.</param>
internal sealed class MembersWatch(IClusterAdmin admin, IReadOnlyList<string> servers, TimeProvider time)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_answerLimit = TimeSpan.FromSeconds(2);

    private MembersView? _last;

    /// <summary>Everybody that may be asked, those first that answered last.</summary>
    public IReadOnlyList<string> Addresses =>
    [
        .. (_last?.Nodes ?? []).Where(node => node.State == MemberView.Member && node.SilentMilliseconds is not null)
            .Select(static node => node.Address)
            .Concat(servers)
            .Distinct(StringComparer.Ordinal),
    ];

    /// <summary>What the cluster knows of its members: the newest of what two nodes say.</summary>
    /// <exception cref="EngineUnavailableException">Nobody answers.</exception>
    public async Task<MembersView> LookAsync(CancellationToken cancellationToken)
    {
        EngineUnavailableException? failure = null;
        foreach (string address in Addresses)
        {
            using CancellationTokenSource limit = new(s_answerLimit, time);
            using CancellationTokenSource either =
                CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                MembersView view = await admin.MembersAsync(address, either.Token);
                if (_last is null || view.Version >= _last.Version)
                {
                    return _last = view;
                }
            }
            catch (EngineUnavailableException error)
            {
                failure = error;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                failure = new($"The node at {address} does not answer.");
            }
        }

        return _last is not null && failure is null
            ? _last
            : throw failure ?? new EngineUnavailableException("No node answers.");
    }

    /// <summary>Waits until <paramref name="remaining"/> has nothing to say any more.</summary>
    /// <param name="remaining">What is left to do; null for nothing.</param>
    /// <param name="say">Told whenever that changes.</param>
    /// <param name="limit">How long to wait.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="CliException">It is not done in time.</exception>
    public async Task AwaitAsync(
        Func<MembersView, string?> remaining, Action<string> say, TimeSpan limit, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        string? said = null;
        while (true)
        {
            string? left;
            try
            {
                left = remaining(await LookAsync(cancellationToken));
            }
            catch (EngineUnavailableException error)
            {
                left = error.Message;
            }

            if (left is null)
            {
                return;
            }

            if (time.GetElapsedTime(began) >= limit)
            {
                throw new CliException(
                    $"Not done within {limit.TotalSeconds:0} seconds. {left} What was begun goes on without this "
                    + "command; \"concord members list\" shows how far it is, and the same command again waits on.",
                    ExitCode.Failed);
            }

            if (left != said)
            {
                say(said = left);
            }

            await Task.Delay(s_interval, time, cancellationToken);
        }
    }
}
