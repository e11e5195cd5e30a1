using System.Reflection;

namespace Concord.Commit.Tests;

/// <summary>What a coordinator can meet.</summary>
internal enum CoordinatorEvent
{
    Reset,
    Resume,
    VotedYes,
    VotedNo,
    VotedConflict,
    RegisterSaysCommit,
    RegisterSaysAbort,
    Acknowledged,
    TimedOut,
    AnchorLost,
}

/// <summary>What one event put into the outbox. Sets of participants are bit masks.</summary>
internal readonly record struct Effects(
    int Prepares, bool ProposesCommit, bool ProposesAbort, int ResolvesCommit, int ResolvesAbort, OutcomeKind? Report,
    bool Forget, string? Broken);

/// <summary>
/// The finite automaton that the real coordinator is for a given number of participants: states are numbered as they
/// are met, found by comparing all fields, and each transition is run once on a copy. So an exploration of a world
/// around the coordinator explores the product code itself, at the price of an array look-up.
/// </summary>
internal sealed class CoordinatorAutomaton
{
    private static readonly FieldInfo[] s_fields =
        typeof(TwoPhaseCoordinator).GetFields(BindingFlags.Instance | BindingFlags.NonPublic);

    private static readonly MethodInfo s_clone =
        typeof(object).GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!;

    private readonly int _participants;
    private readonly CommitOptions _options;
    private readonly CommitOutbox _outbox = new();
    private readonly List<TwoPhaseCoordinator> _states = [];
    private readonly Dictionary<string, int> _numbers = [];
    private readonly Dictionary<(int From, CoordinatorEvent Event, int Participant), (int To, Effects)> _steps = [];

    public CoordinatorAutomaton(int participants, bool presumeAbort)
    {
        _participants = participants;
        _options = new() { PresumeAbort = presumeAbort };
        NumberOf(new(_options, _outbox));
    }

    /// <summary>The number of the state without a transaction.</summary>
    public const int Idle = 0;

    public CoordinatorState StateOf(int number) => _states[number].State;

    public (int To, Effects Effects) Step(int from, CoordinatorEvent what, int participant = 0)
    {
        if (!_steps.TryGetValue((from, what, participant), out (int To, Effects) step))
        {
            _steps[(from, what, participant)] = step = Run(from, what, participant);
        }

        return step;
    }

    private (int To, Effects Effects) Run(int from, CoordinatorEvent what, int participant)
    {
        var coordinator = (TwoPhaseCoordinator)s_clone.Invoke(_states[from], null)!;
        _outbox.Clear();
        try
        {
            Happen(coordinator, what, participant);
        }
        catch (CommitInvariantException broken)
        {
            return (from, new Effects { Broken = broken.Rule });
        }

        int MaskOf(bool commit) =>
            _outbox.Resolutions.Where(r => r.Decision.IsCommit == commit).Sum(r => 1 << r.Participant);
        return (NumberOf(coordinator), new(
            _outbox.Prepares.Aggregate(0, (mask, p) => mask | 1 << p), _outbox.Proposal is { IsCommit: true },
            _outbox.Proposal is { IsCommit: false }, MaskOf(commit: true), MaskOf(commit: false), _outbox.Report?.Kind,
            _outbox.Forget, null));
    }

    private void Happen(TwoPhaseCoordinator coordinator, CoordinatorEvent what, int participant)
    {
        switch (what)
        {
            case CoordinatorEvent.Reset: coordinator.Reset(_participants, default); break;
            case CoordinatorEvent.Resume: coordinator.Resume(_participants); break;
            case CoordinatorEvent.VotedYes: coordinator.Voted(participant, Vote.Yes); break;
            case CoordinatorEvent.VotedNo: coordinator.Voted(participant, Vote.No, 0); break;
            case CoordinatorEvent.VotedConflict: coordinator.Voted(participant, Vote.Conflict); break;
            case CoordinatorEvent.RegisterSaysCommit: coordinator.Decided(Decision.Commit); break;
            case CoordinatorEvent.RegisterSaysAbort: coordinator.Decided(default); break;
            case CoordinatorEvent.Acknowledged: coordinator.ResolutionAcknowledged(participant); break;
            case CoordinatorEvent.TimedOut: coordinator.Tick(_options.PrepareTimeout); break;
            case CoordinatorEvent.AnchorLost: coordinator.AnchorLost(); break;
            default: throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }
    }

    private int NumberOf(TwoPhaseCoordinator coordinator)
    {
        string fields = coordinator.State == CoordinatorState.Ended
            ? "" // What is left of an ended transaction must not matter; Reset and Resume start from any of them.
            : string.Join('|', s_fields.Select(field => field.GetValue(coordinator)));
        if (!_numbers.TryGetValue(fields, out int number))
        {
            _numbers[fields] = number = _states.Count;
            _states.Add(coordinator);
        }

        return number;
    }
}
