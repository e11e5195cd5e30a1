namespace Concord.Commit.Tests;

/// <summary>
/// Ways to get it wrong, on purpose: the exploration has to find each. C1 to C8 as in the mutation catalogue.
/// </summary>
internal enum Flaw
{
    None,
    C1_commit_is_told_before_the_record,
    C2_yes_is_sent_before_it_is_durable,
    C3_absence_is_read_as_commit,
    C4_a_prepared_participant_times_out_alone,
    C6_a_missing_vote_counts_as_yes,
    C7_a_repeated_prepare_runs_again,
    C8_the_record_goes_before_all_acknowledged,
    Presumed_abort_after_proposing,
    Absence_is_read_as_abort_without_writing_it,
    The_register_is_overwritten,
}

/// <summary>One thing that may happen, and where it leads.</summary>
internal readonly record struct Step(string What, int Who, World To);

/// <summary>The real coordinator among participants, a register, recovery, crashes and a bad network.</summary>
internal sealed partial class CommitModel(int participants, bool presumeAbort, bool runTwice, Flaw flaw = Flaw.None)
{
    private readonly CoordinatorAutomaton _automaton = new(participants, presumeAbort);
    private readonly int _everyone = (1 << participants) - 1;

    public World Start() => Coordinate(default, second: false, CoordinatorEvent.Reset);

    /// <summary>Everything that may happen next.</summary>
    public IEnumerable<Step> Next(World w) =>
        CoordinatorSteps(w, second: false).Concat(CoordinatorSteps(w, second: true))
            .Concat(ParticipantSteps(w)).Concat(AnchorSteps(w));

    private IEnumerable<Step> CoordinatorSteps(World w, bool second)
    {
        if (NumberOf(w, second) == CoordinatorAutomaton.Idle)
        {
            yield break;
        }

        for (int p = 0; p < participants; p++)
        {
            foreach ((int heard, CoordinatorEvent what, string name) in Hearable(w))
            {
                if (Has(heard, p))
                {
                    yield return new(name, p, Coordinate(w, second, what, p));
                }
            }
        }

        if (w.Register != Register.Absent)
        {
            yield return new("the coordinator reads the register", 0, ReadRegister(w, second));
        }

        yield return new("the coordinator times out", 0, TimeOut(w, second));
        yield return new("the coordinator loses the anchor", 0, Coordinate(w, second, CoordinatorEvent.AnchorLost));
    }

    private IEnumerable<Step> ParticipantSteps(World w)
    {
        for (int p = 0; p < participants; p++)
        {
            if (Has(w.Prepares, p))
            {
                yield return new("is asked to prepare, and is able to", p, Prepare(w, p, Vote.Yes));
                yield return new("is asked to prepare, and refuses", p, Prepare(w, p, Vote.No));
                yield return new("is asked to prepare, and something is in the way", p, Prepare(w, p, Vote.Conflict));
            }

            if (Has(w.Prepared, p))
            {
                yield return new("in doubt, asks the anchor", p, Ask(w, p));
                if (flaw == Flaw.C4_a_prepared_participant_times_out_alone)
                {
                    yield return new("in doubt, gives up", p, w with { Prepared = (byte)(w.Prepared & ~Bit(p)) });
                }
            }

            if (Has(w.ResolvesCommit, p))
            {
                yield return new("hears commit", p, Resolve(w, p, commit: true));
            }

            if (Has(w.ResolvesAbort, p))
            {
                yield return new("hears abort", p, Resolve(w, p, commit: false));
            }
        }
    }

    private IEnumerable<Step> AnchorSteps(World w)
    {
        if (w.ProposedCommit)
        {
            yield return new("the anchor applies the proposed commit, and agrees", 0, Write(w, Register.Commit));
            yield return new("the anchor applies the proposed commit, and refuses", 0, Write(w, Register.Abort));
        }

        if (w.ProposedAbort)
        {
            yield return new("the anchor applies the proposed abort", 0, Write(w, Register.Abort));
        }

        if (!w.SecondStarted && w is { Register: Register.Commit, Forgotten: false })
        {
            yield return new("the next leader takes up the commit", 0, Begin(w, CoordinatorEvent.Resume));
        }

        if (!w.SecondStarted && runTwice)
        {
            yield return new("the next leader runs it again", 0, Begin(w, CoordinatorEvent.Reset));
        }
    }

    private static (int Heard, CoordinatorEvent What, string Name)[] Hearable(World w) =>
    [
        (w.VotedYes, CoordinatorEvent.VotedYes, "the coordinator hears yes of"),
        (w.VotedNo, CoordinatorEvent.VotedNo, "the coordinator hears no of"),
        (w.VotedConflict, CoordinatorEvent.VotedConflict, "the coordinator hears conflict of"),
        (w.Acknowledgements, CoordinatorEvent.Acknowledged, "the coordinator hears the acknowledgement of"),
    ];

    private World Begin(World w, CoordinatorEvent how) =>
        Coordinate(w with { SecondStarted = true }, second: true, how);

    private World ReadRegister(World w, bool second)
    {
        bool isCommit = w.Register == Register.Commit;
        w = Coordinate(
            w, second, isCommit ? CoordinatorEvent.RegisterSaysCommit : CoordinatorEvent.RegisterSaysAbort);
        return flaw == Flaw.C8_the_record_goes_before_all_acknowledged && isCommit ? w with { Forgotten = true } : w;
    }

    private World TimeOut(World w, bool second)
    {
        CoordinatorState state = _automaton.StateOf(NumberOf(w, second));
        if (flaw == Flaw.Presumed_abort_after_proposing && state == CoordinatorState.Deciding)
        {
            return Checked(w with { ResolvesAbort = (byte)_everyone, ToldAborted = true });
        }

        if (flaw == Flaw.C6_a_missing_vote_counts_as_yes && state == CoordinatorState.Preparing)
        {
            for (int p = 0; p < participants; p++)
            {
                w = Coordinate(w, second, CoordinatorEvent.VotedYes, p);
            }

            return w;
        }

        return Coordinate(w, second, CoordinatorEvent.TimedOut);
    }

    /// <summary>One event for the real coordinator; what it wants done is on its way afterwards.</summary>
    private World Coordinate(World w, bool second, CoordinatorEvent what, int participant = 0)
    {
        (int to, Effects does) = _automaton.Step(NumberOf(w, second), what, participant);
        bool early = flaw == Flaw.C1_commit_is_told_before_the_record && does.ProposesCommit;
        return Checked(w with
        {
            First = second ? w.First : checked((ushort)to),
            Second = second ? checked((ushort)to) : w.Second,
            Prepares = (byte)(w.Prepares | does.Prepares),
            ProposedCommit = w.ProposedCommit || does.ProposesCommit,
            ProposedAbort = w.ProposedAbort || does.ProposesAbort,
            ResolvesCommit = (byte)(w.ResolvesCommit | does.ResolvesCommit | (early ? _everyone : 0)),
            ResolvesAbort = (byte)(w.ResolvesAbort | does.ResolvesAbort),
            ToldCommitted = w.ToldCommitted || does.Report == OutcomeKind.Committed,
            ToldAborted = w.ToldAborted || does.Report == OutcomeKind.Aborted,
            Forgotten = w.Forgotten || does.Forget,
            Violation = w.Violation ?? does.Broken,
        });
    }

    /// <summary>
    /// A participant remembers that it holds its part, and that it committed it; nothing else. So a late prepare after
    /// an abort prepares anew, which recovery has to clear away, and a repeated one may vote differently.
    /// </summary>
    private World Prepare(World w, int p, Vote vote)
    {
        bool remembers = flaw != Flaw.C7_a_repeated_prepare_runs_again;
        if (Has(w.Committed, p) && remembers)
        {
            vote = Vote.Conflict;
        }
        else if (Has(w.Prepared, p))
        {
            vote = Vote.Yes;
        }

        bool holds = vote == Vote.Yes && flaw != Flaw.C2_yes_is_sent_before_it_is_durable;
        return vote switch
        {
            Vote.No => w with { VotedNo = (byte)(w.VotedNo | Bit(p)) },
            Vote.Conflict => w with { VotedConflict = (byte)(w.VotedConflict | Bit(p)) },
            _ => w with
            {
                VotedYes = (byte)(w.VotedYes | Bit(p)),
                Prepared = (byte)(w.Prepared | (holds ? Bit(p) : 0)),
            },
        };
    }

    /// <summary>Recovery: writes Abort if the register is absent, and has the participant told what it holds.</summary>
    private World Ask(World w, int p)
    {
        if (w.Register == Register.Absent)
        {
            switch (flaw)
            {
                case Flaw.C3_absence_is_read_as_commit:
                    return w with { ResolvesCommit = (byte)(w.ResolvesCommit | Bit(p)) };
                case Flaw.Absence_is_read_as_abort_without_writing_it:
                    return w with { ResolvesAbort = (byte)(w.ResolvesAbort | Bit(p)) };
            }
        }

        w = Write(w, Register.Abort);

        // A forgotten commit is indistinguishable from nothing once the session has moved on: the answer is abort.
        return w is { Register: Register.Commit, Forgotten: false }
            ? w with { ResolvesCommit = (byte)(w.ResolvesCommit | Bit(p)) }
            : w with { ResolvesAbort = (byte)(w.ResolvesAbort | Bit(p)) };
    }

    private World Resolve(World w, int p, bool commit)
    {
        bool isPrepared = Has(w.Prepared, p);
        bool isCommitted = Has(w.Committed, p);
        return Checked(w with
        {
            Prepared = (byte)(w.Prepared & ~Bit(p)),
            Committed = (byte)(w.Committed | (commit ? Bit(p) : 0)),
            Acknowledgements = (byte)(w.Acknowledgements | Bit(p)),
            Violation = w.Violation ?? (commit, isPrepared, isCommitted) switch
            {
                (true, false, false) => "a commit reaches a participant that is not prepared",
                (true, true, true) => "a commit takes effect twice",
                (false, _, true) => "an abort reaches a participant that committed",
                _ => null,
            },
        });
    }

    /// <summary>Absent → Commit | Abort, once.</summary>
    private World Write(World w, Register value) =>
        w.Register == Register.Absent || flaw == Flaw.The_register_is_overwritten
            ? Checked(w with { Register = value })
            : w;

    /// <summary>What holds always.</summary>
    private World Checked(World w)
    {
        bool isCommit = w.Register == Register.Commit;
        string? broken =
            isCommit && (w.Prepared | w.Committed) != _everyone ? "a commit without a participant that holds its part"
            : !isCommit && w.Committed != 0 ? "a participant committed and the register did not"
            : isCommit && w.ToldAborted ? "the client was told of an abort and the register says commit"
            : !isCommit && w.ToldCommitted ? "the client was told of a commit and the register does not say so"
            : null;
        return broken == null || w.Violation != null ? w : w with { Violation = broken };
    }

    private static int NumberOf(World w, bool second) => second ? w.Second : w.First;

    private static int Bit(int participant) => 1 << participant;

    private static bool Has(int set, int participant) => (set & Bit(participant)) != 0;
}
