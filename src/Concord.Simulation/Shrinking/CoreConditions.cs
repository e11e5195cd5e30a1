using Concord.Simulation.Consensus;

namespace Concord.Simulation.Shrinking;

/// <summary>The conditions of the target <c>core</c>.</summary>
internal static class CoreConditions
{
    private const int PlainAppendBytes = 16 << 10;
    private const int PlainInflightMessages = 16;
    private const int PlainInflightBytes = 1 << 20;

    private static readonly Condition<CoreProfile>[] s_all =
    [
        new(1, static it => it.LossChance > 0, static it => it.LossChance = 0),
        new(2, static it => it.DuplicateChance > 0, static it => it.DuplicateChance = 0),
        new(3, static it => it.ReplayChance > 0, static it => it.ReplayChance = 0),
        new(4, static it => it.TailChance > 0, static it => it.TailChance = 0),
        new(5, static it => it.LinkCapacity < int.MaxValue, static it => it.LinkCapacity = int.MaxValue),
        new(6, static it => it.StallChance > 0, static it => it.StallChance = 0),
        new(7, static it => it.DeferChance > 0, static it => it.DeferChance = 0),
        new(8, static it => it.LateReportChance > 0, static it => it.LateReportChance = 0),
        new(9, static it => it.CrashInEffectsChance > 0, static it => it.CrashInEffectsChance = 0),
        new(10, static it => it.ReplyLossChance > 0, static it => it.ReplyLossChance = 0),
        new(11, static it => it.AbandonChance > 0, static it => it.AbandonChance = 0),
        new(12, static it => it.SnapshotEvery < int.MaxValue, static it => it.SnapshotEvery = int.MaxValue),
        new(13, static it => it.AppendBytesMax < PlainAppendBytes, static it => it.AppendBytesMax = PlainAppendBytes),
        new(14, IsNarrow, Widen),
        new(15, static it => it.LeavesDead, static it => it.LeavesDead = false),
        new(16, static it => it.LeavesDeaf, static it => it.LeavesDeaf = false),
        new(17, static it => it.DamageChance > 0, static it => it.DamageChance = 0),
    ];

    public static void Apply(Decisions decisions, CoreProfile profile)
    {
        foreach (Condition<CoreProfile> condition in s_all)
        {
            condition.Apply(decisions, profile);
        }

        profile.FaultsUntil = Math.Min(profile.FaultsUntil, decisions.HealAt ?? long.MaxValue);
    }

    private static bool IsNarrow(CoreProfile profile) =>
        profile.InflightMessagesMax < PlainInflightMessages || profile.InflightBytesMax < PlainInflightBytes
        || profile.UncommittedBytesMax < PlainInflightBytes;

    private static void Widen(CoreProfile profile)
    {
        profile.InflightMessagesMax = Math.Max(profile.InflightMessagesMax, PlainInflightMessages);
        profile.InflightBytesMax = Math.Max(profile.InflightBytesMax, PlainInflightBytes);
        profile.UncommittedBytesMax = Math.Max(profile.UncommittedBytesMax, PlainInflightBytes);
    }
}
