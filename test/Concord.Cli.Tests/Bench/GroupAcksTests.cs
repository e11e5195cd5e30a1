using Concord.Cli.Bench.Outages;
using Concord.Cli.Tests.Fakes;

namespace Concord.Cli.Tests.Bench;

public sealed class GroupAcksTests
{
    private readonly SteppedTime _time = new();
    private readonly GroupAcks _acks;

    public GroupAcksTests() => _acks = new(_time);

    [Fact]
    public void The_longest_silence_is_that_between_two_acknowledgements_around_or_behind_the_moment()
    {
        long[] at = AckAt(0, 900, 910, 960, 965);
        long moment = at[2] + 1;

        (long from, long to) = _acks.LongestSilence(moment);

        // The 900 ms in front of it are not its work, the 50 that it lies in are.
        Assert.Equal((at[2], at[3]), (from, to));
    }

    [Fact]
    public void A_silence_that_has_not_ended_is_not_counted()
    {
        long[] at = AckAt(0, 5, 7);
        Move(1_000);

        Assert.Equal((at[1], at[2]), _acks.LongestSilence(at[1] + 1));
    }

    [Fact]
    public void The_slowest_call_is_from_its_beginning_to_its_acknowledgement()
    {
        long early = _time.GetTimestamp();
        Move(30);
        _acks.Add(_time.GetTimestamp());
        _acks.Add(early);

        Assert.Equal(TimeSpan.FromMilliseconds(30), _acks.SlowestCall);
    }

    [Fact]
    public void What_was_forgotten_counts_no_more()
    {
        AckAt(0, 500);
        _acks.Forget();

        Assert.Equal(0, _acks.Count);
        Assert.Equal(TimeSpan.Zero, _acks.SlowestCall);
    }

    [Fact]
    public void Those_since_a_moment_are_counted_with_it()
    {
        long[] at = AckAt(1, 2, 3);

        Assert.Equal(2, _acks.CountSince(at[1]));
        Assert.Equal(0, _acks.CountSince(at[2] + 1));
    }

    private long[] AckAt(params int[] milliseconds)
    {
        List<long> at = [];
        int now = 0;
        foreach (int each in milliseconds)
        {
            Move(each - now);
            now = each;
            _acks.Add(_time.GetTimestamp());
            at.Add(_time.GetTimestamp());
        }

        return [.. at];
    }

    private void Move(int milliseconds) => _time.Move(TimeSpan.FromMilliseconds(milliseconds));
}
