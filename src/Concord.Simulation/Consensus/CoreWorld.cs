using System.Globalization;
using Concord.Consensus;
using Concord.Simulation.Pictures;
using Concord.Simulation.Shrinking;

namespace Concord.Simulation.Consensus;

/// <summary>
/// The replicas of one group with an imaginary network, imaginary disks, clocks, clients and misfortune; one thread and
/// virtual time. First come faults and work, and nothing wrong may ever be seen; then everything is healed, and the
/// group must get well by itself in bounded time.
/// </summary>
internal sealed partial class CoreWorld : ISimulationWorld
{
    /// <summary>How long a group may take to get well, in microseconds: some hundred election timeouts.</summary>
    private const long RecoveryMax = 20_000_000;

    /// <summary>A run has some ten thousand events; one that has so many feeds itself.</summary>
    private const int EventsMax = 5_000_000;

    private readonly EventQueue<CoreEvent> _events = new();
    private readonly SimRandom _scheduling;
    private readonly SimRandom[] _deferrals;
    private readonly StrikeSource _strikes;
    private readonly SimOperator _operator;
    private readonly SimRandom _healing;
    private readonly SimClient[] _clients;
    private bool _healed;

    public CoreWorld(
        SimProtocol protocol, ulong seed, CoreProfile profile, SimulationTrace trace, Decisions? decisions = null)
    {
        Profile = profile;
        Trace = trace;
        Decisions = decisions ?? new();
        CoreConditions.Apply(Decisions, profile);
        SimRandom random = new(seed);
        _scheduling = random.Fork("scheduling");
        _deferrals = [.. Enumerable.Range(0, profile.Nodes).Select(place => _scheduling.Fork((ulong)place))];
        Network = new(this, random.Fork("network"));
        IEnumerable<int> founders = Enumerable.Range(1, profile.Replicas);
        Membership = new(founders.Select(static number => new NodeId((ushort)number)), null, profile.CommitSize);
        Replicas = new SimReplica[profile.Nodes];
        FaultModel = new(this);
        Rules = protocol.NewRules(this);
        for (int i = 0; i < Replicas.Length; i++)
        {
            Replicas[i] = new(this, i, protocol, random.Fork((ulong)i));
        }

        _clients = new SimClient[profile.Clients];
        SimRandom workload = random.Fork("workload");
        for (int i = 0; i < _clients.Length; i++)
        {
            _clients[i] = new(this, i, workload.Fork((ulong)i));
        }

        _operator = new(this, random.Fork("operator"));
        _strikes = new(this, _operator, random.Fork("faults"));
        _healing = random.Fork("healing");
    }

    public CoreProfile Profile { get; }

    public SimulationTrace Trace { get; }

    public FaultTally Faults { get; } = new();

    public Decisions Decisions { get; }

    public IReadOnlyList<SimClient> Clients => _clients;

    public long Operations => _clients.Sum(static client => (long)client.History.Count);

    public long Unknown => _clients.Sum(static client => client.History.LongCount(static done =>
        done.Returned == long.MaxValue));

    public WorldShape Shape => new(Replicas.Length, _clients.Length, 1);

    public SimNetwork Network { get; }

    /// <summary>The members that the group began with.</summary>
    public Membership Membership { get; }

    /// <summary>The members that were committed last.</summary>
    public Membership Members => Rules.MembershipAt(Rules.Committed.Tip);

    public FaultModel FaultModel { get; }

    public SimReplica[] Replicas { get; }

    public SafetyRules Rules { get; }

    public long Now => _events.Now;

    /// <summary>Counts events: orders what happens at the same moment.</summary>
    public long Steps { get; private set; }

    public bool IsHealed => _healed;

    public void Run()
    {
        foreach (SimReplica replica in Replicas)
        {
            replica.Start();
        }

        foreach (SimClient client in _clients)
        {
            client.Begin();
        }

        _strikes.Begin();
        Schedule(Profile.FaultsUntil, new(CoreEventKind.Heal, 0));
        bool recovered = false;
        while (!recovered && _events.TryNext(out CoreEvent next))
        {
            Steps++;
            Dispatch(next);
            recovered = _healed && next.Kind is CoreEventKind.Tick or CoreEventKind.Reply && HasRecovered();
            if (_healed && Now > Profile.FaultsUntil + RecoveryMax)
            {
                throw new ViolatedException("recovers", $"20 s after the last fault: {WhatIsMissing()}");
            }

            if (Steps > EventsMax)
            {
                throw new ViolatedException("events-are-bounded", $"{EventsMax} events, and no end");
            }
        }

        HistoryRules.Check(_clients, Rules, Profile);
        CheckStates();
    }

    public void ShowEnd()
    {
        foreach (SimReplica replica in Replicas)
        {
            replica.Show(Trace.Picture!);
        }

        foreach (SimClient client in _clients)
        {
            client.ShowOpen();
        }
    }

    public void Schedule(long delay, in CoreEvent item) => _events.Schedule(Now + delay, item);

    public void Note(string text) => Trace.Line(Now, text);

    /// <summary>Whether a replica takes more events before it drains, and for how long.</summary>
    public bool DrawsDeferral(SimReplica replica, out long delay)
    {
        SimRandom stream = _deferrals[replica.Place];
        bool defers = stream.Chance(Profile.DeferChance);
        delay = defers ? stream.Between(1, 2000) : 0;
        return defers;
    }

    public long TransferDelay() => (3 * Profile.DelayMin) + _scheduling.Exponential(3 * Profile.DelayMean);

    public long ClientDelay() => _scheduling.Between(50, 1500);

    /// <summary>The replica that leads, by the newest term; -1 if none does.</summary>
    public int FindLeader()
    {
        int leader = -1;
        Stamp newest = Stamp.None;
        foreach (SimReplica replica in Replicas)
        {
            if (replica.Core is { } core && core.Status is { Role: Role.Leader } status && status.Stamp > newest)
            {
                (leader, newest) = (replica.Place, status.Stamp);
            }
        }

        return leader;
    }

    private void Dispatch(in CoreEvent next)
    {
        Trace.Add((ulong)Now, ((ulong)next.Kind << 32) | (uint)next.Place, (ulong)next.Number);
        if (next.IsForReplica && Replicas[next.Place].PausedUntil > Now)
        {
            _events.Schedule(Replicas[next.Place].PausedUntil, next);
            return;
        }

        switch (next.Kind)
        {
            case CoreEventKind.Reply:
                _clients[next.Place].OnReply((Reply)next.Subject!);
                break;
            case CoreEventKind.ClientWake:
                _clients[next.Place].OnWake();
                break;
            case CoreEventKind.ClientTimeout:
                _clients[next.Place].OnTimeout(next.Number);
                break;
            case CoreEventKind.Strike:
                _strikes.Next();
                break;
            case CoreEventKind.StrikeEnds:
                _strikes.Mend();
                break;
            case CoreEventKind.Aftershock:
                _strikes.Aftershock(next.Place, next.Number);
                break;
            case CoreEventKind.Errand:
                _operator.On((Errand)next.Subject!);
                break;
            case CoreEventKind.Heal:
                Heal();
                break;
            default:
                Replicas[next.Place].On(next);
                break;
        }

        if (Trace.Picture is { } picture && (next.IsForReplica || next.Kind == CoreEventKind.Restart))
        {
            Replicas[next.Place].Show(picture);
        }
    }

    private string WhatIsMissing()
    {
        IEnumerable<SimClient> waiting = _clients.Where(static client => !client.IsFinished);
        string clients = string.Join(' ', waiting.Select(static client => client.Describe()));
        string replicas = string.Join(' ', Replicas.Select(static replica => replica.Describe()));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"committed {Rules.Committed.Last}, {replicas}, waiting: [{clients}], {Profile}");
    }
}
