using System.Text.Json;
using Concord.Consensus;
using Concord.Simulation.Consensus;
using Concord.Simulation.Pictures;
using Concord.Simulation.Stories;

namespace Concord.Simulation.Tests.Pictures;

/// <summary>The picture's logs are those of the replicas, at every moment and place by place: cut, overwritten, with
/// holes, accepted again.</summary>
public sealed class FollowedLogTests
{
    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public void A_picture_follows_logs_through_losses_crashes_and_elections(string protocol)
    {
        int holes = 0;
        int again = 0;
        for (ulong seed = 1; seed <= 12; seed++)
        {
            StoryCluster cluster = new(
                3, oneEntryEach: seed % 2 == 0, protocol == "paxos" ? StoryProtocol.Paxos : StoryProtocol.Raft);
            List<(long Time, int Lane, List<PlaceShown> Log)> moments = Trouble(cluster, new(seed));
            using JsonDocument data = JsonDocument.Parse(cluster.Picture.ToJson(
                new() { Title = "", Lead = "", Command = "", Lanes = [], Groups = [""], End = cluster.Now }));
            Assert.All(moments, moment =>
                Assert.Equal(moment.Log, PictureData.LogAt(data.RootElement, moment.Lane, moment.Time)));
            holes += moments.Sum(static moment => moment.Log.Count(static place => place.Text == "hole"));
            again += moments.Sum(static moment => moment.Log.Count(static place => place.Origin != place.Stamp));
        }

        Assert.Equal(protocol == "paxos", holes > 0);
        Assert.Equal(protocol == "paxos", again > 0);
    }

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public void What_a_snapshot_covers_is_never_shown_as_a_hole(string protocol)
    {
        int covered = 0;
        for (ulong seed = 1; seed <= 3; seed++)
        {
            PictureRecorder picture = new(static _ => "");
            CoreWorld world = new(
                SimProtocol.For(protocol), seed, CoreProfile.Draw("snapshot-storm", seed), new(false, picture));
            world.Run();
            world.ShowEnd();
            using JsonDocument data = JsonDocument.Parse(picture.ToJson(
                new() { Title = "", Lead = "", Command = "", Lanes = [], Groups = [""], End = world.Now }));
            foreach (SimReplica replica in world.Replicas.Where(static replica => replica.IsUp))
            {
                LogBuffer log = replica.Core!.Log;
                List<PlaceShown> shown = PictureData.LogAt(data.RootElement, replica.Place, world.Now);
                Assert.Equal((int)log.Last.Value, shown.Count);
                Assert.DoesNotContain(shown[..(int)log.Base.Value], static place => place.Text == "hole");
                Assert.Equal(
                    PlacesOf(log).Select(static place => (place.Stamp, place.Origin)),
                    shown[(int)log.Base.Value..].Select(static place => (place.Stamp, place.Origin)));
                covered += (int)log.Base.Value;
            }
        }

        Assert.True(covered > 100, $"{covered} places covered");
    }

    private static List<(long Time, int Lane, List<PlaceShown> Log)> Trouble(StoryCluster cluster, SimRandom random)
    {
        var moments = new List<(long, int, List<PlaceShown>)>();
        int lossPercent = 0;
        cluster.Start();
        cluster.Lose(_ => random.Next(100) < lossPercent);
        for (int step = 0; step < 120; step++)
        {
            // What was seen at a moment is what holds at its end: nothing more may happen then.
            cluster.Run(1);
            lossPercent = 15 + random.Next(50);
            StoryNode node = cluster[1 + random.Next(3)];
            int what = random.Next(10);
            if (node.Core is null)
            {
                node.Start();
            }
            else if (what == 0)
            {
                node.Crash();
            }
            else if (what < 3)
            {
                node.Advance(TimeSpan.FromHours(3));
            }
            else
            {
                node.Advance(TimeSpan.FromMinutes(40));
                Enumerable.Range(1, 3).ToList().ForEach(number => cluster[number].Propose($"v{step}.{number}"));
            }

            cluster.Run(random.Next(90));
            for (int number = 1; number <= 3; number++)
            {
                if (cluster[number].Core is { } core)
                {
                    moments.Add((cluster.Now, number - 1, PlacesOf(core.Log)));
                }
            }
        }

        return moments;
    }

    private static List<PlaceShown> PlacesOf(LogBuffer log) =>
    [
        .. Enumerable.Range(1, log.Count).Select(number => log.Base + (ulong)number).Select(at =>
            log.Has(at)
                ? new PlaceShown(StampNumber.Of(log.StampAt(at)), StampNumber.Of(log.OriginAt(at)), TextOf(log, at))
                : new(0, 0, "hole")),
    ];

    private static string TextOf(LogBuffer log, LogIndex at) =>
        log.KindAt(at) == EntryKind.NoOp ? "∅" : System.Text.Encoding.ASCII.GetString(log.PayloadAt(at));
}
