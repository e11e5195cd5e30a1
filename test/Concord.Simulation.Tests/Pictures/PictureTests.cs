using System.Text.Json;
using Concord.Simulation.Pictures;
using Concord.Simulation.Tests.Shrinking;

namespace Concord.Simulation.Tests.Pictures;

public sealed class PictureTests
{
    public static TheoryData<string> Targets => [SimulationTarget.Core, SimulationTarget.Node];

    public static TheoryData<string, string> Runs => new()
    {
        { SimulationTarget.Core, "raft" }, { SimulationTarget.Core, "paxos" }, { SimulationTarget.Node, "raft" },
    };

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_page_needs_nothing_but_itself(string target)
    {
        string page = PictureData.PageOf(new() { Target = target, FirstSeed = 3 });
        Assert.StartsWith("<!DOCTYPE html>", page, StringComparison.Ordinal);
        foreach (string foreign in new[] { "http:", "https:", "//www", "src=", "href=", "@import", "url(", "%data%" })
        {
            Assert.DoesNotContain(foreign, page, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_same_seed_has_the_same_page(string target, string protocol)
    {
        SimulationOptions options = new() { Target = target, Protocol = protocol, FirstSeed = 5 };
        Assert.Equal(SimulationPicture.OfSeed(options), SimulationPicture.OfSeed(options));
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Looking_on_changes_nothing(string target, string protocol)
    {
        foreach (string profile in Simulator.ProfilesOf(target))
        {
            SimulationPlan plan = new(target, protocol, 21, profile);
            ISimulationWorld alone = plan.NewWorld(new(keepsText: false));
            PictureRecorder picture = new(static _ => "");
            ISimulationWorld seen = plan.NewWorld(new(keepsText: false, picture));
            Assert.Equal(SimulationPlan.Run(alone)?.Message, SimulationPlan.Run(seen)?.Message);
            Assert.Equal(alone.Trace.Hash, seen.Trace.Hash);
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_data_say_what_happened(string target, string protocol)
    {
        using JsonDocument data = PictureData.Of(PictureData.PageOf(
            new() { Target = target, Protocol = protocol, FirstSeed = 7, Profile = "default" }));
        JsonElement root = data.RootElement;
        int lanes = root.GetProperty("title").GetProperty("lanes").GetArrayLength();
        int groups = root.GetProperty("title").GetProperty("groups").GetArrayLength();

        // A node that nobody ever adds to the group has a lane and no story.
        Assert.InRange(root.GetProperty("tracks").GetArrayLength(), 3 * groups, lanes * groups);
        JsonElement messages = root.GetProperty("messages");
        long[] sent = PictureData.Column(messages, "t");
        Assert.True(sent.Length > 500, $"{sent.Length} messages");
        Assert.Equal(sent.Order(), sent);
        long[] fates = PictureData.Column(messages, "fate");
        Assert.Contains(0, fates);
        Assert.All(PictureData.Column(messages, "from").Zip(PictureData.Column(messages, "to")), ends =>
            Assert.True(ends.First != ends.Second && ends.First < lanes && ends.Second < lanes, $"{ends}"));
        int texts = root.GetProperty("texts").GetArrayLength();
        Assert.All(PictureData.Column(messages, "text"), text => Assert.InRange(text, 0, texts - 1));
        Assert.True(PictureData.Column(root.GetProperty("operations"), "t").Length > 20, "clients were busy");
        Assert.Contains(root.GetProperty("tracks").EnumerateArray(), static track =>
            PictureData.Column(track.GetProperty("states"), "role").Contains(1));
    }

    [Fact]
    public void The_rule_that_broke_stands_in_the_page_with_the_command_that_repeats_it()
    {
        NoCrashPlan plan = new(SimulationTarget.Core, 1, "disk-storm");
        using JsonDocument data = PictureData.Of(System.Text.Encoding.UTF8.GetString(SimulationPicture.OfPlan(plan)));
        JsonElement title = data.RootElement.GetProperty("title");
        Assert.Equal("no-crash", title.GetProperty("rule").GetString());
        Assert.Equal(plan.Command, title.GetProperty("command").GetString());
    }

    [Fact]
    public void Of_a_report_the_shrunk_form_of_the_failure_is_drawn()
    {
        SimulationOptions options = new() { FirstSeed = 1, Profile = "default" };
        SimulationViolation violation = new(9, "leader-churn", "rule", "", "", [])
        {
            Shrunk = new("", "100-140", 900, "", 0, 0, 0, 0, 0, []),
        };
        SimulationReport report = new(1, [violation], 0, 0, new Dictionary<string, long>());
        string page = System.Text.Encoding.UTF8.GetString(SimulationPicture.OfReport(options, report));
        Assert.Contains("--seed 9 --profile leader-churn --keep 100-140 --heal-at 900", page, StringComparison.Ordinal);
    }
}
