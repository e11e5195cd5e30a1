using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Tests;

public sealed class OperationTests
{
    private static readonly byte[] s_value = RecordKey.Named(RecordKind.Value, "", "config");
    private static readonly byte[] s_counter = RecordKey.Named(RecordKind.Counter, "", "stock");
    private readonly ModelKeyspace _keys = new();

    [Fact]
    public void A_value_is_set_replaced_and_deleted()
    {
        Assert.Equal(new Revision(1), SetValue.Read(_keys.Run(SetValue.Request(s_value, Record("a")))));
        Assert.Equal(new Revision(2), SetValue.Read(_keys.Run(SetValue.Request(s_value, Record("b")))));
        Assert.Equal(Record("b"), _keys.Read(s_value).Value.ToArray());
        Assert.True(DeleteValue.Read(_keys.Run(DeleteValue.Request(s_value))));
        Assert.False(DeleteValue.Read(_keys.Run(DeleteValue.Request(s_value))));
        Assert.False(_keys.Read(s_value).Exists);
        Assert.Equal(3, _keys.Revision);
    }

    [Fact]
    public void A_value_is_set_only_at_the_expected_revision()
    {
        Assert.Null(TrySetValue.Read(_keys.Run(TrySetValue.Request(s_value, new(1), Record("a")))));
        Assert.Equal(new Revision(1),
            TrySetValue.Read(_keys.Run(TrySetValue.Request(s_value, Revision.None, Record("a")))));
        Assert.Null(TrySetValue.Read(_keys.Run(TrySetValue.Request(s_value, Revision.None, Record("b")))));
        Assert.Equal(new Revision(2), TrySetValue.Read(_keys.Run(TrySetValue.Request(s_value, new(1), Record("b")))));
        Assert.Equal(Record("b"), _keys.Read(s_value).Value.ToArray());
    }

    [Theory]
    [InlineData(5, -5, null, null, AdditionOutcome.Fits, 0)]
    [InlineData(5, -5, 0L, null, AdditionOutcome.Fits, 0)]
    [InlineData(5, -6, 0L, null, AdditionOutcome.BoundViolated, 5)]
    [InlineData(5, 5, null, 10L, AdditionOutcome.Fits, 10)]
    [InlineData(5, 6, null, 10L, AdditionOutcome.BoundViolated, 5)]
    [InlineData(-50, 5, 0L, null, AdditionOutcome.BoundViolated, -50)]
    [InlineData(long.MaxValue, 1, null, null, AdditionOutcome.Overflow, long.MaxValue)]
    [InlineData(long.MaxValue, 1, 0L, null, AdditionOutcome.Overflow, long.MaxValue)]
    [InlineData(long.MaxValue, 1, null, 100L, AdditionOutcome.BoundViolated, long.MaxValue)]
    [InlineData(long.MaxValue, 0, null, null, AdditionOutcome.Fits, long.MaxValue)]
    [InlineData(long.MinValue, -1, null, null, AdditionOutcome.Overflow, long.MinValue)]
    [InlineData(long.MinValue, -1, 0L, null, AdditionOutcome.BoundViolated, long.MinValue)]
    [InlineData(-1, long.MinValue, null, null, AdditionOutcome.Overflow, -1)]
    [InlineData(0, long.MinValue, null, null, AdditionOutcome.Fits, long.MinValue)]
    [InlineData(long.MinValue, long.MaxValue, null, null, AdditionOutcome.Fits, -1)]
    public void A_counter_adds_within_its_bounds_and_64_bits(
        long value, long delta, long? min, long? max, object outcome, long after)
    {
        _keys.Change(keys => CounterRecord.Write(keys, s_counter, value));
        long revision = _keys.Revision;

        EngineAnswer answer = _keys.Run(AddCounter.Request(s_counter, BoundedAddition.Of(delta, new(min, max))));

        Assert.Equal(((AdditionOutcome)outcome, after), AddCounter.Read(answer));
        Assert.Equal(after, CounterRecord.Read(_keys, s_counter));
        Assert.Equal((AdditionOutcome)outcome == AdditionOutcome.Fits, _keys.Revision > revision);
    }

    [Fact]
    public void A_counter_that_is_not_there_is_zero()
    {
        Assert.Equal((AdditionOutcome.Fits, 3),
            AddCounter.Read(_keys.Run(AddCounter.Request(s_counter, new(3, 0, 3)))));
    }

    [Fact]
    public void A_counter_is_exchanged_only_when_it_compares()
    {
        Assert.Equal(0, CompareExchangeCounter.Read(_keys.Run(CompareExchangeCounter.Request(s_counter, 9, 0))));
        Assert.Equal(9, CompareExchangeCounter.Read(_keys.Run(CompareExchangeCounter.Request(s_counter, 7, 8))));
        Assert.Equal(9, CounterRecord.Read(_keys, s_counter));
        Assert.Equal(9, CompareExchangeCounter.Read(_keys.Run(CompareExchangeCounter.Request(s_counter, 7, 9))));
        Assert.Equal(7, CounterRecord.Read(_keys, s_counter));
    }

    [Fact]
    public void Additions_in_turn_and_as_one_end_the_same()
    {
        var random = new Random(20_251);
        long[] corners = [long.MinValue, long.MinValue + 3, -4, 0, 4, long.MaxValue - 3, long.MaxValue];
        int impossible = 0;
        for (int round = 0; round < 20_000; round++)
        {
            BoundedAddition first = Any(), second = Any();
            long value = Near();
            bool fits = first.ApplyTo(value, out long between) == AdditionOutcome.Fits;
            fits = second.ApplyTo(between, out long after) == AdditionOutcome.Fits && fits;
            if (!first.TryThen(second, out BoundedAddition both))
            {
                Int128 sum = (Int128)first.Delta + second.Delta;
                Assert.True(sum < long.MinValue || sum > long.MaxValue);
                continue;
            }

            impossible += both.IsImpossible ? 1 : 0;
            Assert.Equal(fits, both.ApplyTo(value, out long atOnce) == AdditionOutcome.Fits);
            Assert.True(!fits || after == atOnce, $"{value}: {first} then {second}");
        }

        Assert.InRange(impossible, 1, 20_000);

        BoundedAddition Any() => new(
            Near(), random.Next(3) == 0 ? long.MinValue : Near(), random.Next(3) == 0 ? long.MaxValue : Near());
        long Near() => unchecked(corners[random.Next(corners.Length)] + random.Next(-6, 7));
    }

    [Fact]
    public void A_key_of_another_kind_is_refused()
    {
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(
            () => SetValue.Read(_keys.Run(SetValue.Request(s_counter, Record("a")))));
        Assert.Contains("another kind", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(0, _keys.Count);
    }

    [Fact]
    public void A_key_of_another_slot_is_a_fault_that_changes_nothing()
    {
        OperationRequest request = SetValue.Request(s_value, Record("a"));
        var elsewhere = new Slot((ushort)((request.Slot.Value + 1) % Slot.Count));
        EngineAnswer answer = _keys.Run(SetValue.Run, request.Arguments, new(elsewhere, new(7), 1));
        Assert.Equal(AnswerStatus.Faulted, answer.Status);
        Assert.Equal(0, _keys.Count);
    }

    [Fact]
    public void Arguments_cut_anywhere_or_too_long_are_a_fault_that_changes_nothing()
    {
        OperationRequest[] requests =
        [
            SetValue.Request(s_value, Record("a")),
            TrySetValue.Request(s_value, Revision.None, Record("a")),
            DeleteValue.Request(s_value),
            AddCounter.Request(s_counter, new(1, 0, 9)),
            CompareExchangeCounter.Request(s_counter, 1, 0),
            new(Slot.OfShard, OperationCode.OpenSession, OpenSession.Arguments(new(1), 0, new(99_999)), null),
            new(Slot.OfShard, OperationCode.CloseSession, CloseSession.Arguments(new(1)), null),
        ];
        foreach (OperationRequest request in requests)
        {
            for (int length = 0; length < request.Arguments.Length; length++)
            {
                EngineAnswer answer = _keys.Run(request with { Arguments = request.Arguments[..length] });
                Assert.True(answer.Status == AnswerStatus.Faulted, $"{request.Code} cut at {length}: {answer.Status}");
            }

            byte[] longer = [.. request.Arguments.Span, 0];
            Assert.Equal(AnswerStatus.Faulted, _keys.Run(request with { Arguments = longer }).Status);
        }

        Assert.Equal(0, _keys.Count);
    }

    [Fact]
    public void A_value_without_a_content_type_or_beyond_a_mebibyte_is_a_fault()
    {
        byte[] large = [.. Record(""), .. new byte[ValueRecord.ContentBytesMax]];
        Assert.Equal(AnswerStatus.Done, _keys.Run(SetValue.Request(s_value, large)).Status);
        Assert.Equal(AnswerStatus.Faulted, _keys.Run(SetValue.Request(s_value, [.. large, 0])).Status);
        Assert.Equal(AnswerStatus.Faulted, _keys.Run(SetValue.Request(s_value, [])).Status);
        Assert.Equal(AnswerStatus.Faulted, _keys.Run(SetValue.Request(s_value, [0, 1, 2])).Status);
        Assert.Equal(AnswerStatus.Faulted, _keys.Run(SetValue.Request(s_value, [5, 1, 2])).Status);
    }

    [Fact]
    public void The_answer_of_another_operation_under_the_same_key_is_an_error_and_not_a_number()
    {
        EngineAnswer exchanged = _keys.Run(CompareExchangeCounter.Request(s_counter, 9, 0));
        Assert.Throws<InvalidOperationException>(() => AddCounter.Read(exchanged));
        EngineAnswer refused = _keys.Run(AddCounter.Request(s_counter, new(1, 0, 0)));
        Assert.Throws<InvalidOperationException>(() => CompareExchangeCounter.Read(refused));
    }

    [Fact]
    public void The_table_knows_its_operations_and_no_others()
    {
        foreach (OperationCode code in Enum.GetValues<OperationCode>())
        {
            if (OperationTable.Find(code) is { } definition)
            {
                Assert.Equal(code, definition.Code);
                // The first entry of a shard raises its level, so it cannot ask for one.
                int least = code == OperationCode.RaiseLevel ? 0 : 1;
                Assert.InRange(definition.SinceLevel, least, OperationTable.KnownLevel);
            }
        }

        Assert.NotNull(OperationTable.Find(OperationCode.AddCounter));
        Assert.Null(OperationTable.Find(0));
        Assert.Null(OperationTable.Find((OperationCode)15));
        Assert.Null(OperationTable.Find((OperationCode)ushort.MaxValue));
    }

    private static byte[] Record(string content)
    {
        var record = new ByteWriter();
        ValueRecord.WriteHead(record, "text/plain");
        record.WriteRaw(System.Text.Encoding.UTF8.GetBytes(content));
        return record.ToArray();
    }
}
