using System.CommandLine;
using System.Text.Json;
using Concord.Cli.Connections;
using Concord.Client.Administration;

namespace Concord.Cli.Commands;

/// <summary><c>concord members transfer</c>: who leads, without anybody noticing.</summary>
internal sealed class TransferCommand(CommandContext context)
{
    private readonly Option<string[]> _servers = CommandOptions.Addresses(
        "--servers", "Nodes of the cluster; one that answers is enough.");
    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print a JSON array with one object per shard.",
    };

    private readonly Option<int?> _shard = new("--shard") { Description = "This shard only.", HelpName = "S" };
    private readonly Option<int?> _from = new("--from")
    {
        Description = "All shards that this node leads: before it is stopped, nobody then waits for an election.",
        HelpName = "N",
    };
    private readonly Option<int?> _to = new("--to")
    {
        Description = "To this node. Without it, to the one that has most of the log.",
        HelpName = "N",
    };
    private readonly Option<int> _timeout = CommandOptions.Count(
        "--timeout", 30, 1, 3600, "How many seconds to wait until the new leaders are known.");

    public Command Create()
    {
        Command command = new("transfer", "Hands leadership over.") { _servers, _shard, _from, _to, _timeout, _json };
        command.Validators.Add(result =>
        {
            if (result.GetResult(_shard) is null && result.GetResult(_from) is null)
            {
                result.AddError("Say what to hand over: --shard, or --from for all that a node leads.");
            }
        });
        command.SetAction(RunAsync);
        new ManualPage(
            "The leader takes nothing new until the other has all of its log, and then has it elected at once;\n"
            + "calls that come meanwhile wait for that, some milliseconds. If the other does not answer, the old\n"
            + "leader goes on after an election timeout.",
            [
                "members transfer --from 2 --servers 127.0.0.1:5001   # before a rolling restart of node 2",
                "members transfer --shard 0 --to 3 --servers 127.0.0.1:5001",
            ],
            [
                "0  handed over; also if there was nothing to hand over",
                "1  refused, or not done in time; the sentence says why",
                "2  wrong options, or the cluster is out of reach",
            ]).AttachTo(command);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken token)
    {
        int? shard = result.GetValue(_shard);
        int? from = result.GetValue(_from);
        int to = result.GetValue(_to) ?? 0;
        string[] servers = result.GetValue(_servers)!;
        MembersWatch watch = new(context.Access.Admin, servers, context.Time);
        MembersView view = await watch.LookAsync(token);
        ShardMembersView[] chosen =
        [
            .. view.Shards.Where(each =>
                (shard is null || each.Shard == shard) && (from is null || each.Leader == from)),
        ];
        if (shard is not null && view.Shards.All(each => each.Shard != shard))
        {
            throw new CliException(
                $"There is no shard {shard}; they are 0 to {view.Shards.Count - 1}.", ExitCode.Failed);
        }

        List<TransferView> done = [];
        foreach (ShardMembersView each in chosen)
        {
            done.Add(await TransferAsync(watch, each, to, TimeSpan.FromSeconds(result.GetValue(_timeout)), token));
            if (!result.GetValue(_json))
            {
                TransferView last = done[^1];
                context.Terminal.Say(
                    $"Shard {last.Shard}: node {last.From} has handed over to node {last.To} "
                    + $"({last.Milliseconds:0} ms until it was seen).");
            }
        }

        if (result.GetValue(_json))
        {
            context.Terminal.Print(
                JsonSerializer.Serialize([.. done], AdministrationJson.Default.TransferViewArray));
        }
        else if (done.Count == 0)
        {
            context.Terminal.Say($"Node {from} leads nothing.");
        }

        return ExitCode.Success;
    }

    private async Task<TransferView> TransferAsync(
        MembersWatch watch, ShardMembersView shard, int to, TimeSpan limit, CancellationToken token)
    {
        long began = context.Time.GetTimestamp();
        MembersAnswer answer = await context.Access.Admin.ChangeMembersAsync(
            watch.Addresses, new() { Action = MembersRequest.Transfer, Shard = shard.Shard, Node = to }, token);
        int leader = shard.Leader;
        if (!answer.WasDone)
        {
            await watch.AwaitAsync(
                view =>
                {
                    leader = view.Shards[shard.Shard].Leader;
                    bool isDone = to == 0 ? leader != 0 && leader != shard.Leader : leader == to;
                    return isDone ? null : $"Shard {shard.Shard} is still led by node {leader}.";
                },
                static _ => { },
                limit,
                token);
        }

        return new()
        {
            Shard = shard.Shard,
            From = shard.Leader,
            To = leader,
            Milliseconds = Math.Round(context.Time.GetElapsedTime(began).TotalMilliseconds, 1),
        };
    }
}
