using System.Globalization;
using Concord.Consensus;

namespace Concord.Simulation.Pictures;

/// <summary>What a message says, for somebody who does not know the protocol by heart.</summary>
internal static partial class MessageWords
{
    /// <summary>What stands beside the arrow.</summary>
    public static string Brief(in Message message, string stamps) => message.Kind switch
    {
        MessageKind.RequestVote => "vote for me?",
        MessageKind.RequestVoteReply => message.Rejected ? "no vote" : "my vote",
        MessageKind.Append when message.Entries.IsEmpty => "probe",
        MessageKind.Append => $"append {Places(message.Entries)} {stamps}",
        MessageKind.AppendReply => message.Rejected ? $"no match at {message.Index}" : $"have {message.Index}",
        MessageKind.Heartbeat => "heartbeat",
        MessageKind.HeartbeatReply => message.Rejected ? $"your {Reign(message)} is over" : "heard",
        MessageKind.InstallSnapshot => $"need snapshot {message.Index}",
        MessageKind.PreVote => $"would you {(IsBallot(message) ? "promise" : "vote for me")}?",
        MessageKind.PreVoteReply => message.Rejected ? "I would not" : "I would",
        MessageKind.TimeoutNow => "stand now",
        MessageKind.ReadIndex => "read up to where?",
        MessageKind.ReadIndexReply => $"read at {message.Index}",
        _ => BriefOfPaxos(message, stamps),
    };

    /// <summary>All of it, in a sentence.</summary>
    public static string Full(in Message message, string stamps) => message.Kind switch
    {
        MessageKind.RequestVote =>
            $"Asks for a vote in {message.Stamp}. Its last entry: {Place(message.Index, message.LogStamp)}.",
        MessageKind.RequestVoteReply => message.Rejected
            ? $"Refuses its vote; is in {message.Stamp}."
            : $"Gives its vote in {message.Stamp}.",
        MessageKind.Append =>
            $"Entries {Places(message.Entries)} {stamps} behind {Place(message.Index, message.LogStamp)}; "
            + $"committed up to {message.Commit}.",
        MessageKind.AppendReply => message.Rejected
            ? $"Does not have the entry before it: no match at {message.Index}; try {message.Hint}."
            : $"Everything up to {message.Index} is durable here and equal to the leader's log.",
        MessageKind.Heartbeat => string.Create(
            CultureInfo.InvariantCulture,
            $"The leader of {message.Stamp} is there; committed up to {message.Commit}, round {message.ReadSequence}."),
        MessageKind.HeartbeatReply => message.Rejected
            ? $"Refuses an older {Reign(message)}; is in {message.Stamp}."
            : string.Create(CultureInfo.InvariantCulture, $"Heard the leader; round {message.ReadSequence}."),
        MessageKind.InstallSnapshot =>
            $"The entries you need are gone here; fetch the snapshot at {Place(message.Index, message.LogStamp)}.",
        MessageKind.PreVote => message.IsImpaired
            ? $"May have forgotten something, and asks where everybody stands; is before {message.Stamp}."
            : $"Asks whether it would be elected in {message.Stamp}, before it disturbs anybody. "
                + (IsBallot(message)
                    ? $"Knows what is chosen up to {message.Commit}."
                    : $"Its last entry: {Place(message.Index, message.LogStamp)}."),
        MessageKind.PreVoteReply => message.Rejected
            ? $"Would not give its vote; is in {message.Stamp}."
            : $"Would give its vote in {message.Stamp}; promises nothing.",
        MessageKind.TimeoutNow =>
            $"The leader of {message.Stamp} hands over: stand at once, with {Place(message.Index, message.LogStamp)}.",
        MessageKind.ReadIndex => string.Create(
            CultureInfo.InvariantCulture, $"Asks its leader up to where it must have applied; {message.ReadSequence}."),
        MessageKind.ReadIndexReply => string.Create(
            CultureInfo.InvariantCulture,
            $"Reads numbered {message.ReadSequence} may be answered from place {message.Index} on."),
        _ => FullOfPaxos(message, stamps),
    };

    /// <summary>Under what the entries that travel along were written: <c>{t2 t4}</c>. Of ballots also where nothing
    /// was accepted, what is only a no-op, and under which ballot a value was proposed first.</summary>
    public static string Stamps(EntryReader entries)
    {
        const int Shown = 6;
        var stamps = new List<string>();
        int left = 0;
        while (entries.TryRead(out Stamp stamp, out EntryKind kind, out ReadOnlySpan<byte> _))
        {
            if (stamps.Count < Shown)
            {
                stamps.Add(StampOf(stamp, entries.Origin, kind));
            }
            else
            {
                left++;
            }
        }

        string more = left > 0 ? string.Create(CultureInfo.InvariantCulture, $" +{left}") : "";
        return stamps.Count == 0 ? "" : $"{{{string.Join(' ', stamps)}{more}}}";
    }

    private static string Places(LogRange range) =>
        range.IsEmpty ? "none" : range.Count == 1 ? $"{range.First}" : $"{range.First}–{range.Last}";

    private static string Place(LogIndex index, Stamp stamp) => index.Value == 0 ? "none" : $"{index} of {stamp}";
}
