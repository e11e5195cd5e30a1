using System.CommandLine;
using System.Globalization;
using Concord.Engines;
using Concord.Operations.Queues;
using Command = System.CommandLine.Command;

namespace Concord.Cli.Commands;

/// <summary><c>concord queues</c>: what is in a queue, emptying it, and sending dead letters back.</summary>
internal sealed class QueuesCommand(CommandContext context) : PrimitiveCommands(context)
{
    private static readonly string[] s_codes =
    [
        "0  done; also when there was nothing to do",
        "1  refused: the queue is full, or is one of dead letters itself",
        "2  wrong options, no --yes, or the cluster is out of reach; what was done by then stays done",
    ];

    public Command Create()
    {
        Command command = new("queues", "Shows what is in a queue, empties it, and sends dead letters back.")
        {
            CreateDescribe(), CreatePurge(), CreateRedrive(),
        };
        new ManualPage(
            "", ["queues describe orders --servers 127.0.0.1:5001", "queues redrive --help"], s_codes)
            .AttachTo(command);
        return command;
    }

    private Command CreateDescribe()
    {
        Command command = new("describe", "Shows how many messages a queue has, and where they are.")
        {
            Name, Servers, Namespace, Json,
        };
        SetAction(command, async (result, admin, name, token) =>
        {
            QueueContents found = await admin.DescribeQueueAsync(name, token);
            (string Name, long Count)[] counts =
            [
                ("ready", found.Ready), ("behindOthersOfTheirGroup", found.Behind), ("delayed", found.Delayed),
                ("inFlight", found.InFlight), ("deadLetters", found.DeadLetters),
                ("deadLetteredSoFar", found.DeadLettered), ("bytes", found.Bytes), ("receiversInLine", found.Waiting),
            ];
            string? dead = found.DeadLetterRoot.IsEmpty ? null : RecordKey.NameOf(found.DeadLetterRoot.Span).Name;
            List<string> lines = [.. counts.Select(static each =>
                string.Create(CultureInfo.InvariantCulture, $"{each.Name}: {each.Count}"))];
            lines.Add($"oldest: {found.OldestAge?.ToString("c", CultureInfo.InvariantCulture) ?? "none"}");
            lines.Add($"deadLetterQueue: {dead ?? "none"}");
            Say(result, string.Join('\n', lines), writer =>
            {
                writer.WriteString("name", name);
                foreach ((string each, long count) in counts)
                {
                    writer.WriteNumber(each, count);
                }

                if (found.OldestAge is { } age)
                {
                    writer.WriteNumber("oldestSeconds", age.TotalSeconds);
                }

                writer.WriteString("deadLetterQueue", dead);
            });
            return ExitCode.Success;
        });
        new ManualPage(
            "ready counts all that wait to be delivered, those behind others of their group included.",
            ["queues describe orders --servers 127.0.0.1:5001 --json"],
            ["0  somebody answered", "2  wrong options, or the cluster is out of reach"]).AttachTo(command);
        return command;
    }

    private Command CreatePurge()
    {
        Command command = new("purge", "Deletes the messages of a queue that nobody holds.")
        {
            Name, Yes, Servers, Namespace, Json,
        };
        RequireYes(command, "The messages would be gone for good.");
        SetAction(command, async (result, admin, name, token) =>
        {
            long purged = await admin.PurgeAsync(name, token);
            Say(result, $"Deleted {purged} messages.", writer =>
            {
                writer.WriteString("name", name);
                writer.WriteNumber("purged", purged);
            });
            return ExitCode.Success;
        });
        new ManualPage(
            "Delayed ones too. What is being worked on stays, and so do dead letters: those are messages of another\n"
            + "queue, whose name describe shows. The leader's log says who asked for this, and how many were deleted.",
            ["queues purge orders --yes --servers 127.0.0.1:5001"],
            s_codes).AttachTo(command);
        return command;
    }

    private Command CreateRedrive()
    {
        Command command = new("redrive", "Sends the dead letters of a queue back to where they come from.")
        {
            Name, Servers, Namespace, Json,
        };
        SetAction(command, async (result, admin, name, token) =>
        {
            (long moved, bool isFull) = await admin.RedriveAsync(name, token);
            string text = isFull
                ? $"Moved {moved} messages; then a queue that they come from was full."
                : $"Moved {moved} messages.";
            Say(result, text, writer =>
            {
                writer.WriteString("name", name);
                writer.WriteNumber("moved", moved);
                writer.WriteBoolean("isFull", isFull);
            });
            return isFull ? ExitCode.Failed : ExitCode.Success;
        });
        new ManualPage(
            "NAME is the queue that they died in. They come to its end, as if they had just been enqueued, without\n"
            + "the failures counted so far. Where several queues share a queue for dead letters, all of its letters\n"
            + "go back, each to its own. The leader's log says who asked for this, and how many were moved.",
            ["queues redrive orders --servers 127.0.0.1:5001"],
            s_codes).AttachTo(command);
        return command;
    }
}
