namespace Concord.Simulation.Tests.Models;

/// <summary>What has happened between two states, in words.</summary>
internal static class StepText
{
    public static string Between(in PaxosState before, in PaxosState after)
    {
        for (int acceptor = 0; acceptor < PaxosState.Acceptors; acceptor++)
        {
            if (before[acceptor] != after[acceptor])
            {
                return $"acceptor {acceptor + 1} {Of(before[acceptor], after[acceptor], after)}{Chosen(before, after)}";
            }
        }

        for (int ballot = 1; ballot <= 3; ballot++)
        {
            for (int position = 0; position < 2; position++)
            {
                int added = after.Proposed(ballot, position) & ~before.Proposed(ballot, position);
                if (added != 0)
                {
                    string value = ValueName(int.TrailingZeroCount(added) + 1, position, after);
                    return $"leader of ballot {ballot} proposes {value} at position {position + 1}";
                }
            }
        }

        return "nothing";
    }

    private static string Of(AcceptorWord before, AcceptorWord after, in PaxosState state)
    {
        for (int ballot = 1; ballot <= 3; ballot++)
        {
            if (after.HasPromised(ballot) && !before.HasPromised(ballot))
            {
                string first = Told(after, ballot, 0, state);
                string second = Told(after, ballot, 1, state);
                return $"promises ballot {ballot}, and tells {first} at 1, {second} at 2";
            }
        }

        for (int position = 0; position < 2; position++)
        {
            int held = after.Held(position);
            if (held == before.Held(position) && !Voted(before, after, position))
            {
                continue;
            }

            if (held == 0)
            {
                return $"falls, and has lost what it accepted at position {position + 1}";
            }

            string verb = Voted(before, after, position) ? "accepts" : "learns";
            string value = ValueName(AcceptorWord.ValueOf(held), position, state);
            return $"{verb} {value} at position {position + 1} in ballot {AcceptorWord.StampOf(held)}";
        }

        return $"falls, and has promised only ballot {after.Promised} when it comes back";
    }

    private static bool Voted(AcceptorWord before, AcceptorWord after, int position)
    {
        bool voted = false;
        for (int ballot = 1; ballot <= 3; ballot++)
        {
            voted |= before.Vote(ballot, position) != after.Vote(ballot, position);
        }

        return voted;
    }

    private static string Told(AcceptorWord word, int ballot, int position, in PaxosState state)
    {
        int told = word.Told(ballot, position);
        return told == 0 ? "nothing"
            : told == AcceptorWord.Covered ? "that something is chosen"
            : $"{ValueName(AcceptorWord.ValueOf(told), position, state)} of ballot {AcceptorWord.StampOf(told)}";
    }

    private static string Chosen(in PaxosState before, in PaxosState after)
    {
        for (int position = 0; position < 2; position++)
        {
            if (after.Chosen(position) != before.Chosen(position))
            {
                return ", which chooses it";
            }
        }

        return after.IsTorn && !before.IsTorn ? ", which chooses a second value there" : "";
    }

    /// <summary>Named after the ballot that proposed it first.</summary>
    private static string ValueName(int value, int position, in PaxosState state)
    {
        int ballot = (value + 1) / 2;
        string again = value % 2 == 0 ? "'" : "";
        return state.IsNoOp(ballot, position) ? $"no-op{ballot}{again}" : $"value{ballot}{again}";
    }
}
