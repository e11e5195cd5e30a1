using System.CommandLine;
using System.Text.Json;
using Concord.Cli.Connections;
using Concord.Client.Administration;

namespace Concord.Cli.Commands;

/// <summary><c>concord members</c>: who belongs to a running cluster, and changes of that.</summary>
internal sealed class MembersCommand(CommandContext context)
{
    private const int NodeMax = 1_000;
    private const int TimeoutSecondsMax = 86_400;

    private static readonly string[] s_changeCodes =
    [
        "0  done: every shard is where it shall be",
        "1  refused, or not done in time; the sentence says why, and what was kept",
        "2  wrong options, or the cluster is out of reach",
    ];

    private readonly Option<string[]> _servers = CommandOptions.Addresses(
        "--servers", "Nodes of the cluster; one that answers is enough.");
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON; what it waits for goes to the "
        + "standard error." };
    private readonly Option<int> _timeout = CommandOptions.Count(
        "--timeout", 600, 1, TimeoutSecondsMax, "How many seconds to wait until it is done.");
    private readonly Argument<int> _node = new("NODE") { Description = "The number of a node, as the list shows it." };
    private readonly Argument<string> _address = new("ADDRESS")
    {
        Description = "Where the new node listens, as it is given to serve: HOST:PORT.",
    };

    public Command Create()
    {
        Command command = new("members", "Shows and changes which nodes belong to a running cluster.")
        {
            CreateList(),
            CreateAdd(),
            CreateRemove(),
            CreateReplace(),
            new TransferCommand(context).Create(),
        };
        new ManualPage(
            "The cluster remembers every node that it ever had, in its own log; a number is never used twice.\n"
            + "A change is one entry there. What follows from it, the leaders of the shards do by themselves, one\n"
            + "safe step after the other: a command that is interrupted loses nothing, and may be repeated.",
            ["members list --servers 127.0.0.1:5001", "members replace --help"],
            s_changeCodes).AttachTo(command);
        return command;
    }

    private Command CreateList()
    {
        Command command = new("list", "Shows the nodes, and which shards they hold.") { _servers, _json };
        command.SetAction(async (result, token) =>
        {
            MembersView view = await WatchOf(result).LookAsync(token);
            if (result.GetValue(_json))
            {
                context.Terminal.Print(JsonSerializer.Serialize(view, AdministrationJson.Default.MembersView));
            }
            else
            {
                MembersTables.Write(context.Terminal.Out, view);
            }

            return ExitCode.Success;
        });
        new ManualPage(
            "As one node knows it: the first of the servers that answers. A node that does not hold a shard hears of\n"
            + "it from the shard's leader, once a second.",
            ["members list --servers 127.0.0.1:5001,127.0.0.1:5002", "members list --servers 127.0.0.1:5001 --json"],
            ["0  somebody answered", "2  wrong options, or the cluster is out of reach"]).AttachTo(command);
        return command;
    }

    private Command CreateAdd()
    {
        Command command = new("add", "Adds a node, and waits until it holds its share.")
        {
            _address, _servers, _timeout, _json,
        };
        SetAction(
            command,
            result => new() { Action = MembersRequest.Add, Address = result.GetValue(_address) },
            static (view, answer) => MembersProgress.OfAddition(view, answer.Node));
        new ManualPage(
            "Registers the address under a new number, and waits for the node to be started there with\n"
            + "\"serve --join\". Then the shards that it is to hold teach it everything, and give it a vote when it\n"
            + "has caught up; a shard is held by 3 nodes at most, so others let go of what it takes over.",
            ["members add 127.0.0.1:5004 --servers 127.0.0.1:5001"],
            s_changeCodes).AttachTo(command);
        return command;
    }

    private Command CreateRemove()
    {
        Command command = new("remove", "Takes a node out for good.") { _node, _servers, _timeout, _json };
        SetAction(
            command,
            result => new() { Action = MembersRequest.Remove, Node = NodeOf(result.GetValue(_node)) },
            static (view, answer) => MembersProgress.OfRemoval(view, answer.Node));
        new ManualPage(
            "Its shards go to other nodes, where there are any that do not hold them yet; what it leads it hands over\n"
            + "first. It need not be alive. It is refused where a shard would be left without a majority that can be\n"
            + "reached, or without a copy. A removed node that is alive stops by itself; to have the machine again,\n"
            + "add it as a new node with an empty folder.",
            ["members remove 2 --servers 127.0.0.1:5001"],
            s_changeCodes).AttachTo(command);
        return command;
    }

    private Command CreateReplace()
    {
        Command command = new("replace", "Has a new node take the place of a dead or wiped one.")
        {
            _node, _address, _servers, _timeout, _json,
        };
        SetAction(
            command,
            result => new()
            {
                Action = MembersRequest.Replace,
                Node = NodeOf(result.GetValue(_node)),
                Address = result.GetValue(_address),
            },
            (view, answer) => MembersProgress.OfAddition(view, answer.Node)
                ?? MembersProgress.OfPredecessors(view));
        new ManualPage(
            "The new node gets a number of its own and, shard by shard, the old one's place: it learns everything,\n"
            + "and in one step gets the vote that the old one loses. It may use the old one's address, if the old\n"
            + "one is gone. It is started with \"serve --join\" and an empty folder.",
            [
                "members replace 2 127.0.0.1:5004 --servers 127.0.0.1:5001,127.0.0.1:5003",
                "members replace 2 127.0.0.1:5002 --servers 127.0.0.1:5001   # the same machine, wiped",
            ],
            s_changeCodes).AttachTo(command);
        return command;
    }

    private void SetAction(
        Command command,
        Func<ParseResult, MembersRequest> request,
        Func<MembersView, MembersAnswer, string?> remaining) => command.SetAction(async (result, token) =>
    {
        bool json = result.GetValue(_json);
        void Say(string sentence)
        {
            if (json)
            {
                context.Terminal.Error.WriteLine(sentence);
            }
            else
            {
                context.Terminal.Say(sentence);
            }
        }

        long began = context.Time.GetTimestamp();
        MembersWatch watch = WatchOf(result);
        MembersAnswer answer =
            await context.Access.Admin.ChangeMembersAsync(result.GetValue(_servers)!, request(result), token);
        if (answer.WasDone)
        {
            Say("Somebody asked for this before; looking how far it is.");
        }

        await watch.AwaitAsync(
            view => view.Version < answer.Version ? "The nodes have not heard of it yet." : remaining(view, answer),
            Say,
            TimeSpan.FromSeconds(result.GetValue(_timeout)),
            token);
        MemberView node = (await watch.LookAsync(token)).Nodes[answer.Node - 1];
        double seconds = context.Time.GetElapsedTime(began).TotalSeconds;
        if (json)
        {
            MembersResult done = new()
            {
                Node = node.Node,
                State = node.State,
                WasDone = answer.WasDone,
                Seconds = Math.Round(seconds, 3),
            };
            context.Terminal.Print(JsonSerializer.Serialize(done, AdministrationJson.Default.MembersResult));
        }
        else
        {
            context.Terminal.Say($"Done: node {node.Node} at {node.Address} is {MembersProgress.Said(node.State)}.");
        }

        return ExitCode.Success;
    });

    private MembersWatch WatchOf(ParseResult result) =>
        new(context.Access.Admin, result.GetValue(_servers)!, context.Time);

    private static int NodeOf(int number) => number is >= 1 and <= NodeMax
        ? number
        : throw new CliException($"A node has a number from 1 to {NodeMax}, not {number}; see: concord members list.");
}
