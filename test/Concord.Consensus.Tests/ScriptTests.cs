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
    private const string Raft = "raft";
    private const string Paxos = "paxos";

    private static readonly string s_folder = Folder();

    public static TheoryData<string> Names => [.. NamesOf(Raft), .. NamesOf(Paxos)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_trace_of_a_script_is_as_written(string name)
    {
        string path = Path.Combine(s_folder, $"{name}.txt");
        string expected = File.ReadAllText(path);

        string actual = Rewrite(expected, isPaxos: name.StartsWith(Paxos, StringComparison.Ordinal));

        if (Environment.GetEnvironmentVariable("UPDATE_SCRIPTS") == "1")
        {
            File.WriteAllText(path, actual);
            return;
        }

        Assert.Equal(expected, actual, ignoreLineEndingDifferences: true);
    }

    [Theory]
    [InlineData(Raft, 40)]
    [InlineData(Paxos, 15)]
    public void There_are_scripts_for_both_protocols(string protocol, int least) =>
        Assert.True(NamesOf(protocol).Count() >= least, $"too few scripts in {s_folder}/{protocol}");

    /// <summary>What has one name in both folders is one scene, played by two protocols.</summary>
    [Fact]
    public void A_scene_that_both_protocols_play_has_the_same_commands()
    {
        string[] shared = [.. NamesOf(Raft).Select(Scene).Intersect(NamesOf(Paxos).Select(Scene))];

        Assert.True(shared.Length >= 10, $"only {string.Join(", ", shared)}");
        Assert.All(shared, static scene => Assert.Equal(Commands(Raft, scene), Commands(Paxos, scene)));
    }

    private static IEnumerable<string> NamesOf(string protocol) =>
        Directory.GetFiles(Path.Combine(s_folder, protocol), "*.txt")
            .Select(path => $"{protocol}/{Path.GetFileNameWithoutExtension(path)}").Order(StringComparer.Ordinal);

    private static string Scene(string name) => name[(name.IndexOf('/') + 1)..];

    private static IEnumerable<string> Commands(string protocol, string scene)
    {
        bool inTrace = false;
        foreach (string line in File.ReadLines(Path.Combine(s_folder, protocol, $"{scene}.txt")))
        {
            inTrace = line.Length > 0 && (inTrace || line == Divider);
            if (!inTrace && line.Length > 0 && line[0] != '#')
            {
                yield return line;
            }
        }
    }

    /// <summary>Runs the commands of a script and gives its text with the traces as they are now.</summary>
    private static string Rewrite(string script, bool isPaxos)
    {
        var interpreter = new ScriptInterpreter(isPaxos);
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
