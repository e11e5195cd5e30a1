using System.Globalization;
using Concord.Cluster.Node;
using Concord.Simulation.Consensus;
using Concord.Simulation.Nodes;
using Concord.Simulation.Shrinking;

namespace Concord.Simulation;

/// <summary>One run, as its command says it: the same plan takes the same way.</summary>
internal record SimulationPlan(string Target, string Protocol, ulong Seed, string Profile)
{
    /// <summary>Only these decisions; null for all.</summary>
    public IReadOnlyCollection<int>? Keep { get; init; }

    /// <summary>Ends the faults early.</summary>
    public int? HealAtMilliseconds { get; init; }

    public string Command
    {
        get
        {
            string command = string.Create(
                CultureInfo.InvariantCulture, $"concord simulate --target {Target} --seed {Seed} --profile {Profile}");
            command += Protocol == "raft" ? "" : $" --protocol {Protocol}";
            command += Keep is null ? "" : $" --keep {NumberList.Write(Keep)}";
            return command + (HealAtMilliseconds is { } at
                ? string.Create(CultureInfo.InvariantCulture, $" --heal-at {at}")
                : "");
        }
    }

    public static SimulationPlan Of(SimulationOptions options, ulong seed)
    {
        IReadOnlyList<string> profiles = Simulator.ProfilesOf(options.Target);
        string profile = options.Profile ?? profiles[(int)(seed % (ulong)profiles.Count)];
        return new(options.Target, options.Protocol, seed, profile)
        {
            Keep = options.Keep is { } keep ? NumberList.Read(keep) : null,
            HealAtMilliseconds = options.HealAtMilliseconds,
        };
    }

    public virtual ISimulationWorld NewWorld(SimulationTrace trace)
    {
        Decisions decisions = NewDecisions();
        return Target == SimulationTarget.Node
            ? new NodeWorld(
                ReplicaProtocol.Find(Protocol) ?? throw SimProtocol.Unknown(Protocol),
                Seed,
                NodeProfile.Draw(Profile, Seed),
                trace,
                decisions)
            : new CoreWorld(
                SimProtocol.For(Protocol), Seed, CoreProfile.Draw(Profile, Seed), trace, decisions);
    }

    public Decisions NewDecisions() => new(Keep, HealAtMilliseconds * 1000L);

    /// <summary>Runs a world to its end.</summary>
    /// <returns>The rule that did not hold, or null.</returns>
    public static ViolatedException? Run(ISimulationWorld world)
    {
        try
        {
            world.Run();
            return null;
        }
        catch (ViolatedException violated)
        {
            return violated;
        }
    }
}
