using Concord.Consensus;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Tests.Consensus;

/// <summary>The net must be able to fail: each rule meets what it is for.</summary>
public sealed class SafetyRulesTests
{
    [Fact]
    public void What_leaves_before_its_write_is_durable_is_seen() =>
        AssertCaught(
            FaultyReplica.With(static (_, outbox) => outbox.ReleaseThrough(ulong.MaxValue)),
            "term-durable-before-told", "vote-durable-before-told");

    [Fact]
    public void A_term_that_is_never_written_is_seen() =>
        AssertCaught(
            FaultyReplica.With(static (_, outbox) => outbox.Write = outbox.Write is { } write
                ? write with { HardState = null }
                : null),
            "term-durable-before-told");

    [Fact]
    public void Entries_that_are_never_written_are_seen() =>
        AssertCaught(
            FaultyReplica.With(static (_, outbox) => outbox.Write = outbox.Write is { } write
                ? write with { Entries = default }
                : null),
            "memory-is-written");

    [Fact]
    public void Applying_ahead_of_the_commit_is_seen() =>
        AssertCaught(
            FaultyReplica.With(static (core, outbox) => outbox.CommitIndex = core.Status.LastIndex),
            "apply-committed-and-durable");

    [Fact]
    public void A_promise_or_an_acceptance_that_leaves_before_it_is_durable_is_seen() => AssertCaughtInPaxos(
        static (_, outbox) => outbox.ReleaseThrough(ulong.MaxValue),
        "term-durable-before-told", "acknowledged-is-durable");

    [Fact]
    public void A_promise_that_is_never_written_is_seen() => AssertCaughtInPaxos(
        static (_, outbox) => outbox.Write = outbox.Write is { } write ? write with { HardState = null } : null,
        "term-durable-before-told");

    [Fact]
    public void A_promise_that_leaves_something_out_is_seen() => AssertCaughtInPaxos(
        static (_, outbox) => Change(
            outbox, MessageKind.Promise, static message => message with { Hint = message.Index, Entries = default }),
        "promise-tells-all");

    [Fact]
    public void An_acceptor_that_says_it_has_what_it_has_not_is_seen() => AssertCaughtInPaxos(
        static (core, outbox) => Change(
            outbox,
            MessageKind.Accepted,
            message => message with { Index = core.Status.LastIndex + 1, Rejected = false }),
        "acknowledged-is-durable", "core-invariant");

    [Fact]
    public void An_acceptance_that_is_never_written_is_seen() => AssertCaughtInPaxos(
        static (_, outbox) => outbox.Write = outbox.Write is { } write
            ? write with { Entries = default, Restamped = default }
            : null,
        "memory-is-written", "durable-is-on-disk");

    [Fact]
    public void A_read_that_nobody_confirmed_is_seen() =>
        AssertCaught(
            static setup =>
                new FaultyReplica(SimProtocol.Raft.New(setup), static (_, _) => { }) { ReadsLocally = true },
            "read-after-own-commit", "read-is-confirmed");

    [Fact]
    public void A_heartbeat_that_says_more_than_was_verified_is_seen() =>
        AssertCaught(
            FaultyReplica.With(static (core, outbox) => Change(
                outbox, MessageKind.Heartbeat, message => message with { Commit = core.Status.CommitIndex })),
            "heartbeat-commits-what-is-verified");

    [Fact]
    public void An_acknowledgement_of_too_much_is_seen() =>
        AssertCaught(
            FaultyReplica.With(static (core, outbox) => Change(
                outbox,
                MessageKind.AppendReply,
                message => message.Rejected ? message : message with { Index = core.Status.LastIndex + 1 })),
            "acknowledged-is-durable-and-equal", "core-invariant");

    [Fact]
    public void A_group_that_never_hears_from_its_leader_does_not_recover() =>
        AssertCaught(
            FaultyReplica.With(static (_, outbox) =>
                outbox.Sends.RemoveAll(static message => message.Kind == MessageKind.Append)),
            "recovers");

    [Fact]
    public void Members_that_the_log_does_not_name_are_seen() =>
        AssertCaught(
            static setup => new FaultyReplica(SimProtocol.Raft.New(setup), static (_, _) => { })
            {
                ClaimedMembership = new([setup.Self]),
            },
            "members-are-those-of-the-log");

    [Fact]
    public void A_loss_that_is_not_confessed_is_seen() =>
        AssertCaught(
            FaultyReplica.With(static (_, outbox) =>
            {
                for (int i = 0; i < outbox.Sends.Count; i++)
                {
                    outbox.Sends[i] = outbox.Sends[i] with { IsImpaired = false };
                }
            }),
            "amnesia", 400, "committed-is-durable-on-a-quorum", "recovered-holds-what-it-held", "recovers");

    private static void Change(Outbox outbox, MessageKind kind, Func<Message, Message> change)
    {
        for (int i = 0; i < outbox.Sends.Count; i++)
        {
            outbox.Sends[i] = outbox.Sends[i].Kind == kind ? change(outbox.Sends[i]) : outbox.Sends[i];
        }
    }

    private static void AssertCaught(NewReplica newReplica, params string[] rules) =>
        AssertCaught(newReplica, null, 48, rules);

    private static void AssertCaught(NewReplica newReplica, string? only, int seeds, params string[] rules) =>
        AssertCaught(SimProtocol.Raft with { New = newReplica }, only, seeds, rules);

    private static void AssertCaughtInPaxos(Action<IReplicatedLog, Outbox> spoil, params string[] rules) =>
        AssertCaught(
        SimProtocol.Paxos with { New = setup => new FaultyReplica(SimProtocol.Paxos.New(setup), spoil) },
        null, 48, rules);

    private static void AssertCaught(SimProtocol protocol, string? only, int seeds, params string[] rules)
    {
        for (ulong seed = 1; seed <= (ulong)seeds; seed++)
        {
            string profile = only ?? CoreProfile.Names[(int)(seed % (ulong)CoreProfile.Names.Count)];
            CoreWorld world = new(protocol, seed, CoreProfile.Draw(profile, seed), new(keepsText: true));
            try
            {
                world.Run();
            }
            catch (ViolatedException violated)
            {
                Assert.Contains(violated.Invariant, rules);
                Assert.NotEmpty(world.Trace.Lines);
                return;
            }
        }

        Assert.Fail($"{seeds} seeds saw nothing of it");
    }
}
