using System.CommandLine;
using System.Text.Json;
using Concord.Cli.Administration;
using Concord.Cli.Connections;
using Concord.Primitives;

namespace Concord.Cli.Commands;

/// <summary>What <c>concord locks</c> and <c>concord queues</c> share.</summary>
internal abstract class PrimitiveCommands(CommandContext context)
{
    protected Argument<string> Name { get; } = CommandOptions.Name();

    protected Option<string[]> Servers { get; } = CommandOptions.Addresses(
        "--servers", "Nodes of the cluster; one that answers is enough.");

    protected Option<string> Namespace { get; } = CommandOptions.Namespace();

    protected Option<bool> Json { get; } = new("--json") { Description = "Print a JSON object." };

    protected Option<bool> Yes { get; } = new("--yes") { Description = "It is meant." };

    protected CommandContext Context { get; } = context;

    /// <summary>Connects, does it, and says so.</summary>
    protected void SetAction(
        Command command, Func<ParseResult, PrimitiveAdmin, string, CancellationToken, Task<int>> action) =>
        command.SetAction(async (result, token) =>
        {
            await using IClusterConnection connection =
                await Context.Access.ConnectAsync(
                    result.GetValue(Servers)!, result.GetValue(Namespace)!, token);
            string by = $"{Environment.UserName}@{Environment.MachineName}";
            PrimitiveAdmin admin = new((ConcordClient)connection.Concord, by);
            try
            {
                return await action(result, admin, result.GetValue(Name)!, token);
            }
            catch (InvalidOperationException error)
            {
                throw new CliException(error.Message, ExitCode.Failed);
            }
        });

    /// <summary>What cannot be taken back is not done by a slip of the finger.</summary>
    protected void RequireYes(Command command, string what) => command.Validators.Add(result =>
    {
        if (!result.GetValue(Yes))
        {
            result.AddError($"{what} Nothing was done; add --yes if that is meant.");
        }
    });

    protected void Say(ParseResult result, string text, Action<Utf8JsonWriter> json)
    {
        if (!result.GetValue(Json))
        {
            Context.Terminal.Print(text);
            return;
        }

        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            json(writer);
            writer.WriteEndObject();
        }

        Context.Terminal.Print(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }
}
