using System.Text.Json;
using Concord.Cli.Commands;
using Concord.Cli.Tests.Fakes;
using Spectre.Console;

namespace Concord.Cli.Tests.Commands;

public sealed class SimulateCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("concord-simulate-").FullName;
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _out.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task A_run_is_counted_for_machines_and_drawn_for_people()
    {
        Assert.Equal(0, await RunAsync($"simulate --seeds 2 --json {_folder}/r.json --html {_folder}/r.html"));

        using JsonDocument json = JsonDocument.Parse(await File.ReadAllBytesAsync($"{_folder}/r.json"));
        JsonElement root = json.RootElement;
        Assert.Equal(2, root.GetProperty("seeds").GetInt32());
        Assert.Equal(0, root.GetProperty("violations").GetInt32());
        double simulated = root.GetProperty("simSecondsPerSecond").GetDouble();
        Assert.True(simulated > root.GetProperty("seedsPerSecond").GetDouble(), "a seed is seconds long");
        Assert.True(root.GetProperty("operations").GetInt64() > root.GetProperty("unknown").GetInt64());
        Assert.True(root.GetProperty("faults").GetProperty("LeaderElected").GetInt64() > 0);
        Assert.Contains("Seed 1, ", await File.ReadAllTextAsync($"{_folder}/r.html"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_story_is_drawn()
    {
        Assert.Equal(0, await RunAsync($"simulate --story figure-8 --html {_folder}/s.html"));
        Assert.Contains("Figure 8", await File.ReadAllTextAsync($"{_folder}/s.html"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_story_without_a_file_is_refused()
    {
        Assert.Equal(2, await RunAsync("simulate --story figure-8"));
        Assert.Contains("--html FILE", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--keep 3")]
    [InlineData("--seed 3 --keep 3")]
    [InlineData("--profile default --heal-at 100")]
    public async Task Some_decisions_are_those_of_one_run(string options)
    {
        Assert.Equal(2, await RunAsync($"simulate {options}"));
        Assert.Contains("--seed and --profile", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_is_none_is_refused()
    {
        Assert.Equal(2, await RunAsync("simulate --seed 3 --profile default --keep a-b"));
        Assert.Contains("3,17,40-44", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_of_a_seed_can_be_run()
    {
        Assert.Equal(0, await RunAsync("simulate --seed 3 --profile default --keep 7,101-103,10001 --heal-at 500"));
        Assert.Contains("1 seeds, 0 violations", _out.ToString(), StringComparison.Ordinal);
    }

    private async Task<int> RunAsync(string arguments)
    {
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_out), Interactive = InteractionSupport.No });
        console.Profile.Width = 200;
        CommandContext context = new(
            new FakeAccess(new FakeConcord()), new Terminal(console, _error), TimeProvider.System);
        return await CommandLine.RunAsync(
            context,
            arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            TestContext.Current.CancellationToken);
    }
}
