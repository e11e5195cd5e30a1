namespace Concord.Simulation.Models;

/// <summary>
/// What an acceptor of Multi-Paxos may do, as pure functions over plain data. The exhaustive exploration takes its
/// steps with them, and the simulator asks them about every step that a real replica has taken: what was proven of the
/// one holds for the other as long as they agree. A check returns the name of the broken rule, or null.
/// </summary>
internal static class AcceptorModel
{
    /// <summary>A promise fell.</summary>
    public const string PromiseFell = "promise-monotone";

    /// <summary>A value was accepted in a ballot that is older than the promise.</summary>
    public const string BelowPromise = "no-vote-below-promise";

    /// <summary>A value was accepted in a newer ballot than the promise, which did not rise with it.</summary>
    public const string AbovePromise = "vote-implies-promise";

    /// <summary>Two values were accepted in one ballot at one position.</summary>
    public const string TwoInOneBallot = "one-value-per-ballot";

    /// <summary>What had been accepted is gone.</summary>
    public const string Forgotten = "accepted-is-kept";

    /// <summary>The snapshot covers a position where nothing is chosen, or fell behind itself.</summary>
    public const string BaseNotChosen = "snapshot-covers-what-is-chosen";

    /// <summary>A promise leaves that is not durable here.</summary>
    public const string PromiseNotDurable = "promise-durable-before-told";

    /// <summary>A promise leaves that does not tell every accepted value from the asked position on, as it
    /// is.</summary>
    public const string PromiseTellsLess = "promise-tells-all-from-the-asked-position";

    /// <summary>An acknowledgement leaves for what is not durable here.</summary>
    public const string VoteNotDurable = "vote-durable-before-told";

    /// <summary>Whether a Prepare of <paramref name="ballot"/> is promised. Equal: a repeated one is answered
    /// again.</summary>
    public static bool MayPromise(ulong promised, ulong ballot) => ballot != 0 && ballot >= promised;

    /// <summary>Whether an Accept of <paramref name="ballot"/> is taken. Newer: the Prepare was lost, and accepting
    /// implies the promise.</summary>
    public static bool MayAccept(ulong promised, ulong ballot) => ballot != 0 && ballot >= promised;

    /// <summary>One position of one acceptor, before and after any number of its steps.</summary>
    /// <param name="promisedBefore">Its promise before them.</param>
    /// <param name="promisedAfter">Its promise after them.</param>
    /// <param name="before">What it held there.</param>
    /// <param name="after">What it holds there now.</param>
    /// <param name="chosen">The value that is known to be chosen there, zero for none: whoever learns it may hold it in
    /// any ballot that it was accepted in.</param>
    public static string? BrokenBy(
        ulong promisedBefore, ulong promisedAfter, AcceptedValue before, AcceptedValue after, ulong chosen)
    {
        if (promisedAfter < promisedBefore)
        {
            return PromiseFell;
        }

        if (after == before)
        {
            return null;
        }

        if (after.IsNone)
        {
            return Forgotten;
        }

        if (after.Stamp > promisedAfter)
        {
            return AbovePromise;
        }

        if (chosen != 0 && after.Value == chosen)
        {
            return null;
        }

        if (after.Stamp == before.Stamp)
        {
            return TwoInOneBallot;
        }

        // Not below the promise implies not below what was there: accepting that had raised the promise.
        return after.Stamp < promisedBefore || after.Stamp < before.Stamp ? BelowPromise : null;
    }

    /// <summary>A whole acceptor, before and after any number of its steps; also a disk across a crash.</summary>
    /// <param name="before">The acceptor then.</param>
    /// <param name="after">The acceptor now.</param>
    /// <param name="chosen">The values known to be chosen, by position.</param>
    public static string? BrokenBy(
        AcceptorState before, AcceptorState after, IReadOnlyDictionary<ulong, ulong> chosen)
    {
        if (after.Promised < before.Promised)
        {
            return PromiseFell;
        }

        if (after.Base < before.Base)
        {
            return BaseNotChosen;
        }

        for (ulong position = before.Base + 1; position <= after.Base; position++)
        {
            if (!chosen.ContainsKey(position))
            {
                return BaseNotChosen;
            }
        }

        foreach (ulong position in before.Accepted.Keys.Union(after.Accepted.Keys))
        {
            string? broken = position <= after.Base
                ? null
                : BrokenBy(
                    before.Promised, after.Promised, before.At(position), after.At(position),
                    chosen.GetValueOrDefault(position));
            if (broken is not null)
            {
                return broken;
            }
        }

        return null;
    }

    /// <summary>A promise is made: every position behind its base and from the asked one on is in it, chosen or not,
    /// and nothing else is.</summary>
    /// <param name="state">What the acceptor holds in memory when it makes the promise.</param>
    /// <param name="commit">Up to where it knows everything to be chosen; at least the state's base.</param>
    /// <param name="report">What it says, all chunks together.</param>
    public static string? BrokenByPromise(AcceptorState state, ulong commit, PromiseReport report)
    {
        if (state.Promised != report.Ballot)
        {
            return state.Promised > report.Ballot ? BelowPromise : AbovePromise;
        }

        if (report.Base > commit)
        {
            return BaseNotChosen;
        }

        ulong first = Math.Max(report.From, report.Base + 1);
        if (first <= state.Base)
        {
            // What the snapshot holds cannot be told position by position: it has to be named as the base.
            return PromiseTellsLess;
        }

        foreach (ulong position in state.Accepted.Keys.Union(report.Accepted.Keys))
        {
            if (position >= first && state.At(position) != report.At(position))
            {
                return PromiseTellsLess;
            }
        }

        return null;
    }

    /// <summary>A promise leaves. It may have been made earlier, when the acceptor had promised less.</summary>
    /// <param name="durable">What lies on its disk.</param>
    /// <param name="report">What it says, all chunks together.</param>
    /// <param name="chosen">The values known to be chosen, by position: it may have learned one in between.</param>
    public static string? BrokenByTelling(
        AcceptorState durable, PromiseReport report, IReadOnlyDictionary<ulong, ulong> chosen)
    {
        if (durable.Promised < report.Ballot)
        {
            return PromiseNotDurable;
        }

        foreach ((ulong position, AcceptedValue told) in report.Accepted)
        {
            // What it told it held: it still holds it, or what came in a newer ballot, or what is chosen.
            AcceptedValue held = durable.At(position);
            bool isChosen = !held.IsNone && held.Value == chosen.GetValueOrDefault(position);
            if (position > durable.Base && held != told && held.Stamp <= told.Stamp && !isChosen)
            {
                return VoteNotDurable;
            }
        }

        return null;
    }

    /// <summary>An acceptor acknowledges that it has accepted what <paramref name="ballot"/> proposed.</summary>
    /// <param name="durable">What lies on its disk.</param>
    /// <param name="ballot">The ballot of the acknowledgement.</param>
    /// <param name="position">The acknowledged position.</param>
    /// <param name="value">What the ballot proposed there.</param>
    /// <param name="chosen">The value that is known to be chosen there, zero for none: it may have been learned in an
    /// older ballot.</param>
    public static string? BrokenByAcknowledging(
        AcceptorState durable, ulong ballot, ulong position, ulong value, ulong chosen)
    {
        if (position <= durable.Base)
        {
            return null;
        }

        AcceptedValue held = durable.At(position);
        bool holds = held.Stamp > ballot
            || (held.Stamp == ballot && held.Value == value)
            || (!held.IsNone && held.Value == chosen);
        return holds && durable.Promised >= ballot ? null : VoteNotDurable;
    }
}
