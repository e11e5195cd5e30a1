namespace Concord.Cli.Processes;

/// <summary>Brings up a new cluster on ports that are free.</summary>
internal static class LocalCluster
{
    private const int AttemptsMax = 5;

    /// <summary>
    /// Starts nodes that have no data yet. Another program may take a port between our finding it and the node's
    /// using it: then the nodes are stopped, what they wrote is deleted, and other ports are tried.
    /// </summary>
    /// <param name="count">How many nodes.</param>
    /// <param name="start">Makes the processes for addresses.</param>
    /// <param name="reset">Deletes what they wrote.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CliException">They do not start.</exception>
    public static async Task<NodeProcesses> StartNewAsync(
        int count, Func<IReadOnlyList<string>, NodeProcesses> start, Action reset, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            IReadOnlyList<string> addresses = LoopbackPorts.Pick(count);
            NodeProcesses nodes = start(addresses);
            try
            {
                await nodes.StartAsync(cancellationToken);
                return nodes;
            }
            catch (Exception error)
            {
                await nodes.DisposeAsync();
                if (error is not CliException || attempt == AttemptsMax || addresses.All(LoopbackPorts.IsFree))
                {
                    throw;
                }

                reset();
            }
        }
    }
}
