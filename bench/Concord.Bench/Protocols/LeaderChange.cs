using Concord.Cluster.Node;
using Concord.Consensus;

namespace Concord.Bench.Protocols;

/// <summary>
/// A leader is gone with 1,024 entries under way: one follower has them all, the other half of them, and nobody knows
/// of any whether it is committed. One of the two stands. Counted and measured from then until the first entry of the
/// new leader is committed, and with it all those before.
/// </summary>
internal sealed class LeaderChange : IDisposable
{
    public const int Entries = 1024;

    private const int Gone = 0;
    private const int HasAll = 1;
    private const int HasHalf = 2;

    private readonly CoreNet _net;
    private readonly int[] _standing;
    private int _leader = -1;
    private Cost _election;
    private TimeSpan _electionTime;

    /// <param name="protocol">How they agree.</param>
    /// <param name="halfStandsFirst">Whether the one that lacks half stands first; if it is refused, the other stands
    /// then.</param>
    /// <param name="openDisk">Opens the disk of a replica, from 0; null for disks that take no time.</param>
    public LeaderChange(ReplicaProtocol protocol, bool halfStandsFirst, Func<int, RealLog>? openDisk = null)
    {
        _net = Scenes.NewGroup(protocol, openDisk: openDisk);
        _standing = halfStandsFirst ? [HasHalf, HasAll] : [HasAll];
        _net.Reaches = static (_, to) => to != Gone;
        Scenes.Propose(_net, Entries / 2);
        _net.Settle();
        _net.Reaches = static (_, to) => to == HasAll;
        Scenes.Propose(_net, Entries / 2);
        _net.Settle();
        _net.Reaches = static (from, to) => from != Gone && to != Gone;
        _net.StartCounting();
    }

    /// <param name="clock">Tells the time, or that of the processor.</param>
    public Result Run(Func<TimeSpan> clock)
    {
        TimeSpan start = clock();
        foreach (int candidate in _standing)
        {
            Stand(candidate, clock);
            if (_leader >= 0)
            {
                break;
            }
        }

        TimeSpan time = clock() - start;
        IReplicatedLog leader = _net[_leader];
        if (leader.Status.CommitIndex != leader.Log.Last || leader.Log.LastStamp != leader.Status.Stamp
            || leader.Log.Count < Entries)
        {
            throw new InvalidOperationException($"Not everything was taken over: {leader.Status}.");
        }

        return new(_leader == _standing[0], Cost.Of(_net), time, _election, _electionTime);
    }

    public void Dispose() => _net.Dispose();

    private void Stand(int candidate, Func<TimeSpan> clock)
    {
        Cost before = default;
        TimeSpan began = default;
        Role role = Role.Follower;
        _net.Arrived = () =>
        {
            Role now = _net[candidate].Status.Role;
            if (now == role)
            {
                return;
            }

            role = now;
            if (now == Role.Candidate)
            {
                (before, began) = (Cost.Of(_net), clock());
            }
            else if (now == Role.Leader)
            {
                (_leader, _electionTime) = (candidate, clock() - began);
                _election = Cost.Of(_net) - before;
            }
        };
        _net.Stand(candidate);
    }

    /// <summary>What it took.</summary>
    /// <param name="IsFirstElected">Whether the first one that stood was elected.</param>
    /// <param name="Whole">All of it, the question before the election too.</param>
    /// <param name="Time">How long that took.</param>
    /// <param name="Election">From when the one that was elected took a new stamp until it led: one round of votes in
    /// Raft, phase 1 in Multi-Paxos.</param>
    /// <param name="ElectionTime">How long that took.</param>
    public sealed record Result(
        bool IsFirstElected, Cost Whole, TimeSpan Time, Cost Election, TimeSpan ElectionTime);
}
