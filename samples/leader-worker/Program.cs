using System.Globalization;
using System.Text.RegularExpressions;
using Concord;
using Concord.Samples;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

return args is ["node", string name, string folder, string address, string members]
    ? await RunNodeAsync(name, folder, address, members.Split(','))
    : await Story.TellAsync(async (folder, told) =>
    {
        string[] members = Loopback.FreeAddresses(3);
        ChildProcess[] nodes = [.. members.Select((address, i) => ChildProcess.Start(
            $"node {i + 1}",
            told.Writer,
            ["node", $"node-{i + 1}", Path.Combine(folder, $"{i + 1}"), address, string.Join(',', members)]))];
        try
        {
            await TellAsync(nodes, told.Reader);
        }
        finally
        {
            foreach (ChildProcess node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    });

static async Task TellAsync(ChildProcess[] nodes, System.Threading.Channels.ChannelReader<Told> told)
{
    Story.Step("Three processes are a cluster. One of them works.");
    var done = new List<Round>();
    Round last = await RoundsAsync(5, except: "");
    ChildProcess leader = nodes.Single(node => node.Name == last.Name);

    Story.Step($"{leader.Name} is killed.");
    leader.Kill();
    Round next = await RoundsAsync(5, except: leader.Name);
    Story.Step($"{next.Name} goes on, in term {next.Term} after {last.Term}.");

    foreach (ChildProcess node in nodes.Where(node => node != leader))
    {
        Story.Check(await node.EndAsync() == 0, $"{node.Name} did not stop cleanly");
    }

    while (told.TryRead(out Told each))
    {
        Add(each);
    }

    Story.Check(next.Term > last.Term, "the term has not grown");
    Story.Check(
        done.Select(round => round.Number).Distinct().Count() == done.Count, "a round was done twice");
    Story.Check(
        done.OrderBy(round => round.Number).Zip(done.OrderBy(round => round.Number).Skip(1))
            .All(pair => pair.First.Term <= pair.Second.Term),
        "a round of an earlier term came after one of a later term");

    async Task<Round> RoundsAsync(int count, string except)
    {
        Round round = default;
        for (int i = 0; i < count; i++)
        {
            Told heard = await told.ExpectAsync(each => Add(each) && each.Name != except, "that it works");
            round = Round.Of(heard)!.Value;
        }

        return round;
    }

    bool Add(Told each)
    {
        if (Round.Of(each) is { } round)
        {
            done.Add(round);
            return true;
        }

        return false;
    }
}

static async Task<int> RunNodeAsync(string name, string folder, string address, string[] members)
{
    HostApplicationBuilder builder = Host.CreateApplicationBuilder();
    builder.Logging.ClearProviders();
    builder.Services.AddConcord()
        .UseMember(folder, address, members)
        .Called(name)
        .AddLeaderWorker<Worker>("{work}");
    using IHost host = builder.Build();
    await host.StartAsync();
    await Task.Run(static () =>
    {
        while (Console.ReadLine() is not null)
        {
        }
    });
    await host.StopAsync();
    return 0;
}

/// <summary>A round that somebody says he has done.</summary>
internal readonly partial record struct Round(string Name, long Number, long Term)
{
    public static Round? Of(Told told) => Line().Match(told.Line) is { Success: true } match
        ? new(told.Name, NumberOf(match.Groups[1]), NumberOf(match.Groups[2]))
        : null;

    private static long NumberOf(Group group) => long.Parse(group.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("^round ([0-9]+) in term ([0-9]+)$")]
    private static partial Regex Line();
}
