using System.Buffers.Binary;
using Concord.Cluster.State;
using Concord.Consensus;

namespace Concord.Cluster.Tests.State;

public sealed class OrderedIndexTests
{
    private readonly RecordStore _records = new();
    private readonly OrderedIndex _index;

    public OrderedIndexTests() => _index = new(_records, new());

    public enum Sequence
    {
        Rising,
        Falling,
        Shuffled,
    }

    public static TheoryData<Sequence, Sequence, int> Sequences => new(
        from adding in Enum.GetValues<Sequence>()
        from removing in Enum.GetValues<Sequence>()
        from count in new[] { 1, 64, 65, 5_000, 30_000 }
        select (adding, removing, count));

    [Theory]
    [MemberData(nameof(Sequences))]
    public void It_fills_and_empties_in_any_sequence(Sequence adding, Sequence removing, int count)
    {
        int[] ids = [.. Enumerable.Range(0, count).Select(Record)];
        var expected = new SortedSet<int>();
        int step = Math.Max(1, count / 7);
        foreach (int number in In(adding, count))
        {
            _index.Add(ids[number]);
            expected.Add(number);
            if (number % step == 0)
            {
                ShouldList(expected);
            }
        }

        ShouldList(expected);
        foreach (int number in In(removing, count))
        {
            _index.Remove(ids[number]);
            expected.Remove(number);
            if (number % step == 0)
            {
                ShouldList(expected);
            }
        }

        ShouldList(expected);
        Assert.Equal(0, _index.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void It_finds_the_place_of_any_key_while_it_grows_and_shrinks(int seed)
    {
        var random = new Random(seed);
        int[] ids = [.. Enumerable.Range(0, 6_000).Select(Record)];
        var expected = new SortedSet<int>();
        for (int i = 0; i < 40_000; i++)
        {
            int number = random.Next(1, ids.Length);
            bool grows = i / 10_000 % 2 == 0;
            if (!expected.Contains(number) && random.Next(10) < (grows ? 9 : 3))
            {
                _index.Add(ids[number]);
                expected.Add(number);
            }
            else if (expected.Contains(number) && random.Next(10) < (grows ? 3 : 9))
            {
                _index.Remove(ids[number]);
                expected.Remove(number);
            }

            int place = random.Next(ids.Length);
            bool orEqual = random.Next(2) == 0;
            ReadOnlySpan<int> found = _index.From(0, Key(place), orEqual);
            int first = expected.GetViewBetween(orEqual ? place : place + 1, int.MaxValue).Min;
            Assert.Equal(first, found.IsEmpty ? 0 : Number(found[0]));
        }

        ShouldList(expected);
    }

    [Fact]
    public void Nodes_are_used_again()
    {
        int[] ids = [.. Enumerable.Range(0, 5_000).Select(Record)];
        Array.ForEach(ids, _index.Add);
        Array.ForEach(ids, _index.Remove);

        Assert.InRange(
            Allocations.Least(() =>
            {
                Array.ForEach(ids, _index.Add);
                Array.ForEach(ids, _index.Remove);
            }),
            0,
            1_000);
    }

    [Fact]
    public void Removing_what_is_not_there_is_noticed()
    {
        _index.Add(Record(1));
        int absent = Record(2);
        Assert.Throws<InvariantViolationException>(() => _index.Remove(absent));
    }

    private static byte[] Key(int number)
    {
        byte[] key = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(key, number);
        return key;
    }

    private static int[] In(Sequence sequence, int count)
    {
        int[] numbers = [.. Enumerable.Range(0, count)];
        switch (sequence)
        {
            case Sequence.Falling:
                Array.Reverse(numbers);
                break;
            case Sequence.Shuffled:
                new Random(count).Shuffle(numbers);
                break;
        }

        return numbers;
    }

    private int Record(int number)
    {
        int id = _records.Add();
        _records[id].KeyAddress = _records.Store(Key(number));
        _records[id].KeyLength = 4;
        return id;
    }

    private int Number(int id) => BinaryPrimitives.ReadInt32BigEndian(_records.KeyOf(id));

    private void ShouldList(SortedSet<int> expected)
    {
        var listed = new List<int>();
        ReadOnlySpan<int> ids = _index.From(0, [], orEqual: true);
        while (!ids.IsEmpty)
        {
            foreach (int id in ids)
            {
                listed.Add(Number(id));
            }

            ids = _index.From(0, Key(listed[^1]), orEqual: false);
        }

        Assert.Equal(expected, listed);
    }
}
