using Concord.Consensus.Paxos;

namespace Concord.Consensus.Tests.Paxos;

/// <summary>
/// A replica of a group that agrees by Multi-Paxos, see <see cref="HostedReplica"/>. Ballots are written as round and
/// node, <c>3.1</c>; entries as the ballot that they were accepted under, behind a slash the one they were first
/// proposed under if that is another, <c>3.1/2.2</c>; gaps as <c>_</c>.
/// </summary>
internal sealed class PaxosReplica : HostedReplica
{
    private readonly Membership _founders;

    public PaxosReplica(
        string promised = "0.0", string log = "", int voters = 3, ulong commit = 0, ulong seed = 7,
        Func<ReplicaOptions, ReplicaOptions>? with = null, Membership? membership = null, bool impaired = false,
        LogBuffer? entries = null, ulong knownCommit = 0)
        : base(new PaxosCore(with?.Invoke(Plain(seed)) ?? Plain(seed), new()
        {
            HardState = new(Tell.Ballot(promised), NodeId.None) { Commit = new(knownCommit) },
            Log = entries ?? Tell.Entries(new(), log),
            CommitIndex = new(commit),
            Membership = membership ?? Voters(voters),
            IsImpaired = impaired,
        })) => _founders = membership ?? Voters(voters);

    /// <summary>The ballot that it has promised last.</summary>
    public string Promised => Tell.Text(Core.Status.Stamp);

    /// <summary>Its entries as they are written in tests; a place that nobody needed is <c>-</c> behind its stamp, a
    /// membership <c>m</c>.</summary>
    public string Log => Tell.Text(Core.Log);

    /// <summary>A leader with the ballot of <paramref name="round"/> that all have promised, with nothing more than it
    /// has itself, and that nobody has answered yet.</summary>
    public static PaxosReplica Leading(
        ulong round = 1, string log = "", int voters = 3, ulong commit = 0,
        Func<ReplicaOptions, ReplicaOptions>? with = null, Membership? membership = null, string? promised = null)
    {
        var replica = new PaxosReplica(
            promised ?? $"{round - 1}.0", log, voters, commit, with: with, membership: membership);
        string ballot = $"{round}.1";
        replica.TimesOut();
        foreach (NodeId voter in replica.Core.Membership.Voters.Where(static voter => voter.Value != 1))
        {
            replica.Hears(Tell.Word(voter.Value, ballot));
        }

        foreach (NodeId voter in replica.Core.Membership.Voters.Where(static voter => voter.Value != 1))
        {
            ulong known = replica.Commit;
            replica.Hears(Tell.Promise(voter.Value, ballot, known, known, known));
        }

        Assert.Equal(Role.Leader, replica.Role);
        return replica;
    }

    /// <summary>Takes a message with entries behind <see cref="Message.Index"/>, settles, and gives what left because
    /// of it.</summary>
    public IReadOnlyList<Message> Hears(Message message, string entries = "") =>
        Hears(message, Tell.Entries(new(message.Index), entries));

    /// <summary>Takes one entry that names who belongs to the group.</summary>
    public IReadOnlyList<Message> Hears(Message message, string ballot, Membership membership)
    {
        var sender = new LogBuffer(message.Index);
        Stamp stamp = Tell.Ballot(ballot);
        sender.Put(message.Index + 1, stamp, stamp, EntryKind.Membership, MembershipCodec.Encode(membership));
        return Hears(message, sender);
    }

    /// <summary>What it would send along, as text.</summary>
    public string Text(Message message) => Tell.Text(Core.Log, message.Entries);

    /// <summary>It fails, loses what its disk has not got, and comes back with what it has.</summary>
    public PaxosReplica Restarted(ulong seed = 8, Func<ReplicaOptions, ReplicaOptions>? with = null)
    {
        LogBuffer log = Tell.Entries(new(Core.Log.Base, Core.Log.BaseStamp), "");
        for (LogIndex at = Core.Log.First; at <= Core.Log.Last; at++)
        {
            if (Core.Log.Has(at))
            {
                log.Put(at, Core.Log.StampAt(at), Core.Log.OriginAt(at), Core.Log.KindAt(at), Core.Log.PayloadAt(at));
            }
        }

        return new PaxosReplica(Tell.Text(LastHardState?.Stamp ?? default), seed: seed, with: with,
            membership: _founders, commit: log.Base.Value, entries: log,
            knownCommit: LastHardState?.Commit.Value ?? 0);
    }
}
