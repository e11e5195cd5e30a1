using Concord.Consensus.Raft;

namespace Concord.Consensus.Tests;

/// <summary>A replica of a group that agrees by Raft, see <see cref="HostedReplica"/>.</summary>
internal sealed class Replica : HostedReplica
{
    public Replica(
        ulong term = 0, int votedFor = 0, ulong[]? log = null, int voters = 3, ulong commit = 0, ulong seed = 7,
        Func<ReplicaOptions, ReplicaOptions>? with = null, Membership? membership = null, bool impaired = false,
        Action<LogBuffer>? fill = null)
        : base(Create(term, votedFor, log, commit, with?.Invoke(Plain(seed)) ?? Plain(seed),
            membership ?? Voters(voters), impaired, fill))
    {
    }

    public ulong[] LogTerms =>
        [.. Enumerable.Range(0, Core.Log.Count).Select(i => Core.Log.StampAt(Core.Log.First + (ulong)i).Term)];

    /// <summary>A leader of <paramref name="term"/> that all have voted for and that nobody has answered yet.</summary>
    public static Replica Leading(
        ulong term = 1, ulong[]? log = null, int voters = 3, ulong commit = 0,
        Func<ReplicaOptions, ReplicaOptions>? with = null, Membership? membership = null)
    {
        var replica = new Replica(term - 1, 0, log, voters, commit, with: with, membership: membership);
        replica.TimesOut();
        foreach (NodeId voter in replica.Core.Membership.Voters)
        {
            replica.Hears(Say.PreVoteGranted(voter.Value, term));
        }

        foreach (NodeId voter in replica.Core.Membership.Voters)
        {
            replica.Hears(Say.Vote(voter.Value, term));
        }

        Assert.Equal(Role.Leader, replica.Role);
        return replica;
    }

    /// <summary>Takes a message, settles, and gives what left because of it.</summary>
    public IReadOnlyList<Message> Hears(Message message, params ulong[] entryTerms)
    {
        Say.Deliver(Core, message, Now, entryTerms);
        return Settle();
    }

    /// <summary>Takes one entry that names who belongs to the group, behind <see cref="Message.Index"/>.</summary>
    public IReadOnlyList<Message> Hears(Message message, Membership membership)
    {
        var sender = new LogBuffer(message.Index, message.LogStamp);
        sender.Append(message.Stamp, EntryKind.Membership, MembershipCodec.Encode(membership));
        return Hears(message, sender);
    }

    /// <summary>The host says that a peer is alive. It leads if it is who this replica takes for the leader, and knows
    /// what this replica knows to be committed, unless told otherwise.</summary>
    public IReadOnlyList<Message> IsTold(int peer, ulong term, bool? leads = null, ulong? commit = null)
    {
        NodeId node = new((ushort)peer);
        Standing standing = new(
            Stamp.FromTerm(term), leads ?? node == Core.Status.Leader, commit is { } known ? new(known) : new(Commit));
        Core.Alive(node, standing, Now);
        return Settle();
    }

    private static RaftCore Create(
        ulong term, int votedFor, ulong[]? log, ulong commit, ReplicaOptions options, Membership membership,
        bool impaired, Action<LogBuffer>? fill)
    {
        var entries = new LogBuffer();
        foreach (ulong entryTerm in log ?? [])
        {
            entries.Append(Stamp.FromTerm(entryTerm), EntryKind.Command, Say.Payload);
        }

        fill?.Invoke(entries);
        return new(options, new()
        {
            HardState = new(Stamp.FromTerm(term), new((ushort)votedFor)),
            Log = entries,
            CommitIndex = new(commit),
            Membership = membership,
            IsImpaired = impaired,
        });
    }
}
