namespace Concord.Simulation.Tests.Models;

/// <summary>What must hold in every state. A check returns a sentence, or null.</summary>
internal sealed class PaxosInvariants(PaxosModel model)
{
    /// <summary>The one that matters to users; the others are why it holds.</summary>
    public static string? Agreement(in PaxosState state) =>
        state.IsTorn ? "two values are chosen at one position" : null;

    public string? All(in PaxosState state) =>
        Agreement(state) ?? Acceptors(state) ?? Promises(state) ?? Proposals(state) ?? Commit(state) ?? Holes(state);

    /// <summary>A leader can always go on.</summary>
    public string? Holes(in PaxosState state) =>
        model.HasHoleForEver(state) ? "a leader has nothing to propose below the highest position reported" : null;

    /// <summary>
    /// A leader says up to where its log is chosen, and whoever takes part in its ballot takes that for granted where
    /// it holds the leader's own proposal. Otherwise it has to ask.
    /// </summary>
    public string? Commit(in PaxosState state)
    {
        for (int ballot = 1; ballot <= model.Size.Ballots; ballot++)
        {
            for (int position = 0; position < model.Size.Positions && state.Chose(ballot, position); position++)
            {
                for (int acceptor = 0; acceptor < PaxosState.Acceptors; acceptor++)
                {
                    int held = state[acceptor].Held(position);
                    bool takes = state[acceptor].Promised <= ballot && held != 0
                        && (AcceptorWord.StampOf(held) == ballot || !model.Rules.CommitIsOfOneBallot);
                    if (takes && AcceptorWord.ValueOf(held) != state.Chosen(position))
                    {
                        return "an acceptor takes for chosen what is not";
                    }
                }
            }
        }

        return null;
    }

    private string? Acceptors(in PaxosState state)
    {
        for (int acceptor = 0; acceptor < PaxosState.Acceptors; acceptor++)
        {
            AcceptorWord word = state[acceptor];
            for (int position = 0; position < model.Size.Positions; position++)
            {
                int held = word.Held(position);
                int stamp = AcceptorWord.StampOf(held);
                if (stamp > word.Promised)
                {
                    return "an acceptor holds something of a newer ballot than it has promised";
                }

                if (held != 0 && !HasProposed(state, stamp, position, AcceptorWord.ValueOf(held)))
                {
                    return "an acceptor holds what nobody has proposed";
                }

                for (int ballot = 1; ballot <= model.Size.Ballots; ballot++)
                {
                    int vote = word.Vote(ballot, position);
                    if (vote != 0 && (ballot > word.Promised || !HasProposed(state, ballot, position, vote)))
                    {
                        return "an acceptor voted for what nobody has proposed, or above its promise";
                    }
                }
            }
        }

        return null;
    }

    /// <summary>What nobody can accept any more may have been forgotten.</summary>
    private static bool HasProposed(in PaxosState state, int ballot, int position, int value) =>
        !state.IsOpen(ballot) || (state.Proposed(ballot, position) & (1 << (value - 1))) != 0;

    /// <summary>A promise is kept: between the ballot that it reports and its own the acceptor never votes.</summary>
    private string? Promises(in PaxosState state)
    {
        for (int acceptor = 0; acceptor < PaxosState.Acceptors; acceptor++)
        {
            AcceptorWord word = state[acceptor];
            for (int ballot = 1; ballot <= model.Size.Ballots; ballot++)
            {
                if (word.HasPromised(ballot) && word.Promised < ballot)
                {
                    return "an acceptor has promised more than it keeps";
                }

                for (int position = 0; word.HasPromised(ballot) && position < model.Size.Positions; position++)
                {
                    if (!IsKept(state, word, ballot, position))
                    {
                        return "an acceptor voted below its promise, or told less than it held";
                    }
                }
            }
        }

        return null;
    }

    private static bool IsKept(in PaxosState state, AcceptorWord word, int ballot, int position)
    {
        int told = word.Told(ballot, position);
        int chosen = state.Chosen(position);
        if (told == AcceptorWord.Covered)
        {
            return chosen != 0;
        }

        // What is chosen may be held, and told, in an older ballot than the one that it was voted for in.
        bool isLearned = chosen != 0 && AcceptorWord.ValueOf(told) == chosen;
        bool isKept = true;
        for (int between = AcceptorWord.StampOf(told) + 1; between < ballot; between++)
        {
            isKept &= isLearned || word.Vote(between, position) == 0;
        }

        return isKept;
    }

    /// <summary>
    /// What a ballot proposes is safe: no older ballot has chosen another value there, and none ever can any more,
    /// because too many of those who have not voted in it have promised not to. The heart of Paxos.
    /// </summary>
    private string? Proposals(in PaxosState state)
    {
        for (int ballot = 1; ballot <= model.Size.Ballots; ballot++)
        {
            for (int position = 0; position < model.Size.Positions; position++)
            {
                int values = state.Proposed(ballot, position);
                if ((values & (values - 1)) != 0)
                {
                    return "a ballot has proposed two values at one position";
                }

                for (int older = 1; values != 0 && older < ballot; older++)
                {
                    int other = state.Chose(older, position)
                        ? 1 << (state.Chosen(position) - 1)
                        : state.Proposed(older, position);
                    if (other != values && state.CanBeChosen(older, position, model.Rules.ChooseQuorum))
                    {
                        return "a ballot has proposed something although an older one may choose something else";
                    }
                }
            }
        }

        return null;
    }
}
