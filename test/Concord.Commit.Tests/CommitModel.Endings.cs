namespace Concord.Commit.Tests;

/// <summary>From any world, the two ways home: everybody crashes and recovers, or everything arrives.</summary>
internal sealed partial class CommitModel
{
    /// <summary>
    /// Loses every coordinator and every message, lets recovery and the next leader work, and says what is then left
    /// undone.
    /// </summary>
    public string? UnfinishedAfterCrash(World w)
    {
        w = Coordinate(w, second: false, CoordinatorEvent.AnchorLost);
        w = Coordinate(w, second: true, CoordinatorEvent.AnchorLost);
        for (int p = 0; p < participants; p++)
        {
            if (Has(w.Prepared, p))
            {
                w = Ask(w, p);
                w = Resolve(w, p, Has(w.ResolvesCommit, p));
            }
        }

        if (w is { Register: Register.Commit, Forgotten: false })
        {
            w = Begin(w, CoordinatorEvent.Resume);
            for (int p = 0; p < participants; p++)
            {
                w = Coordinate(Resolve(w, p, commit: true), second: true, CoordinatorEvent.Acknowledged, p);
            }
        }

        return Undone(w);
    }

    /// <summary>Lets everything arrive, and says whether the living coordinators come to their end.</summary>
    public string? StuckWithoutFaults(World w)
    {
        // Twice: what the second run learns only from the register may need one more round of messages.
        for (int round = 0; round < 2; round++)
        {
            for (int p = 0; p < participants; p++)
            {
                w = Has(w.Prepares, p) ? Prepare(w, p, Vote.Yes) : w;
            }

            w = Hear(Hear(w, second: false), second: true);
            w = w.ProposedCommit ? Write(w, Register.Commit) : w.ProposedAbort ? Write(w, Register.Abort) : w;
            w = w.Register == Register.Absent ? w : ReadRegister(ReadRegister(w, second: false), second: true);
            for (int p = 0; p < participants; p++)
            {
                w = Has(w.ResolvesCommit, p) ? Resolve(w, p, commit: true) : w;
                w = Has(w.ResolvesAbort, p) ? Resolve(w, p, commit: false) : w;
            }

            w = Hear(Hear(w, second: false), second: true);
        }

        return w.Violation
            ?? (w.First != CoordinatorAutomaton.Idle || w.Second != CoordinatorAutomaton.Idle
                ? "a coordinator never ends" : null);
    }

    private World Hear(World w, bool second)
    {
        foreach ((int heard, CoordinatorEvent what, _) in Hearable(w))
        {
            for (int p = 0; p < participants && NumberOf(w, second) != CoordinatorAutomaton.Idle; p++)
            {
                w = Has(heard, p) ? Coordinate(w, second, what, p) : w;
            }
        }

        return w;
    }

    private string? Undone(World w)
    {
        bool isCommit = w.Register == Register.Commit;
        return w.Violation
            ?? (w.Prepared != 0 ? "something stays in doubt" : null)
            ?? (w.Committed != (isCommit ? _everyone : 0) ? "a participant differs from the register" : null)
            ?? (w.Forgotten != isCommit ? "the record of the decision stays for ever" : null);
    }
}
