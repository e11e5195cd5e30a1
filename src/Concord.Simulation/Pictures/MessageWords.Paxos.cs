using Concord.Consensus;

namespace Concord.Simulation.Pictures;

/// <content>The messages that only Multi-Paxos has.</content>
internal static partial class MessageWords
{
    private static string BriefOfPaxos(in Message message, string stamps) => message.Kind switch
    {
        MessageKind.Prepare => $"promise me {message.Stamp}?",
        MessageKind.Promise when message.Rejected => "no promise",
        MessageKind.Promise when message.Entries.IsEmpty => "promised; nothing to tell",
        MessageKind.Promise => $"promised; {Places(message.Entries)} {stamps}{(IsAll(message) ? "" : " …")}",
        MessageKind.Accept when message.Entries.IsEmpty => "what do you lack?",
        MessageKind.Accept when message.ByReference => $"accept {Places(message.Entries)} that you hold {stamps}",
        MessageKind.Accept => $"accept {Places(message.Entries)} {stamps}",
        MessageKind.Accepted => message.Rejected ? $"missing behind {message.Index}" : $"accepted to {message.Index}",
        MessageKind.Learn => $"what is chosen behind {message.Index}?",
        MessageKind.LearnReply => $"chosen {Places(message.Entries)} {stamps}",
        _ => message.Kind.ToString(),
    };

    private static string FullOfPaxos(in Message message, string stamps) => message.Kind switch
    {
        MessageKind.Prepare =>
            $"Asks for the promise of {message.Stamp}, to accept nothing under lower ballots any more, and for all "
            + $"that was accepted behind {message.Index}.",
        MessageKind.Promise => Promised(message, stamps),
        MessageKind.Accept when message.Entries.IsEmpty =>
            $"The leader of {message.Stamp} asks what is missing behind {message.Index}. {Chosen(message)}",
        MessageKind.Accept =>
            $"To be accepted under {message.Stamp}: {Places(message.Entries)} {stamps}"
            + (message.ByReference ? ", only by name, for the receiver said that it holds them. " : ". ")
            + $"{Again(stamps)}{Chosen(message)}",
        MessageKind.Accepted => message.Rejected
            ? $"Has accepted all up to {message.Index}, and lacks what comes right behind it. Later ones it may hold."
            : $"Everything up to {message.Index} is chosen, or accepted under {message.Stamp}, and durable here.",
        MessageKind.Learn =>
            $"Heard that more is chosen, and asks for it: what lies behind {message.Index}. Anybody may answer.",
        MessageKind.LearnReply =>
            $"Chosen values: {Places(message.Entries)} {stamps}. What is chosen is chosen under every ballot. "
            + Chosen(message),
        _ => message.ToString(),
    };

    private static string Promised(in Message message, string stamps)
    {
        if (message.Rejected)
        {
            return $"Refuses its promise: hears a leader, or has promised a higher ballot; is in {message.Stamp}.";
        }

        string told = message.Entries.IsEmpty
            ? $"Has accepted nothing behind {message.Index}"
            : $"Has accepted behind {message.Index}: {Places(message.Entries)} {stamps}";
        string more = IsAll(message) ? "" : $", and more up to {message.Hint}";
        string holes = stamps.Contains(Nothing, StringComparison.Ordinal) ? $" ({Nothing}: nothing there)" : "";
        return $"Accepts nothing under ballots lower than {message.Stamp} any more. {told}{more}{holes}. "
            + Chosen(message);
    }

    private const string Nothing = "–";

    private static string StampOf(Stamp stamp, Stamp origin, EntryKind kind)
    {
        if (kind == EntryKind.None)
        {
            return Nothing;
        }

        string first = origin == stamp ? "" : $"{origin}→";
        string noOp = kind == EntryKind.NoOp && !stamp.Owner.IsNone ? " ∅" : "";
        return $"{first}{stamp}{noOp}";
    }

    private static string Again(string stamps) => stamps.Contains('→', StringComparison.Ordinal)
        ? "Before → the ballot under which it was proposed first. "
        : "";

    private static string Chosen(in Message message) =>
        message.Commit.Value == 0 ? "Knows of nothing that is chosen." : $"Chosen up to {message.Commit}.";

    private static bool IsAll(in Message message) =>
        message.Entries.IsEmpty || message.Entries.Last >= message.Hint;

    private static bool IsBallot(in Message message) => !message.Stamp.Owner.IsNone;

    private static string Reign(in Message message) => IsBallot(message) ? "ballot" : "term";
}
