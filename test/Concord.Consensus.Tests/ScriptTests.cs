using System.Text;
using Concord.Consensus.Tests.Scripting;

namespace Concord.Consensus.Tests;

/// <summary>
/// Scenes of the protocol as text: commands, then behind <c>----</c> everything that went into the cores and came out.
/// Set UPDATE_SCRIPTS=1 to write the traces anew, and read the difference before you believe it.
/// </summary>
public sealed class ScriptTests
{
    private const string Divider = "----";

    private static readonly string s_folder = Folder();

    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(s_folder, "*.txt").Select(static path => Path.GetFileNameWithoutExtension(path))
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_trace_of_a_script_is_as_written(string name)
    {
        string path = Path.Combine(s_folder, $"{name}.txt");
        string expected = File.ReadAllText(path);

        string actual = Rewrite(expected);

        if (Environment.GetEnvironmentVariable("UPDATE_SCRIPTS") == "1")
        {
            File.WriteAllText(path, actual);
            return;
        }

        Assert.Equal(expected, actual, ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void There_are_scripts() => Assert.True(Names.Count >= 12, $"only {Names.Count} scripts in {s_folder}");

    /// <summary>Runs the commands of a script and gives its text with the traces as they are now.</summary>
    private static string Rewrite(string script)
    {
        var interpreter = new ScriptInterpreter();
        var text = new StringBuilder();
        bool inTrace = false;
        foreach (string line in script.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
        {
            if (inTrace && line.Length > 0)
            {
                continue;
            }

            inTrace = line == Divider;
            text.Append(line).Append('\n');
            if (inTrace)
            {
                text.Append(interpreter.TakeTrace());
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                interpreter.Run(line);
            }
        }

        Assert.True(interpreter.TakeTrace().Length == 0, "Commands without a trace; a script ends with \"----\".");
        return text.ToString();
    }

    private static string Folder()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Concord.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return Path.Combine(folder ?? throw new DirectoryNotFoundException("The repository is not above the tests."),
            "test", "Concord.Consensus.Tests", "scripts");
    }
}
