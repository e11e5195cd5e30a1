using System.CommandLine;
using System.Text.Json;
using Concord.Cli.Connections;

namespace Concord.Cli.Commands;

/// <summary>What commands about one named thing of a running cluster share.</summary>
internal abstract class NamedCommands(CommandContext context)
{
    protected Argument<string> Name { get; } = CommandOptions.Name();

    protected Option<string[]> Servers { get; } = CommandOptions.Addresses(
        "--servers", "Nodes of the cluster; one that answers is enough.");

    protected Option<string> Namespace { get; } = CommandOptions.Namespace();

    protected Option<bool> Json { get; } = new("--json") { Description = "Print a JSON object." };

    protected Task<IClusterConnection> ConnectAsync(ParseResult result, CancellationToken cancellationToken) =>
        context.Access.ConnectAsync(result.GetValue(Servers)!, result.GetValue(Namespace)!, cancellationToken);

    /// <summary>Prints the text, or with --json an object.</summary>
    protected void Say(ParseResult result, string text, Action<Utf8JsonWriter> json)
    {
        if (!result.GetValue(Json))
        {
            context.Terminal.Print(text);
            return;
        }

        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            json(writer);
            writer.WriteEndObject();
        }

        context.Terminal.Print(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }
}
