using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Concord.Cli.Commands;

/// <summary>What <c>--help</c> says beyond the usage and the options: how it works, examples, exit codes.</summary>
/// <param name="Text">Paragraphs about what it does; empty if the description says all.</param>
/// <param name="Examples">Command lines without the name of the program.</param>
/// <param name="ExitCodes">One line each.</param>
internal sealed record ManualPage(string Text, IReadOnlyList<string> Examples, IReadOnlyList<string> ExitCodes)
{
    private static readonly Dictionary<Command, ManualPage> s_pages = [];

    /// <summary>Puts the page behind the command's help.</summary>
    public void AttachTo(Command command) => s_pages[command] = this;

    /// <summary>Makes <c>--help</c> of the whole tree print the pages.</summary>
    public static void Install(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ManualAction((HelpAction)help.Action!);
    }

    private void Write(TextWriter output)
    {
        if (Text.Length > 0)
        {
            output.WriteLine("How it works:");
            WriteIndented(output, Text.Split('\n'));
        }

        output.WriteLine("Examples:");
        WriteIndented(output, Examples.Select(example => $"concord {example}"));
        output.WriteLine("Exit codes:");
        WriteIndented(output, ExitCodes);
    }

    private static void WriteIndented(TextWriter output, IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            output.WriteLine(line.Length == 0 ? "" : "  " + line);
        }

        output.WriteLine();
    }

    private sealed class ManualAction(HelpAction standard) : SynchronousCommandLineAction
    {
        /// <summary>Who asks for help has not written the rest yet.</summary>
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int code = standard.Invoke(parseResult);
            if (s_pages.TryGetValue(parseResult.CommandResult.Command, out ManualPage? page))
            {
                page.Write(parseResult.InvocationConfiguration.Output);
            }

            return code;
        }
    }
}
