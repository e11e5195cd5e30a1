using System.Text.Json;
using Concord.Consensus;
using Concord.Simulation.Stories;
using Concord.Simulation.Tests.Pictures;

namespace Concord.Simulation.Tests.Stories;

/// <summary>The stories are told of the real core: they must end as their words say.</summary>
public sealed class StoryTests
{
    public static TheoryData<string> Names => [.. SimulationPicture.Stories];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_story_can_be_drawn_and_explains_each_step(string name)
    {
        string page = System.Text.Encoding.UTF8.GetString(SimulationPicture.OfStory(name));
        Assert.Contains($"concord simulate --story {name} --html {name}.html", page, StringComparison.Ordinal);
        Assert.Contains("\"steps\":[{", page, StringComparison.Ordinal);
    }

    [Fact]
    public void In_figure_8_an_entry_on_a_majority_is_overwritten()
    {
        StoryCluster cluster = Figure8.Lost.Play();
        for (int number = 1; number <= 5; number++)
        {
            Assert.Equal([1, 3, 5], TermsOf(cluster[number]));
        }

        Assert.Equal(3ul, cluster[5].Status.CommitIndex.Value);
    }

    [Fact]
    public void In_its_good_end_an_entry_of_the_own_term_keeps_it()
    {
        StoryCluster cluster = Figure8.Safe.Play();
        foreach (int number in new[] { 2, 3, 4, 5 })
        {
            Assert.Equal([1, 2, 4, 6], TermsOf(cluster[number]));
        }
    }

    [Fact]
    public void In_figure_7_all_logs_become_the_leaders()
    {
        StoryCluster cluster = Figure7.Story.Play();
        for (int number = 1; number <= 7; number++)
        {
            Assert.Equal([1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8], TermsOf(cluster[number]));
        }
    }

    [Fact]
    public void After_a_split_vote_the_next_term_has_a_leader()
    {
        StoryCluster cluster = SplitVote.Story.Play();
        Assert.Equal(Role.Leader, cluster[2].Status.Role);
        Assert.Equal(2ul, cluster[2].Status.Stamp.Term);
    }

    [Fact]
    public void A_leader_that_cannot_hear_promises_nothing_until_it_can() =>
        Assert.Equal(3ul, OneWay.Story.Play()[1].Applied);

    [Fact]
    public void In_the_story_of_holes_what_may_be_chosen_stays_in_its_place_and_holes_become_empty()
    {
        StoryCluster cluster = PaxosHoles.Story.Play();
        for (int number = 1; number <= 3; number++)
        {
            Assert.Equal(6ul, cluster[number].Status.CommitIndex.Value);
            Assert.Equal(
                ["b1.1 ∅", "b1.1 x=1", "b2.2 ∅", "b1.1 x=3", "b1.1 x=4", "b2.2 ∅"], ValuesOf(cluster[number]));
        }

        Assert.Equal(["n2 b1.1", "n3 b1.1", "n3 b2.2"], PromisesOf(PaxosHoles.Story));
    }

    [Fact]
    public void In_the_duel_the_chosen_value_survives_both_ballots_and_the_other_one_does_not()
    {
        StoryCluster cluster = PaxosDuel.Story.Play();
        for (int number = 1; number <= 5; number++)
        {
            Assert.Equal(4ul, cluster[number].Status.CommitIndex.Value);
            Assert.Equal(["b1.1 ∅", "b1.1 x=1", "b2.5 ∅", "b2.5 x=2"], ValuesOf(cluster[number]));
        }

        string[] promises = [.. PromisesOf(PaxosDuel.Story)];
        Assert.Equal(["n2", "n3", "n4", "n5"], PromisersOf("b1.1"));
        Assert.Equal(["n2", "n3"], PromisersOf("b2.4"));
        Assert.Equal(["n2", "n3"], PromisersOf("b2.5"));

        string[] PromisersOf(string ballot) =>
            [.. promises.Where(text => text.EndsWith(ballot, StringComparison.Ordinal)).Select(text => text[..2])
                .Order()];
    }

    [Fact]
    public void A_story_that_nobody_knows_is_refused_by_name() =>
        Assert.Contains("figure-8", Assert.Throws<ArgumentException>(() => SimulationPicture.OfStory("moon")).Message,
            StringComparison.Ordinal);

    private static ulong[] TermsOf(StoryNode node)
    {
        LogBuffer log = node.Core!.Log;
        return [.. Enumerable.Range(1, (int)log.Last.Value).Select(index => log.StampAt(new((ulong)index)).Term)];
    }

    /// <summary>Of each place the ballot of the first proposal and the value.</summary>
    private static string[] ValuesOf(StoryNode node)
    {
        LogBuffer log = node.Core!.Log;
        return [.. Enumerable.Range(1, (int)log.Last.Value).Select(static number => new LogIndex((ulong)number))
            .Select(at => $"{log.OriginAt(at)} {(log.KindAt(at) == EntryKind.NoOp ? "∅" : TextOf(log, at))}")];
    }

    private static string TextOf(LogBuffer log, LogIndex at) =>
        System.Text.Encoding.ASCII.GetString(log.PayloadAt(at));

    /// <summary>Who promised what, by the rings in the picture.</summary>
    private static IEnumerable<string> PromisesOf(Story story)
    {
        using JsonDocument data = PictureData.Of(System.Text.Encoding.UTF8.GetString(story.Draw()));
        JsonElement promises = data.RootElement.GetProperty("promises");
        return [.. PictureData.Column(promises, "lane").Zip(PictureData.Column(promises, "term")).Select(
            static promise => $"n{promise.First + 1} {new Stamp((ulong)promise.Second)}")];
    }
}
