using Concord.Cli.Processes;

namespace Concord.Cli.Orders;

/// <summary>
/// What happens to the cluster while the orders run: a third of the way in the node that leads the most shards is
/// killed, two thirds in it comes back.
/// </summary>
internal sealed class FaultScript : IOrderRunEvents
{
    private readonly INodeControl _nodes;
    private readonly Func<int> _mostLeading;
    private readonly IProgressView _progress;
    private readonly int _total;
    private readonly int _killAt;
    private readonly int _restartAt;
    private int _killed;

    /// <param name="nodes">Kills and restarts.</param>
    /// <param name="mostLeading">Which node leads the most shards just now.</param>
    /// <param name="progress">Told about it.</param>
    /// <param name="total">How many orders there are.</param>
    /// <param name="injectsFaults">Whether anything happens at all.</param>
    public FaultScript(
        INodeControl nodes, Func<int> mostLeading, IProgressView progress, int total, bool injectsFaults)
    {
        (_nodes, _mostLeading, _progress, _total) = (nodes, mostLeading, progress, total);
        (_killAt, _restartAt) = injectsFaults ? (total / 3, 2 * total / 3) : (-1, -1);
    }

    public int Kills { get; private set; }

    public bool Started(int place)
    {
        bool isFault = place == _killAt;
        if (isFault)
        {
            _killed = _mostLeading();
            _nodes.Kill(_killed);
            Kills++;
            _progress.Say(
                $"Order {place + 1} of {_total}: node {_killed + 1}, which leads the most shards, is killed.");
        }

        if (place == _restartAt)
        {
            _nodes.Restart(_killed);
            _progress.Say($"Order {place + 1} of {_total}: node {_killed + 1} is started again.");
        }

        return isFault;
    }

    public void Settled(int count) => _progress.Advance(count);
}
