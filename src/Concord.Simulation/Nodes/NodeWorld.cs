using Concord.Cluster.Node;
using Concord.Simulation.Consensus;
using Concord.Simulation.Nodes.Primitives;
using Concord.Simulation.Pictures;
using Concord.Simulation.Shrinking;

namespace Concord.Simulation.Nodes;

/// <summary>
/// A cluster of whole nodes with their disks, connections and clients, from one seed: first it is struck for a
/// while, then it heals, and then everything must come to rest with nothing lost.
/// </summary>
internal sealed class NodeWorld : ISimulationWorld
{
    private static readonly DateTimeOffset s_began = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly EventQueue<Action> _events = new();
    private readonly SimRandom _random;
    private ulong _lastValue;

    public NodeWorld(
        ReplicaProtocol protocol,
        ulong seed,
        NodeProfile profile,
        SimulationTrace trace,
        Decisions? decisions = null)
    {
        (Profile, Trace, Decisions) = (profile, trace, decisions ?? new());
        NodeConditions.Apply(Decisions, profile);
        _random = new SimRandom(seed).Fork("nodes");
        Layout = ClusterLayout.Create(
            Enumerable.Range(1, profile.Nodes).Select(static i => $"node-{i}:1"), profile.Shards, protocol);
        Holdings = new(Layout);
        Ledger = new(this);
        Primitives = new(this);
        Rules = new(this);
        Network = new(this, _random.Fork("network"), profile, profile.Nodes + profile.Clients + 1);
    }

    public SimulationTrace Trace { get; }

    public FaultTally Faults { get; } = new();

    public Decisions Decisions { get; }

    public long Operations => Ledger.Operations.Count - Ledger.OpenCount;

    public long Unknown => Ledger.UnknownCount;

    public NodeProfile Profile { get; }

    public ClusterLayout Layout { get; }

    public Holdings Holdings { get; }

    public Ledger Ledger { get; }

    public NodeRules Rules { get; }

    public PrimitiveRules Primitives { get; }

    /// <summary>Those that clients were given.</summary>
    public HashSet<long> SequenceNumbers { get; } = [];

    public WorldShape Shape => new(Nodes.Count, Users.Count, Profile.Shards);

    public LinkNetwork Network { get; }

    public List<SimNode> Nodes { get; } = [];

    public List<SimUser> Users { get; } = [];

    public bool IsHealing { get; private set; }

    /// <summary>How many accounts have their first money.</summary>
    public int Funded { get; set; }

    public long Now => _events.Now;

    public DateTimeOffset WallClock => s_began.AddTicks(Now * 10);

    public bool KeepsText => Trace.KeepsText;

    public void Schedule(long delay, Action action) => ScheduleAt(Now + delay, action);

    public void ScheduleAt(long at, Action action) => _events.Schedule(at, action);

    public void Say(string text)
    {
        if (KeepsText)
        {
            Trace.Line(Now, text);
        }
    }

    public ulong NextValue() => ++_lastValue;

    public void RestartLater(SimNode node) =>
        Schedule(1000 + _random.Exponential(400_000), () => node.Start(mayCrash: !IsHealing));

    public void Run()
    {
        try
        {
            Begin();
            RunUntil(Profile.FaultsUntil, static () => false);
            Heal();
        }
        catch (Exception e) when (e is not (ViolatedException or OutOfMemoryException))
        {
            throw new ViolatedException("nothing-throws", e.ToString());
        }
    }

    public void ShowEnd()
    {
        foreach (SimNode node in Nodes)
        {
            node.Show(Trace.Picture!);
        }

        Ledger.ShowOpen();
    }

    /// <summary>Lets time pass until a condition holds.</summary>
    /// <returns>Whether it does.</returns>
    public bool RunUntil(long time, Func<bool> isThere)
    {
        while (!isThere())
        {
            if (Now >= time || !_events.TryNext(out Action next))
            {
                return false;
            }

            next();
        }

        return true;
    }

    private void Begin()
    {
        for (int i = 0; i < Profile.Nodes; i++)
        {
            Nodes.Add(new(this, i, _random.Fork((ulong)i)));
        }

        foreach (SimNode node in Nodes)
        {
            node.Start(mayCrash: true);
        }

        for (int i = 0; i < Profile.Clients; i++)
        {
            SimRandom random = _random.Fork(1000 + (ulong)i);
            var user = new SimUser(this, Profile.Nodes + i, random);
            Users.Add(user);
            new Workload(this, user, i, random.Fork("workload")).Begin(funds: i == 0);
        }

        new Strikes(this, _random.Fork("strikes")).Begin();
        new HandOvers(this, _random.Fork("hand-overs")).Begin();
    }

    private void Heal()
    {
        Say("healing");
        Trace.Picture?.Healed(Now);
        IsHealing = true;
        Network.Heal();
        Users.ForEach(static user => user.Wake());
        foreach (SimNode node in Nodes)
        {
            node.Heal();
            node.StopOldBuild();
            node.Start(mayCrash: false);
        }

        var auditor = new SimUser(this, Profile.Nodes + Profile.Clients, _random.Fork("auditor"));
        new FinalAudit(this, auditor).Run(Now + Profile.HealingMax);
    }
}
