using Concord.Simulation.Pictures;

namespace Concord.Simulation.Stories;

/// <summary>A run that somebody has thought out, of the real protocol, with words to it.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Title">What it is about.</param>
/// <param name="Lead">What it shows, in a few sentences.</param>
/// <param name="Play">Plays it.</param>
internal sealed record Story(string Name, string Title, string Lead, Func<StoryCluster> Play)
{
    public static IReadOnlyList<Story> All { get; } =
    [
        Figure8.Lost, Figure8.Safe, Figure7.Story, SplitVote.Story, OneWay.Story, PaxosHoles.Story, PaxosDuel.Story,
    ];

    public byte[] Draw()
    {
        StoryCluster cluster = Play();
        for (int number = 1; number <= cluster.Count; number++)
        {
            cluster[number].ShowOpen();
        }

        PictureTitle title = new()
        {
            Title = Title,
            Lead = Lead,
            Command = $"concord simulate --story {Name} --html {Name}.html",
            Lanes = [.. Enumerable.Range(1, cluster.Count).Select(static number => $"n{number}")],
            Groups = [""],
            Clients = cluster.Picture.HasOperations ? 1 : 0,
            Settings =
            [
                ("story", Name), ("replicas", $"{cluster.Count}"),
                ("protocol", $"{cluster.Protocol.Name}, the real core"),
            ],
            End = cluster.Now,
        };
        return PicturePage.Assemble(Title, cluster.Picture.ToJson(title));
    }
}
