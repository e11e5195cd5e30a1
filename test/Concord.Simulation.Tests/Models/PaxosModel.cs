using Concord.Simulation.Models;

namespace Concord.Simulation.Tests.Models;

/// <summary>
/// Everything that may happen next to three acceptors and one proposer per ballot. A value is named after the ballot
/// that proposed it first; values at different positions have nothing to do with one another.
/// </summary>
internal sealed partial class PaxosModel(ModelSize size, ModelRules rules)
{
    /// <summary>More than any state has.</summary>
    public const int StepsMax = 256;

    private readonly PaxosState[] _next = new PaxosState[StepsMax];
    private int _count;

    /// <summary>What <see cref="AcceptorModel"/> says of the last step of an acceptor that it does not allow; null as
    /// long as it allows all of them.</summary>
    public string? RefusedStep { get; private set; }

    public ModelSize Size => size;

    public ModelRules Rules => rules;

    /// <summary>The states that one step leads to; valid until the next call.</summary>
    public ReadOnlySpan<PaxosState> Next(in PaxosState state)
    {
        _count = 0;
        for (int acceptor = 0; acceptor < PaxosState.Acceptors; acceptor++)
        {
            // Equal acceptors do equal things: the states would be one after they are put in order.
            bool isTwin = (acceptor > 0 && state[acceptor] == state[acceptor - 1])
                || (acceptor == 2 && state[2] == state[0]);
            if (!isTwin)
            {
                Promise(state, acceptor);
                Accept(state, acceptor);
                Learn(state, acceptor);
                Crash(state, acceptor);
            }
        }

        for (int ballot = 1; ballot <= size.Ballots; ballot++)
        {
            for (int position = 0; position < size.Positions; position++)
            {
                Propose(state, ballot, position);
            }
        }

        return _next.AsSpan(0, _count);
    }

    /// <summary>A Prepare comes: every proposer may have sent its own at any time. A repeated one is answered alike;
    /// what has been accepted in between is of the same ballot, and no use to who leads it already.</summary>
    private void Promise(in PaxosState state, int acceptor)
    {
        AcceptorWord word = state[acceptor];
        int covered = size.Snapshots ? ChosenPrefix(state) : 0;
        for (int ballot = 1; ballot <= size.Ballots; ballot++)
        {
            bool may = AcceptorModel.MayPromise((ulong)word.Promised, (ulong)ballot) || !rules.PrepareChecksBallot;
            if (word.HasPromised(ballot) || !may)
            {
                continue;
            }

            for (int through = 0; through <= covered; through++)
            {
                int left = rules.PromiseNamesItsBase ? AcceptorWord.Covered : 0;
                AcceptorWord next = word.WithPromised(ballot).WithTold(
                    ballot, through > 0 ? left : word.Held(0), through > 1 ? left : word.Held(1));
                Add(Step(state, acceptor, next));
            }
        }
    }

    /// <summary>An Accept comes. It may come to who has not heard the Prepare.</summary>
    private void Accept(in PaxosState state, int acceptor)
    {
        AcceptorWord word = state[acceptor];
        for (int ballot = 1; ballot <= size.Ballots; ballot++)
        {
            bool may = AcceptorModel.MayAccept((ulong)word.Promised, (ulong)ballot) || !rules.AcceptChecksBallot;
            for (int position = 0; may && position < size.Positions; position++)
            {
                for (int values = state.Proposed(ballot, position); values != 0; values &= values - 1)
                {
                    int value = int.TrailingZeroCount(values) + 1;
                    AcceptorWord next = word.WithPromised(Math.Max(word.Promised, ballot))
                        .WithHeld(position, AcceptorWord.Entry(ballot, value)).WithVote(ballot, position, value);
                    if (next != word)
                    {
                        Add(Count(Step(state, acceptor, next), ballot, position, value));
                    }
                }
            }
        }
    }

    /// <summary>Somebody has voted; what a quorum has voted for in one ballot is chosen.</summary>
    private PaxosState Count(in PaxosState state, int ballot, int position, int value)
    {
        int votes = 0;
        for (int acceptor = 0; acceptor < PaxosState.Acceptors; acceptor++)
        {
            votes += state[acceptor].Vote(ballot, position) == value ? 1 : 0;
        }

        return votes >= rules.ChooseQuorum ? state.WithChosen(ballot, position, value) : state;
    }

    /// <summary>An acceptor that has not got what is chosen gets it from one that has, in the ballot in which that one
    /// accepted it, whatever it has promised itself.</summary>
    private void Learn(in PaxosState state, int acceptor)
    {
        AcceptorWord word = state[acceptor];
        for (int position = 0; size.Learns && position < size.Positions; position++)
        {
            int chosen = state.Chosen(position);
            if (chosen == 0 || AcceptorWord.ValueOf(word.Held(position)) == chosen)
            {
                continue;
            }

            for (int from = 0; from < PaxosState.Acceptors; from++)
            {
                int entry = state[from].Held(position);
                if (AcceptorWord.ValueOf(entry) == chosen)
                {
                    int promised = Math.Max(word.Promised, AcceptorWord.StampOf(entry));
                    Add(Step(state, acceptor, word.WithHeld(position, entry).WithPromised(promised)));
                }
            }
        }
    }

    /// <summary>An acceptor falls and comes back with what is durable; where all of it is, that changes
    /// nothing.</summary>
    private void Crash(in PaxosState state, int acceptor)
    {
        AcceptorWord word = state[acceptor];
        if (!rules.PromiseIsDurable)
        {
            int known = Math.Max(AcceptorWord.StampOf(word.Held(0)), AcceptorWord.StampOf(word.Held(1)));
            if (known != word.Promised)
            {
                Add(Step(state, acceptor, word.WithPromised(known)));
            }
        }

        for (int position = 0; !rules.VoteIsDurable && position < size.Positions; position++)
        {
            if (word.Held(position) != 0)
            {
                Add(Step(state, acceptor, word.WithHeld(position, 0)));
            }
        }
    }

    private int ChosenPrefix(in PaxosState state)
    {
        int prefix = 0;
        while (prefix < size.Positions && state.Chosen(prefix) != 0)
        {
            prefix++;
        }

        return prefix;
    }

    /// <summary>An acceptor takes a step; what the simulator would say of it is kept.</summary>
    private PaxosState Step(in PaxosState state, int acceptor, AcceptorWord next)
    {
        AcceptorWord word = state[acceptor];
        for (int position = 0; position < size.Positions; position++)
        {
            RefusedStep = AcceptorModel.BrokenBy(
                (ulong)word.Promised,
                (ulong)next.Promised,
                AcceptorWord.Plain(word.Held(position)),
                AcceptorWord.Plain(next.Held(position)),
                (ulong)state.Chosen(position)) ?? RefusedStep;
        }

        return state.With(acceptor, next);
    }

    private void Add(in PaxosState state) => _next[_count++] = state;
}
