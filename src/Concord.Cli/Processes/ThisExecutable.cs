using System.Diagnostics;
using System.Reflection;

namespace Concord.Cli.Processes;

/// <summary>Starts this very program again, however it was started: by its own name or through <c>dotnet</c>.</summary>
internal static class ThisExecutable
{
    /// <summary>A start of this program whose three streams are ours.</summary>
    public static ProcessStartInfo Start(IEnumerable<string> arguments)
    {
        string program = Environment.ProcessPath ?? "dotnet";
        ProcessStartInfo start = new(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            start.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}
