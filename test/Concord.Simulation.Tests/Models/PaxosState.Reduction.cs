namespace Concord.Simulation.Tests.Models;

/// <content>
/// Forgets what nobody will read again, so that states that cannot be told apart any more become one. It needs sound
/// acceptors, and ballots that are used once; where the model is to break, nothing is forgotten. That a state and its
/// reduced one lead to the same states is not only argued: a test compares them.
/// </content>
internal partial struct PaxosState
{
    public readonly PaxosState Reduced(ModelSize size, int chooseQuorum)
    {
        PaxosState next = this;
        for (int ballot = 1; ballot <= size.Ballots; ballot++)
        {
            bool isOver = !IsOpen(ballot);
            bool hasProposedAll = true;
            for (int position = 0; position < size.Positions; position++)
            {
                hasProposedAll &= Proposed(ballot, position) != 0;
                if (Chose(ballot, position) || !CanBeChosen(ballot, position, chooseQuorum))
                {
                    next.ForgetVotes(ballot, position);
                }

                if (isOver)
                {
                    next.ForgetProposal(ballot, position);
                }
            }

            if (isOver || hasProposedAll)
            {
                next.ForgetPromises(ballot);
            }
        }

        return next;
    }

    /// <summary>Whether somebody may still take part in a ballot.</summary>
    public readonly bool IsOpen(int ballot) =>
        this[0].Promised <= ballot || this[1].Promised <= ballot || this[2].Promised <= ballot;

    /// <summary>Whether a ballot has chosen something, or those who voted and those who still may are enough
    /// to.</summary>
    public readonly bool CanBeChosen(int ballot, int position, int chooseQuorum)
    {
        int count = 0;
        for (int acceptor = 0; acceptor < Acceptors; acceptor++)
        {
            AcceptorWord word = this[acceptor];
            count += word.Vote(ballot, position) != 0 || word.Promised <= ballot ? 1 : 0;
        }

        return count >= chooseQuorum || Chose(ballot, position);
    }

    /// <summary>Votes that cannot become a quorum any more are counted by nobody, and those of a quorum have been
    /// counted.</summary>
    private void ForgetVotes(int ballot, int position)
    {
        _first = new AcceptorWord(_first).WithVote(ballot, position, 0).Bits;
        _second = new AcceptorWord(_second).WithVote(ballot, position, 0).Bits;
        _third = new AcceptorWord(_third).WithVote(ballot, position, 0).Bits;
    }

    /// <summary>Where a leader has proposed everything, or nobody takes part in its ballot any more, its promises are
    /// of no use.</summary>
    private void ForgetPromises(int ballot)
    {
        _first = new AcceptorWord(_first).WithoutTold(ballot).Bits;
        _second = new AcceptorWord(_second).WithoutTold(ballot).Bits;
        _third = new AcceptorWord(_third).WithoutTold(ballot).Bits;
    }

    /// <summary>Everybody will refuse it.</summary>
    private void ForgetProposal(int ballot, int position)
    {
        int place = AcceptorWord.PlaceOf(ballot, position);
        _sent &= ~((((1UL << ValuesMax) - 1) << (place * ValuesMax)) | (1UL << (NoOpAt + place)));
    }
}
