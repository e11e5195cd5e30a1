using Concord.Cli.Orders;
using Concord.Cli.Processes;

namespace Concord.Cli.Tests.Orders;

public sealed class FaultScriptTests : INodeControl, IProgressView
{
    private readonly List<string> _events = [];
    private int _place;

    [Theory]
    [InlineData(9, "kill 1 at 3, restart 1 at 6")]
    [InlineData(10, "kill 1 at 3, restart 1 at 6")]
    [InlineData(2, "kill 1 at 0, restart 1 at 1")]
    [InlineData(1, "kill 1 at 0, restart 1 at 0")]
    [InlineData(0, "")]
    public void A_third_of_the_way_in_the_leader_is_killed_and_two_thirds_in_it_is_back(int orders, string expected)
    {
        FaultScript script = Run(orders, injectsFaults: true);

        Assert.Equal(expected, string.Join(", ", _events));
        Assert.Equal(orders > 0 ? 1 : 0, script.Kills);
    }

    [Fact]
    public void Without_faults_nothing_happens()
    {
        Assert.Equal(0, Run(9, injectsFaults: false).Kills);
        Assert.Empty(_events);
    }

    void INodeControl.Kill(int node) => _events.Add($"kill {node} at {_place}");

    void INodeControl.Restart(int node) => _events.Add($"restart {node} at {_place}");

    void IProgressView.Say(string sentence) => Assert.NotEmpty(sentence);

    void IProgressView.Advance(int settled) => Assert.Fail("Nothing was settled.");

    private FaultScript Run(int orders, bool injectsFaults)
    {
        FaultScript script = new(this, () => 1, this, orders, injectsFaults);
        for (_place = 0; _place < orders; _place++)
        {
            script.Started(_place);
        }

        return script;
    }
}
