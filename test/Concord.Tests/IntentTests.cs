using Concord.Engines;
using Concord.Operations;

namespace Concord.Tests;

public sealed class IntentTests
{
    private static readonly byte[] s_counter = RecordKey.Named(RecordKind.Counter, "", "stock");
    private static readonly byte[] s_value = RecordKey.Named(s_slot, RecordKind.Value, "", "config");
    private static readonly LogTime s_age = new(77);
    private readonly ModelKeyspace _keys = new();

    private static Slot s_slot => RecordKey.SlotOf(s_counter);

    [Theory]
    [InlineData(IntentKind.Read, false, true)]
    [InlineData(IntentKind.Write, true, true)]
    [InlineData(IntentKind.Add, true, true)]
    public void A_hold_blocks_what_it_must(object kind, bool blocksReads, bool blocksWrites)
    {
        Place(s_counter, new(Gid(1), (IntentKind)kind, BoundedAddition.Nothing, s_age));

        Assert.Equal(blocksReads,
            IntentTable.TryGetBlocker(_keys, s_counter, IntentAccess.Read, out RequestKey reading));
        Assert.Equal(blocksReads ? Gid(1) : default, reading);
        Assert.Equal(blocksWrites,
            IntentTable.TryGetBlocker(_keys, s_counter, IntentAccess.Write, out RequestKey writing));
        Assert.Equal(Gid(1), writing);
        Assert.False(IntentTable.TryGetBlocker(_keys, s_counter, IntentAccess.Write, Gid(1), out _));
        Assert.Equal(blocksReads, IntentTable.TryGetBlocker(_keys, s_counter, IntentAccess.Read, Gid(2), out _));
        bool isAdd = (IntentKind)kind == IntentKind.Add;
        Assert.Equal(isAdd ? AddOutcome.Ok : AddOutcome.Blocked, CheckAdd(Gid(2), new(1, 0, 9), out _));
    }

    [Fact]
    public void Every_single_operation_is_blocked_by_a_hold_and_changes_nothing()
    {
        foreach (IntentKind kind in Enum.GetValues<IntentKind>())
        {
            var keys = new ModelKeyspace();
            foreach (byte[] key in new[] { s_counter, s_value })
            {
                keys.Change(change =>
                    IntentTable.Place(change, key, new(Gid(5), kind, BoundedAddition.Nothing, s_age)));
            }

            byte[] record = [1, (byte)'x'];
            OperationRequest[] requests =
            [
                SetValue.Request(s_value, record),
                TrySetValue.Request(s_value, new(9), record),
                DeleteValue.Request(s_value),
                AddCounter.Request(s_counter, BoundedAddition.Nothing),
                CompareExchangeCounter.Request(s_counter, 1, 0),
            ];
            foreach (OperationRequest request in requests)
            {
                EngineAnswer answer = keys.Run(request);
                Assert.Equal((kind, AnswerStatus.Blocked), (kind, answer.Status));
                Assert.Equal(Gid(5), OperationAnswer.BlockedBy(answer.Payload.Span));
            }

            Assert.Equal(2, keys.Count);
        }
    }

    [Fact]
    public void Holds_come_and_go_and_the_record_goes_with_the_last()
    {
        var longest = new byte[IntentTable.TargetKeyBytesMax];
        longest.AsSpan().Fill(0x41);
        longest[2] = (byte)RecordKind.Counter;
        IntentHold first = IntentHold.ToAdd(Gid(1), new(-3, 0, 100), s_age);
        IntentHold second = IntentHold.ToRead(Gid(2), new(78));
        Place(longest, first);
        Place(longest, second);

        Assert.Equal([first, second], IntentTable.Read(_keys, longest).ToArray());
        Assert.True(IntentTable.TryGetHold(_keys, longest, Gid(2), out IntentHold found));
        Assert.Equal(second, found);
        Assert.False(IntentTable.TryGetHold(_keys, longest, Gid(3), out _));

        Remove(longest, Gid(3));
        Remove(longest, Gid(1));
        Assert.Equal([second], IntentTable.Read(_keys, longest).ToArray());
        Remove(longest, Gid(2));
        Assert.Equal(0, _keys.Count);
        Remove(longest, Gid(2));
    }

    [Fact]
    public void The_key_of_the_holds_lies_in_the_slot_and_leads_back()
    {
        ReadOnlySpan<byte> intent = IntentTable.KeyOf(s_counter, new byte[IntentTable.KeyBytesMax]);
        Assert.Equal(RecordKey.SlotOf(s_counter), RecordKey.SlotOf(intent));
        Assert.Equal(RecordKind.Intent, RecordKey.KindOf(intent));
        Assert.Equal(s_counter, IntentTable.TargetOf(intent));
    }

    [Fact]
    public void Two_holds_of_one_transaction_keep_everybody_out()
    {
        Place(s_counter, IntentHold.ToRead(Gid(1), s_age));
        Assert.Equal(AddOutcome.Ok, CheckAdd(Gid(1), new(5, 0, 5), out _));
        Place(s_counter, IntentHold.ToAdd(Gid(1), new(5, 0, 5), s_age));

        Assert.True(IntentTable.TryGetHold(_keys, s_counter, Gid(1), out IntentHold both));
        Assert.Equal(new(Gid(1), IntentKind.Write, new(5, 0, 5), s_age), both);
        Assert.True(IntentTable.TryGetBlocker(_keys, s_counter, IntentAccess.Read, out _));
        Assert.Equal(AddOutcome.Blocked, CheckAdd(Gid(2), new(1, 0, 9), out RequestKey blocker));
        Assert.Equal(Gid(1), blocker);
        Assert.Equal(AddOutcome.Violated, CheckAdd(Gid(1), new(1, 0, 5), out _));
    }

    [Fact]
    public void Readers_share_and_a_full_list_makes_the_next_one_wait()
    {
        for (int i = 0; i < IntentTable.HoldsMax; i++)
        {
            Assert.False(IntentTable.TryGetBlocker(_keys, s_counter, IntentAccess.Read, Gid(i), out _));
            Place(s_counter, IntentHold.ToRead(Gid(i), s_age));
        }

        Assert.True(IntentTable.TryGetBlocker(_keys, s_counter, IntentAccess.Read, Gid(999), out RequestKey blocker));
        Assert.Equal(Gid(0), blocker);
        Assert.False(IntentTable.TryGetBlocker(_keys, s_counter, IntentAccess.Read, Gid(9), out _));
        Assert.False(IntentTable.TryGetBlocker(_keys, s_counter, IntentAccess.Read, out _));
        EngineAnswer answer = _keys.Run(
            (ref Encoding.ByteReader _, in OperationContext _, IKeyspace keys, OperationAnswer _) =>
                IntentTable.Place(keys, s_counter, IntentHold.ToRead(Gid(999), s_age)),
            default);
        Assert.Equal(AnswerStatus.Faulted, answer.Status);
    }

    [Fact]
    public void A_full_list_of_additions_makes_the_next_one_wait_unless_it_is_hopeless()
    {
        for (int i = 0; i < IntentTable.HoldsMax; i++)
        {
            Assert.Equal(AddOutcome.Ok, CheckAdd(Gid(i), new(1, 0, 1_000), out _));
            Place(s_counter, IntentHold.ToAdd(Gid(i), new(1, 0, 1_000), s_age));
        }

        Assert.Equal(AddOutcome.Blocked, CheckAdd(Gid(999), new(1, 0, 1_000), out RequestKey blocker));
        Assert.Equal(Gid(0), blocker);
        Assert.Equal(AddOutcome.Ok, CheckAdd(Gid(3), new(1, 0, 1_000), out _));
        Assert.Equal(AddOutcome.Violated, CheckAdd(Gid(999), new(-300, 0, 1_000), out _));
    }

    private static RequestKey Gid(int number) => new(new(3), new(1), (ulong)number);

    private AddOutcome CheckAdd(RequestKey gid, BoundedAddition addition, out RequestKey blocker) =>
        IntentTable.CheckAdd(_keys, s_counter, gid, addition, out blocker);

    private void Place(byte[] key, IntentHold hold) => _keys.Change(keys => IntentTable.Place(keys, key, hold));

    private void Remove(byte[] key, RequestKey gid) => _keys.Change(keys => IntentTable.Remove(keys, key, gid));
}
