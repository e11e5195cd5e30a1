using Concord.Simulation.Consensus;
using Concord.Simulation.Nodes;
using Concord.Simulation.Shrinking;

namespace Concord.Simulation;

/// <summary>Runs imaginary clusters, one per seed, under faults, and reports every rule that did not hold.</summary>
public static class Simulator
{
    private static readonly FaultKind[] s_nodeFaults =
    [
        FaultKind.MessageDelayedLong, FaultKind.Partition, FaultKind.OneWayPartition, FaultKind.NodeIsolated,
        FaultKind.Crash, FaultKind.CrashAll, FaultKind.DiskStall, FaultKind.Pause, FaultKind.ClockRate,
        FaultKind.LeaderElected, FaultKind.SnapshotTaken, FaultKind.SnapshotInstalled, FaultKind.ConnectionReset,
        FaultKind.FrameDamaged, FaultKind.SyncFailed, FaultKind.CrashInDiskWork, FaultKind.ClientCrash,
        FaultKind.OutcomeUnknown, FaultKind.UnsyncedWriteLost, FaultKind.NameChangeLost, FaultKind.DiskFull,
        FaultKind.NodeReadOnly, FaultKind.LeadershipHandedOver, FaultKind.OldBuild,
        FaultKind.SessionExpired, FaultKind.SessionLost, FaultKind.ClientPause, FaultKind.ClientCut,
        FaultKind.GrantedAtOnce, FaultKind.GrantedInLine, FaultKind.ClaimTimedOut, FaultKind.ClaimRefused,
        FaultKind.HoldGivenUp, FaultKind.HoldLost, FaultKind.HoldTaken, FaultKind.HoldOfLostSession,
        FaultKind.FencedWrite, FaultKind.FencedTransaction, FaultKind.FenceRejected, FaultKind.LimitChanged,
        FaultKind.SentAgain, FaultKind.DeliveryFailed, FaultKind.DeliveryGivenBack, FaultKind.DeliveryExtended,
        FaultKind.DeadLettered, FaultKind.CompletedInTransaction, FaultKind.MembersTold,
        FaultKind.SeveralReceived, FaultKind.SeveralGivenUp,
    ];

    /// <summary>The mixes of faults of the target <c>core</c>.</summary>
    public static IReadOnlyList<string> Profiles => CoreProfile.Names;

    /// <summary>The mixes of faults of a target.</summary>
    /// <param name="target">One of <see cref="SimulationTarget"/>.</param>
    /// <exception cref="ArgumentException">There is no such target.</exception>
    public static IReadOnlyList<string> ProfilesOf(string target) => target switch
    {
        SimulationTarget.Core => CoreProfile.Names,
        SimulationTarget.Node => NodeProfile.Names,
        _ => throw new ArgumentException(
            $"There is no target '{target}'. There are: {SimulationTarget.Core}, {SimulationTarget.Node}.",
                nameof(target)),
    };

    /// <summary>Runs the seeds on the calling thread.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="progress">Is told how many seeds are done, after each one.</param>
    /// <param name="cancellationToken">Ends the run after the current seed; the report covers what was run.</param>
    /// <exception cref="ArgumentException">The target, the protocol, the profile or a count is not known or not
    /// allowed.</exception>
    public static SimulationReport Run(
        SimulationOptions options, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Seeds, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ViolationsMax, 1, nameof(options));
        IReadOnlyList<string> profiles = ProfilesOf(options.Target);
        if (options.Profile is { } name && !profiles.Contains(name, StringComparer.Ordinal))
        {
            throw new ArgumentException(
                $"There is no profile '{name}'. There are: {string.Join(", ", profiles)}.", nameof(options));
        }

        var violations = new List<SimulationViolation>();
        var tally = new RunTally();
        int done = 0;
        long started = options.TimeProvider.GetTimestamp();
        while (done < options.Seeds
            && violations.Count < options.ViolationsMax
            && !cancellationToken.IsCancellationRequested)
        {
            SimulationPlan plan = SimulationPlan.Of(options, options.FirstSeed + (ulong)done);
            ISimulationWorld world = plan.NewWorld(new(keepsText: false));
            if (SimulationPlan.Run(world) is not null)
            {
                // One is enough to begin with: what is found in it is mended before the next is looked at.
                violations.Add(Explain(plan, violations.Count == 0 ? options.ShrinkRunsMax : 0));
            }

            tally.Add(world, plan.Seed);
            done++;
            progress?.Report(done);
        }

        double seconds = options.TimeProvider.GetElapsedTime(started).TotalSeconds;
        SortedDictionary<string, long> faults = tally.Faults.ByName(KindsOf(options.Target));
        return new(done, violations, seconds > 0 ? done / seconds : 0, tally.Hash, faults)
        {
            SimulatedSecondsPerSecond = seconds > 0 ? tally.SimulatedSeconds / seconds : 0,
            Operations = tally.Operations,
            Unknown = tally.Unknown,
        };
    }

    /// <summary>Runs a seed again with text: the same seed takes the same way, so the lines belong to the same
    /// failure.</summary>
    private static SimulationViolation Explain(SimulationPlan plan, int shrinkRunsMax)
    {
        ISimulationWorld world = plan.NewWorld(new(keepsText: true));
        ViolatedException violated = SimulationPlan.Run(world)
            ?? new("determinism", "the seed failed once and did not fail when it was repeated");
        return new(
            plan.Seed, plan.Profile, violated.Invariant, violated.Detail, plan.Command, [.. world.Trace.Lines])
        {
            Shrunk = shrinkRunsMax > 0 ? SeedShrinker.Shrink(plan, violated.Invariant, shrinkRunsMax) : null,
        };
    }

    private static IEnumerable<FaultKind> KindsOf(string target) => target == SimulationTarget.Node
        ? s_nodeFaults
        : Enum.GetValues<FaultKind>().Where(static kind => kind < FaultKind.SyncFailed);
}
