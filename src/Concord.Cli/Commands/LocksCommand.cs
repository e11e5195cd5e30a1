using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Concord.Operations.Holds;

namespace Concord.Cli.Commands;

/// <summary><c>concord locks</c>: who holds a lock, and taking it away by hand.</summary>
internal sealed class LocksCommand(CommandContext context) : PrimitiveCommands(context)
{
    private static readonly string[] s_codes =
    [
        "0  done",
        "1  nobody holds it, or not with this token",
        "2  wrong options, no --yes, or the cluster is out of reach",
    ];

    private readonly Option<long> _token = new("--token")
    {
        Description = "Only the hold with this fencing token, as describe shows it. Default: all that there are now.",
        HelpName = "T",
    };

    public Command Create()
    {
        Command command = new("locks", "Shows who holds a lock, and takes it away.")
        {
            CreateDescribe(), CreateRelease(),
        };
        new ManualPage(
            "", ["locks describe orders/17 --servers 127.0.0.1:5001", "locks release --help"], s_codes)
            .AttachTo(command);
        return command;
    }

    private Command CreateDescribe()
    {
        Command command = new("describe", "Shows who holds a lock and who waits for it.")
        {
            Name, Servers, Namespace, Json,
        };
        SetAction(command, async (result, admin, name, token) =>
        {
            HoldsDescription found = await admin.DescribeLockAsync(name, token);
            Say(result, TextOf(name, found), writer =>
            {
                writer.WriteString("name", name);
                Write(writer, "holders", found.Holders);
                writer.WriteNumber("waitingCount", found.WaitingCount);
                Write(writer, "waiting", found.Waiting);
            });
            return ExitCode.Success;
        });
        new ManualPage(
            "The first hundred of each. Since is by the clock of the cluster; a token grows with every grant.",
            ["locks describe orders/17 --servers 127.0.0.1:5001 --json"],
            ["0  somebody answered", "2  wrong options, or the cluster is out of reach"]).AttachTo(command);
        return command;
    }

    private Command CreateRelease()
    {
        Command command = new("release", "Takes a lock from whoever holds it.")
        {
            Name, _token, Yes, Servers, Namespace, Json,
        };
        RequireYes(
            command,
            "Whoever holds the lock loses it, learns of it, and may be in the middle of something.");
        SetAction(command, async (result, admin, name, token) =>
        {
            IReadOnlyList<HoldDescription> taken =
                await admin.ReleaseLockAsync(name, result.GetValue(_token), token);
            string text = taken.Count == 0
                ? "Nothing was taken: nobody holds it, or not with this token."
                : string.Join('\n', taken.Select(static hold => $"Taken: {TextOf(hold)}"));
            Say(result, text, writer =>
            {
                writer.WriteString("name", name);
                Write(writer, "taken", taken);
            });
            return taken.Count > 0 ? ExitCode.Success : ExitCode.Failed;
        });
        new ManualPage(
            "The next in line has it at once. Writes that bring the old token are refused from then on; what the old\n"
            + "holder does elsewhere goes on until it looks at its Lost token. The leader's log says who asked for\n"
            + "this, as user@machine, and what was taken; so does the entry in the cluster's own log.",
            ["locks release orders/17 --token 4711 --yes --servers 127.0.0.1:5001"],
            s_codes).AttachTo(command);
        return command;
    }

    private static string TextOf(string name, HoldsDescription found)
    {
        List<string> lines =
        [
            found.Holders.Count == 0 ? $"Nobody holds {name}." : $"{name} is held by {found.HoldCount}.",
            .. found.Holders.Select(TextOf),
            .. found.WaitingCount == 0 ? [] : (string[])[$"In line: {found.WaitingCount}."],
            .. found.Waiting.Select(TextOf),
        ];
        return string.Join('\n', lines);
    }

    private static string TextOf(HoldDescription hold)
    {
        string token = hold.Token == 0 ? "" : $"token {hold.Token}, ";
        string mode = hold.Mode == HoldMode.Exclusive ? "exclusive" : "shared";
        return $"  {token}{mode}, {hold.Process}, session {hold.Session}, since {SinceOf(hold)}";
    }

    private static string SinceOf(HoldDescription hold) => DateTimeOffset
        .FromUnixTimeMilliseconds(hold.Since.Milliseconds).ToString("u", CultureInfo.InvariantCulture);

    private static void Write(Utf8JsonWriter writer, string property, IReadOnlyList<HoldDescription> holds)
    {
        writer.WriteStartArray(property);
        foreach (HoldDescription hold in holds)
        {
            writer.WriteStartObject();
            writer.WriteString("session", hold.Session.ToString());
            writer.WriteString("process", hold.Process);
            writer.WriteString("mode", hold.Mode == HoldMode.Exclusive ? "exclusive" : "shared");
            if (hold.Token != 0)
            {
                writer.WriteNumber("token", hold.Token);
            }

            writer.WriteString("since", SinceOf(hold));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
