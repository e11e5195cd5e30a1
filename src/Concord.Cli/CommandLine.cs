using System.CommandLine;
using System.CommandLine.Parsing;
using Concord.Cli.Commands;
using Concord.Client.Administration;

namespace Concord.Cli;

/// <summary>The tree of commands, and how each way of ending becomes an exit code.</summary>
internal static class CommandLine
{
    public static RootCommand Create(CommandContext context)
    {
        RootCommand root = new(
            "Concord: locks, counters and transactions that stay correct when nodes are killed and networks split.");
        root.Subcommands.Add(ServeCommand.Create(context));
        root.Subcommands.Add(StatusCommand.Create(context));
        root.Subcommands.Add(new MembersCommand(context).Create());
        foreach (Command command in RecordCommands.CreateAll(context))
        {
            root.Subcommands.Add(command);
        }

        root.Subcommands.Add(new LocksCommand(context).Create());
        root.Subcommands.Add(new QueuesCommand(context).Create());
        root.Subcommands.Add(DemoCommand.Create(context));
        root.Subcommands.Add(SimulateCommand.Create(context));
        root.Subcommands.Add(RecordHistoryCommand.CreateRecord(context));
        root.Subcommands.Add(RecordHistoryCommand.CreateCheck(context));
        root.Subcommands.Add(BenchCommand.Create(context));
        root.Subcommands.Add(BenchCommand.CreateLoad(context));
        root.Subcommands.Add(BenchPauseCommands.CreateLoad(context));
        new ManualPage(
            "",
            ["demo orders", "serve --help"],
            [
                "0    done as asked",
                "1    it ran, and the answer is no: an audit failed, an invariant was violated, a key does not exist",
                "2    it could not run: wrong options, a missing file, a port or a folder in use, no cluster",
                "130  interrupted with Ctrl-C before the end",
            ]).AttachTo(root);
        ManualPage.Install(root);
        return root;
    }

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        CommandContext context, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        ParseResult result = Create(context).Parse(arguments);
        if (result.Errors.Count > 0)
        {
            return Fail(context, ExitCode.Environment, Usage(result));
        }

        try
        {
            InvocationConfiguration configuration = new()
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = context.Terminal.Out.Profile.Out.Writer,
                Error = context.Terminal.Error,
            };
            return await result.InvokeAsync(configuration, cancellationToken);
        }
        catch (CliException error)
        {
            return Fail(context, error.ExitCode, error.Message);
        }
        catch (MembersRefusedException error)
        {
            return Fail(context, ExitCode.Failed, error.Message);
        }
        catch (ConcordException error)
        {
            return Fail(context, ExitCode.Environment, error.Message);
        }
        catch (IOException error)
        {
            return Fail(
                context, ExitCode.Environment, $"{error.Message.TrimEnd('.')}; make room or choose another place.");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Fail(context, ExitCode.Interrupted, "Interrupted.");
        }
    }

    /// <summary>The first mistake; a word that means nothing comes before whatever is missing because of it.</summary>
    private static string Usage(ParseResult result)
    {
        string mistake = result.UnmatchedTokens.Count > 0
            ? $"\"{result.UnmatchedTokens[0]}\" is no command, option or argument here."
            : result.Errors[0].Message;
        IEnumerable<string> path = Path(result.CommandResult).Reverse().Skip(1).Append("--help");
        return $"{mistake} See: concord {string.Join(' ', path)}";
    }

    private static IEnumerable<string> Path(SymbolResult? result)
    {
        for (; result is CommandResult command; result = result.Parent)
        {
            yield return command.Command.Name;
        }
    }

    private static int Fail(CommandContext context, int code, string sentence)
    {
        context.Terminal.Error.WriteLine(sentence.ReplaceLineEndings(" "));
        return code;
    }
}
