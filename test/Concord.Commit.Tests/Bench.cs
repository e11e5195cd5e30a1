namespace Concord.Commit.Tests;

/// <summary>A coordinator on the bench: one call per event, and what that event put into the outbox.</summary>
internal sealed class Bench
{
    public static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan PrepareTimeout = TimeSpan.FromSeconds(2);

    private readonly CommitOutbox _outbox = new();

    public Bench(int participants, bool presumeAbort = false)
    {
        CommitOptions options =
            new() { RetryInterval = RetryInterval, PrepareTimeout = PrepareTimeout, PresumeAbort = presumeAbort };
        Coordinator = new(options, _outbox);
        After(c => c.Reset(participants, TimeSpan.Zero));
    }

    public TwoPhaseCoordinator Coordinator { get; }

    public int[] Prepares { get; private set; } = [];

    public Resolution[] Resolutions { get; private set; } = [];

    public Decision? Proposal { get; private set; }

    public Outcome? Report { get; private set; }

    public bool Forget { get; private set; }

    public CoordinatorState State => Coordinator.State;

    public bool IsSilent => Prepares.Length + Resolutions.Length == 0 && Proposal == null && Report == null && !Forget;

    public Bench After(Action<TwoPhaseCoordinator> happens)
    {
        _outbox.Clear();
        happens(Coordinator);
        Prepares = [.. _outbox.Prepares];
        Resolutions = [.. _outbox.Resolutions];
        Proposal = _outbox.Proposal;
        Report = _outbox.Report;
        Forget = _outbox.Forget;
        return this;
    }

    public Bench Voted(int participant, Vote vote, int ordinal = -1) => After(c => c.Voted(participant, vote, ordinal));

    public Bench Decided(Decision decision) => After(c => c.Decided(decision));

    public Bench Acknowledged(int participant) => After(c => c.ResolutionAcknowledged(participant));

    public Bench Tick(TimeSpan now) => After(c => c.Tick(now));

    public Bench AllVotedYes(int participants)
    {
        for (int i = 0; i < participants; i++)
        {
            Voted(i, Vote.Yes);
        }

        return this;
    }
}
