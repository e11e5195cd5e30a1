using Concord.Cluster.Node;
using Concord.Consensus;

namespace Concord.Bench.Protocols;

/// <summary>What an operation took.</summary>
/// <param name="Steps">Times of a message; two are a round trip.</param>
/// <param name="Messages">How many were sent, lost ones too.</param>
/// <param name="Bytes">Of these messages, without their envelopes.</param>
internal readonly record struct Cost(int Steps, long Messages, long Bytes)
{
    public double RoundTrips => Steps / 2.0;

    public static Cost Of(CoreNet net) => new(net.Steps, net.Messages, net.Bytes);

    public static Cost operator -(Cost left, Cost right) =>
        new(left.Steps - right.Steps, left.Messages - right.Messages, left.Bytes - right.Bytes);
}

/// <summary>What happens to a group, the same under each protocol. Every count is the same in each run.</summary>
internal static class Scenes
{
    private const int Leader = 0;
    private const int Other = 1;
    private const int Slow = 2;
    private const int Newcomer = 3;
    private const int Missed = 10_000;
    private const int Batch = 100;
    private const int Settled = 100;
    private const int LossInterval = 10;

    private static readonly TimeSpan s_atMost = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_away = TimeSpan.FromSeconds(3);
    private static readonly byte[] s_payload = Payload.Create();

    /// <summary>Three replicas that have agreed on some entries, and all know it.</summary>
    public static CoreNet NewGroup(ReplicaProtocol protocol, int replicas = 3, Func<int, RealLog>? openDisk = null)
    {
        CoreNet net = new(protocol, replicas, openDisk);
        for (int place = 0; place < replicas; place++)
        {
            net[place].Tick(TimeSpan.Zero);
        }

        net.Stand(Leader);
        Propose(net, Settled);
        Catch(net, Other, Slow);
        return net;
    }

    /// <summary>By entry, when each batch is committed before the next.</summary>
    public static Cost Steady(ReplicaProtocol protocol, int entries, int entriesPerBatch)
    {
        using CoreNet net = NewGroup(protocol);
        net.StartCounting();
        for (int i = 0; i < entries; i += entriesPerBatch)
        {
            Propose(net, entriesPerBatch);
            net.Settle();
        }

        return Cost.Of(net);
    }

    /// <summary>A follower missed entries for longer than anybody waits; from when it is reached again until it has all
    /// and knows that all is committed.</summary>
    public static (Cost Cost, TimeSpan Time) SlowFollower(ReplicaProtocol protocol, bool isLossy)
    {
        using CoreNet net = NewGroup(protocol);
        net.Reaches = static (from, to) => from != Slow && to != Slow;
        for (int i = 0; i < Missed; i += Batch)
        {
            Propose(net, Batch);
            net.Settle();
        }

        TimeSpan back = net.Now + s_away;
        net.RunUntil(() => net.Now >= back, s_atMost);
        net.Reaches = static (_, _) => true;
        net.LossInterval = isLossy ? LossInterval : 0;
        net.StartCounting();
        TimeSpan time = Catch(net, Slow);
        return (Cost.Of(net), time);
    }

    /// <summary>One of three voters is replaced by a learner that has everything. Counted from the wish until it is
    /// final.</summary>
    /// <param name="protocol">How they agree.</param>
    /// <param name="proposes">Whether a proposal comes in each step meanwhile.</param>
    public static (Cost Cost, int Entries, int Refused) Replace(ReplicaProtocol protocol, bool proposes)
    {
        using CoreNet net = NewGroup(protocol, replicas: 4);
        Change(net, new([new(1), new(2), new(3)], [new(4)]));
        net.RunUntil(() => net[Leader].IsMembershipFinal, s_atMost);
        Catch(net, Other, Slow, Newcomer);
        LogIndex before = net[Leader].Log.Last;
        net.StartCounting();
        Change(net, new([new(1), new(2), new(4)]));
        int accepted = 0;
        int refused = 0;
        net.RunUntil(
            () =>
            {
                bool isFinal = net[Leader].IsMembershipFinal;
                if (proposes && !isFinal)
                {
                    bool isAccepted = net[Leader].Propose(s_payload, out _) == ProposeResult.Accepted;
                    (accepted, refused) = isAccepted ? (accepted + 1, refused) : (accepted, refused + 1);
                }

                return isFinal;
            },
            s_atMost);
        return (Cost.Of(net), (int)(net[Leader].Log.Last - before) - accepted, refused);
    }

    public static void Propose(CoreNet net, int entries)
    {
        for (int i = 0; i < entries; i++)
        {
            if (net[Leader].Propose(s_payload, out _) != ProposeResult.Accepted)
            {
                throw new InvalidOperationException($"A proposal was refused: {net[Leader].Status}.");
            }
        }
    }

    /// <summary>Until these followers have all that the leader has, and know that it is committed.</summary>
    private static TimeSpan Catch(CoreNet net, params int[] followers) => net.RunUntil(
        () => Array.TrueForAll(followers, place => net[place].Status.CommitIndex == net[Leader].Log.Last), s_atMost);

    private static void Change(CoreNet net, Membership target)
    {
        if (net[Leader].ChangeMembership(target) is not MembershipChange.Accepted and var refusal)
        {
            throw new InvalidOperationException($"The change was refused: {refusal}.");
        }
    }
}
