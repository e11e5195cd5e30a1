using Concord.Engines;
using Concord.Operations;

namespace Concord.Tests;

/// <summary>The escrow rule against an oracle that does not know it: it tries every subset of the others in every
/// order.</summary>
public sealed class EscrowTests
{
    private static readonly byte[] s_counter = RecordKey.Named(RecordKind.Counter, "", "stock");

    [Fact]
    public void A_reservation_is_granted_exactly_when_every_subset_in_every_order_stays_within_bounds()
    {
        var random = new Random(4_711);
        var seen = new Dictionary<AddOutcome, int>();
        for (int round = 0; round < 2_000; round++)
        {
            var keys = new ModelKeyspace();
            long middle = round % 4 == 0 ? long.MaxValue - 8 : round % 4 == 1 ? long.MinValue + 8 : 0;
            long value = Around(random, middle, 8);
            keys.Change(change => CounterRecord.Write(change, s_counter, value));
            List<BoundedAddition> reserved = [];
            for (ulong number = 1; number <= 7 && reserved.Count < 4; number++)
            {
                BoundedAddition wanted = Any(random, middle);
                var gid = new RequestKey(default, new(1), number);
                AddOutcome outcome = IntentTable.CheckAdd(keys, s_counter, gid, wanted, out RequestKey blocker);
                AddOutcome expected = Oracle(value, reserved, wanted);
                Assert.True(expected == outcome,
                    $"{value}, {wanted} beside [{string.Join(", ", reserved)}]: {outcome}, should be {expected}");
                Assert.Equal(outcome == AddOutcome.Blocked, blocker != default);
                seen[outcome] = seen.GetValueOrDefault(outcome) + 1;
                if (outcome == AddOutcome.Ok)
                {
                    keys.Change(change => IntentTable.Place(change, s_counter, IntentHold.ToAdd(gid, wanted, default)));
                    reserved.Add(wanted);
                }
            }
        }

        Assert.All(
            Enum.GetValues<AddOutcome>(),
            outcome => Assert.InRange(seen.GetValueOrDefault(outcome), 500, 20_000));
    }

    [Fact]
    public void Two_who_want_the_last_piece_do_not_both_get_it()
    {
        var keys = new ModelKeyspace();
        keys.Change(change => CounterRecord.Write(change, s_counter, 3));
        RequestKey first = new(default, new(1), 1), second = new(default, new(1), 2);
        IntentHold hold = IntentHold.ToAdd(first, new(-2, 0, long.MaxValue), default);
        keys.Change(change => IntentTable.Place(change, s_counter, hold));

        Assert.Equal(AddOutcome.Ok, IntentTable.CheckAdd(keys, s_counter, second, new(-1, 0, long.MaxValue), out _));
        Assert.Equal(AddOutcome.Blocked,
            IntentTable.CheckAdd(keys, s_counter, second, new(-2, 0, long.MaxValue), out RequestKey blocker));
        Assert.Equal(first, blocker);
        Assert.Equal(AddOutcome.Violated,
            IntentTable.CheckAdd(keys, s_counter, second, new(-4, 0, long.MaxValue), out _));
    }

    private static AddOutcome Oracle(long value, List<BoundedAddition> others, BoundedAddition wanted)
    {
        bool canFit = false;
        Int128 least = Int128.MaxValue, greatest = Int128.MinValue;
        for (int subset = 0; subset < 1 << others.Count; subset++)
        {
            Int128 after = (Int128)value + wanted.Delta;
            for (int i = 0; i < others.Count; i++)
            {
                after += (subset >> i & 1) * (Int128)others[i].Delta;
            }

            least = Int128.Min(least, after);
            greatest = Int128.Max(greatest, after);
            canFit |= after >= wanted.Min && after <= wanted.Max;
        }

        // Between two subsets there may be a gap into which the bounds fall: hopeless, but the rule only knows the
        // ends.
        bool seemsPossible = wanted.Min <= wanted.Max && greatest >= wanted.Min && least <= wanted.Max;
        Assert.True(seemsPossible || !canFit);
        return !seemsPossible ? AddOutcome.Violated
            : AllOrdersFit(value, [.. others, wanted]) ? AddOutcome.Ok
            : AddOutcome.Blocked;
    }

    private static bool AllOrdersFit(Int128 value, BoundedAddition[] left)
    {
        for (int i = 0; i < left.Length; i++)
        {
            Int128 after = value + left[i].Delta;
            BoundedAddition[] rest = [.. left[..i], .. left[(i + 1)..]];
            if (after < left[i].Min || after > left[i].Max || !AllOrdersFit(after, rest))
            {
                return false;
            }
        }

        return true;
    }

    private static BoundedAddition Any(Random random, long middle) => new(
        random.Next(12) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : random.Next(-6, 7),
        random.Next(2) == 0 ? long.MinValue : Around(random, middle, 14, -5),
        random.Next(2) == 0 ? long.MaxValue : Around(random, middle, 14, 5));

    private static long Around(Random random, long middle, int spread, int shift = 0) =>
        (long)Int128.Clamp((Int128)middle + shift + random.Next(-spread, spread + 1), long.MinValue, long.MaxValue);
}
