using System.CommandLine;
using System.Globalization;
using Concord.Cli.Connections;

namespace Concord.Cli.Commands;

/// <summary><c>concord get, put, add, delete</c>: one record, from the shell.</summary>
internal sealed class RecordCommands(CommandContext context) : NamedCommands(context)
{
    private static readonly string[] s_codes =
    [
        "0  done",
        "1  it does not exist (get, delete), or the number would leave 64 bits (add)",
        "2  wrong options, or the cluster is out of reach; the sentence says whether anything happened",
    ];

    public static IEnumerable<Command> CreateAll(CommandContext context) =>
    [
        new RecordCommands(context).CreateGet(),
        new RecordCommands(context).CreatePut(),
        new RecordCommands(context).CreateAdd(),
        new RecordCommands(context).CreateDelete(),
    ];

    private Command CreateGet()
    {
        Option<bool> counter = new("--counter")
        {
            Description = "It is a counter: print its number, 0 if nobody has added yet.",
        };
        Command command = new("get", "Prints a value, or a counter with --counter.")
        {
            Name,
            counter,
            Servers,
            Namespace,
            Json,
        };
        SetAction(command, async (result, concord, token) =>
        {
            string name = result.GetValue(Name)!;
            return result.GetValue(counter)
                ? SayNumber(result, name, await concord.GetCounter(name).GetAsync(token))
                : SayValue(result, name, await TextValue(concord, name).GetAsync(token));
        });
        new ManualPage(
            "",
            ["get greeting --servers 127.0.0.1:5001", "get visits --counter --servers 127.0.0.1:5001 --json"],
            s_codes).AttachTo(command);
        return command;
    }

    private Command CreatePut()
    {
        Argument<string> value = new("value") { Description = "The text to store." };
        Command command = new("put", "Sets a value, whatever it was.") { Name, value, Servers, Namespace, Json };
        SetAction(command, async (result, concord, token) =>
        {
            string name = result.GetValue(Name)!;
            Revision revision = await TextValue(concord, name).SetAsync(
                result.GetValue(value)!, cancellationToken: token);
            Say(result, $"Revision {revision.Value}.", writer =>
            {
                writer.WriteString("name", name);
                writer.WriteNumber("revision", revision.Value);
            });
            return ExitCode.Success;
        });
        new ManualPage("", ["put greeting \"good morning\" --servers 127.0.0.1:5001"], s_codes).AttachTo(command);
        return command;
    }

    private Command CreateAdd()
    {
        Argument<long> delta = new("delta") { Description = "What to add; write -- before a negative number." };
        Command command = new("add", "Adds to a counter and prints the new number.")
        {
            Name, delta, Servers, Namespace, Json,
        };
        SetAction(command, async (result, concord, token) =>
        {
            string name = result.GetValue(Name)!;
            try
            {
                return SayNumber(result, name, await concord.GetCounter(name).AddAsync(result.GetValue(delta), token));
            }
            catch (OverflowException)
            {
                throw new CliException($"The counter {name} would leave 64 bits; nothing changed.", ExitCode.Failed);
            }
        });
        new ManualPage(
            "",
            ["add visits 1 --servers 127.0.0.1:5001", "add --servers 127.0.0.1:5001 -- visits -1"],
            s_codes).AttachTo(command);
        return command;
    }

    private Command CreateDelete()
    {
        Command command = new("delete", "Deletes a value.") { Name, Servers, Namespace, Json };
        SetAction(command, async (result, concord, token) =>
        {
            string name = result.GetValue(Name)!;
            bool existed = await TextValue(concord, name).DeleteAsync(cancellationToken: token);
            Say(result, existed ? "Deleted." : "It did not exist.", writer =>
            {
                writer.WriteString("name", name);
                writer.WriteBoolean("existed", existed);
            });
            return existed ? ExitCode.Success : ExitCode.Failed;
        });
        new ManualPage("", ["delete greeting --servers 127.0.0.1:5001"], s_codes).AttachTo(command);
        return command;
    }

    private void SetAction(Command command, Func<ParseResult, IConcord, CancellationToken, Task<int>> action) =>
        command.SetAction(async (result, cancellationToken) =>
        {
            await using IClusterConnection connection = await ConnectAsync(result, cancellationToken);
            return await action(result, connection.Concord, cancellationToken);
        });

    private int SayValue(ParseResult result, string name, Versioned<string> value)
    {
        if (!value.Exists && !result.GetValue(Json))
        {
            throw new CliException($"There is no value named {name}.", ExitCode.Failed);
        }

        Say(result, value.Value ?? "", writer =>
        {
            writer.WriteString("name", name);
            writer.WriteString("value", value.Value);
            writer.WriteNumber("revision", value.Revision.Value);
        });
        return value.Exists ? ExitCode.Success : ExitCode.Failed;
    }

    private int SayNumber(ParseResult result, string name, long number)
    {
        Say(result, number.ToString(CultureInfo.InvariantCulture), writer =>
        {
            writer.WriteString("name", name);
            writer.WriteNumber("value", number);
        });
        return ExitCode.Success;
    }

    private static IConcordValue<string> TextValue(IConcord concord, string name) =>
        concord.GetValue(name, TextSerializer.Instance);
}
