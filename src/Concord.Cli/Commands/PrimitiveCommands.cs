using System.CommandLine;
using Concord.Cli.Administration;
using Concord.Cli.Connections;
using Concord.Primitives;

namespace Concord.Cli.Commands;

/// <summary>What <c>concord locks</c> and <c>concord queues</c> share.</summary>
internal abstract class PrimitiveCommands(CommandContext context) : NamedCommands(context)
{
    protected Option<bool> Yes { get; } = new("--yes") { Description = "It is meant." };

    /// <summary>Connects, does it, and says so.</summary>
    protected void SetAction(
        Command command, Func<ParseResult, PrimitiveAdmin, string, CancellationToken, Task<int>> action) =>
        command.SetAction(async (result, token) =>
        {
            await using IClusterConnection connection = await ConnectAsync(result, token);
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
}
