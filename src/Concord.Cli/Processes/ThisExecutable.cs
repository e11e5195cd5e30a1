using System.Diagnostics;
using System.Reflection;

namespace Concord.Cli.Processes;

/// <summary>Starts this very program again, however it was started: by its own name or through <c>dotnet</c>.</summary>
internal static class ThisExecutable
{
    /// <summary>A start of this program whose three streams are ours.</summary>
    /// <param name="arguments">Of the command.</param>
    /// <param name="launch">In what surroundings; plainly if null.</param>
    public static ProcessStartInfo Start(IEnumerable<string> arguments, NodeLaunch? launch = null)
    {
        string[] words = [.. (launch ?? NodeLaunch.Plain).Prefix, .. Program(), .. arguments];
        ProcessStartInfo start = new(words[0], words[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach ((string name, string value) in (launch ?? NodeLaunch.Plain).Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static string[] Program()
    {
        // Of the assembly, not of the process: a test that runs the command's classes starts the command all the same.
        Assembly command = typeof(ThisExecutable).Assembly;
        string program = Environment.ProcessPath ?? "dotnet";
        bool isDotnet = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return isDotnet ? [program, command.Location]
            : Assembly.GetEntryAssembly() == command ? [program]
            : ["dotnet", command.Location];
    }
}
