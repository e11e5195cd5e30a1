using Concord.Simulation.Models;

namespace Concord.Simulation.Tests.Models;

/// <content>What the proposers do.</content>
internal sealed partial class PaxosModel
{
    private const int NoPromise = -1;

    /// <summary>Whether a leader with a quorum of promises has no proposal for a position below the highest that they
    /// report: nothing behind it can ever be applied.</summary>
    public bool HasHoleForEver(in PaxosState state)
    {
        for (int ballot = 1; ballot <= size.Ballots; ballot++)
        {
            for (int position = 0; position + 1 < size.Positions; position++)
            {
                _count = 0;
                Propose(state, ballot, position);
                bool isOpen = state.Proposed(ballot, position) == 0 && _count == 0;
                for (int quorum = 0; isOpen && quorum < 1 << PaxosState.Acceptors; quorum++)
                {
                    bool hasHole = int.PopCount(quorum) == rules.LeadQuorum
                        && TryPick(state, ballot, position, quorum, ballot, out int value, out bool isHole)
                        && value == 0 && isHole;
                    if (hasHole)
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    /// <summary>A leader proposes at a position, once for all. Any quorum of its promises may be the one that it
    /// counted; a larger one picks what one of the smallest within picks.</summary>
    private void Propose(in PaxosState state, int ballot, int position)
    {
        int before = state.Proposed(ballot, position);
        if (before != 0 && (rules.BallotIsUsedOnce || int.PopCount(before) > 1))
        {
            return;
        }

        int picked = 0;
        int others = rules.PromisesAreOfOneBallot ? ballot : 1;
        int othersEnd = rules.PromisesAreOfOneBallot ? ballot : size.Ballots;
        for (int quorum = 0; quorum < 1 << PaxosState.Acceptors; quorum++)
        {
            if (int.PopCount(quorum) != rules.LeadQuorum)
            {
                continue;
            }

            for (int other = others; other <= othersEnd; other++)
            {
                if (!TryPick(state, ballot, position, quorum, other, out int value, out bool isHole)
                    || (value == 0 && isHole && !rules.HolesAreFilled))
                {
                    continue;
                }

                // A value of its own: the second that a ballot has is another one.
                int proposed = value != 0 ? value : (2 * ballot) - 1 + (before != 0 ? 1 : 0);
                int bit = 1 << ((2 * proposed) + (value == 0 && isHole ? 1 : 0));
                PaxosState next = state.WithProposed(ballot, position, proposed, value == 0 && isHole);
                if ((picked & bit) == 0 && !next.Equals(state))
                {
                    picked |= bit;
                    Add(next);
                }
            }
        }
    }

    /// <summary>What a quorum's promises say of a position: the value to propose, zero if it is free, and whether
    /// something is reported behind it.</summary>
    private bool TryPick(
        in PaxosState state, int ballot, int position, int quorum, int other, out int value, out bool isHole)
    {
        (value, isHole) = (0, false);
        Span<AcceptedValue> reported = stackalloc AcceptedValue[PaxosState.Acceptors];
        int count = 0;
        for (int acceptor = 0; acceptor < PaxosState.Acceptors; acceptor++)
        {
            if ((quorum & (1 << acceptor)) == 0)
            {
                continue;
            }

            int counted = CountedBallot(state[acceptor], ballot, other);
            if (counted == NoPromise)
            {
                return false;
            }

            int told = state[acceptor].Told(counted, position);
            if (told == AcceptorWord.Covered && rules.ProposerHeedsTheBase)
            {
                return false;
            }

            reported[count++] = told == AcceptorWord.Covered ? AcceptedValue.None : AcceptorWord.Plain(told);
            isHole |= position + 1 < size.Positions && state[acceptor].Told(counted, position + 1) != 0;
        }

        value = PickFrom(reported[..count]);
        return true;
    }

    private static int CountedBallot(AcceptorWord word, int ballot, int other) =>
        word.HasPromised(other) ? other : word.HasPromised(ballot) ? ballot : NoPromise;

    private int PickFrom(ReadOnlySpan<AcceptedValue> reported)
    {
        if (rules.Pick == Pick.Highest)
        {
            return (int)ProposerModel.Highest(reported).Value;
        }

        AcceptedValue lowest = AcceptedValue.None;
        foreach (AcceptedValue one in reported)
        {
            bool isLower = !one.IsNone && (lowest.IsNone || one.Stamp < lowest.Stamp);
            lowest = rules.Pick == Pick.Lowest && isLower ? one : lowest;
        }

        return (int)lowest.Value;
    }
}
