using System.Globalization;

namespace Concord.Consensus.Tests.Paxos;

/// <summary>What other replicas of a group that agrees by Multi-Paxos say to n1. Whose a ballot is, is written in
/// it.</summary>
internal static class Tell
{
    public static Stamp Ballot(string text)
    {
        string[] parts = text.Split('.');
        return Stamp.FromBallot(
            ulong.Parse(parts[0], CultureInfo.InvariantCulture),
            new(ushort.Parse(parts[1], CultureInfo.InvariantCulture)));
    }

    public static string Text(Stamp ballot) => $"{ballot.Term}.{ballot.Owner.Value}";

    public static string Text(LogBuffer log) => Text(log, new LogRange(log.First, log.Count));

    public static string Text(LogBuffer log, LogRange range) =>
        string.Join(' ', Enumerable.Range(0, range.Count).Select(i => Text(log, range.First + (ulong)i)));

    /// <summary>Puts entries behind the base of <paramref name="log"/>; the bytes of a value are its name.</summary>
    public static LogBuffer Entries(LogBuffer log, string entries)
    {
        LogIndex at = log.Base;
        foreach (string entry in entries.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            at++;
            if (entry != "_")
            {
                string[] stamps = entry.Split('/');
                log.Put(at, Ballot(stamps[0]), Ballot(stamps[^1]), EntryKind.Command,
                    System.Text.Encoding.ASCII.GetBytes(stamps[^1]));
            }
        }

        return log;
    }

    public static Message Prepare(string ballot, ulong behind = 0, ulong commit = 0, bool transfer = false) =>
        FromOwner(MessageKind.Prepare, ballot) with
        {
            Index = new(behind),
            Commit = new(commit),
            IsTransfer = transfer,
        };

    /// <summary>The promise of <paramref name="ballot"/>; <paramref name="last"/> is the last place that holds
    /// anything.</summary>
    public static Message Promise(int from, string ballot, ulong behind = 0, ulong last = 0, ulong commit = 0) =>
        From(MessageKind.Promise, from, ballot) with { Index = new(behind), Hint = new(last), Commit = new(commit) };

    public static Message NoPromise(int from, string ballot) =>
        From(MessageKind.Promise, from, ballot) with { Rejected = true };

    public static Message Accept(string ballot, ulong behind = 0, ulong commit = 0) =>
        FromOwner(MessageKind.Accept, ballot) with { Index = new(behind), Commit = new(commit) };

    public static Message Accepted(int from, string ballot, ulong match, ulong commit = 0) =>
        From(MessageKind.Accepted, from, ballot) with { Index = new(match), Commit = new(commit) };

    public static Message Missing(int from, string ballot, ulong behind) =>
        Accepted(from, ballot, behind) with { Rejected = true };

    public static Message Learn(int from, string ballot, ulong behind = 0) =>
        From(MessageKind.Learn, from, ballot) with { Index = new(behind) };

    public static Message LearnReply(int from, string ballot, ulong behind = 0, ulong commit = 0) =>
        From(MessageKind.LearnReply, from, ballot) with { Index = new(behind), Commit = new(commit) };

    public static Message Heartbeat(string ballot, ulong commit = 0, ulong read = 0, ulong counted = 0) =>
        FromOwner(MessageKind.Heartbeat, ballot) with
        {
            Commit = new(commit),
            ReadSequence = read,
            Hint = new(counted),
        };

    public static Message HeartbeatReply(int from, string ballot, ulong read = 0, ulong commit = 0) =>
        From(MessageKind.HeartbeatReply, from, ballot) with { ReadSequence = read, Commit = new(commit) };

    public static Message TimeoutNow(string ballot, ulong last) =>
        FromOwner(MessageKind.TimeoutNow, ballot) with { Index = new(last) };

    /// <summary>Would n1 promise?</summary>
    public static Message PreVote(string ballot, ulong commit = 0) =>
        FromOwner(MessageKind.PreVote, ballot) with { Commit = new(commit) };

    /// <summary>It would.</summary>
    public static Message Word(int from, string ballot) => From(MessageKind.PreVoteReply, from, ballot);

    public static Message From(MessageKind kind, int from, string ballot) =>
        new() { Kind = kind, From = new((ushort)from), To = new(1), Stamp = Ballot(ballot) };

    private static Message FromOwner(MessageKind kind, string ballot) =>
        From(kind, Ballot(ballot).Owner.Value, ballot);

    private static string Text(LogBuffer log, LogIndex at)
    {
        if (!log.Has(at))
        {
            return "_";
        }

        (string stamp, string origin) = (Text(log.StampAt(at)), Text(log.OriginAt(at)));
        string kind = log.KindAt(at) switch { EntryKind.NoOp => "-", EntryKind.Membership => "m", _ => "" };
        return stamp == origin ? stamp + kind : $"{stamp}/{origin}{kind}";
    }
}
