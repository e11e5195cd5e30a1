using System.Diagnostics;
using System.Text.Json;
using Concord.Cli.Recording;

namespace Concord.Process.Tests;

/// <summary><c>concord record</c> and <c>concord check</c>, as a user starts them.</summary>
public sealed class RecordCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("concord-record-test-");

    private string HistoryPath => Path.Combine(_folder.FullName, "history.jsonl");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public async Task A_history_is_recorded_under_faults_and_anybody_can_check_it(string protocol)
    {
        string[] faults = FaultsPossible();
        (int code, string output) = await RunAsync(
            "record", "--protocol", protocol, "--workload", "register", "--seconds", "12",
            "--nemesis", string.Join(',', faults),
            "--history", HistoryPath, "--seed", "7");
        Assert.True(code == 0, output);
        Assert.Contains("Linearizable: yes.", output, StringComparison.Ordinal);

        IReadOnlyList<HistoryEntry> history = HistoryLines.Read(HistoryPath);
        Assert.True(history.Count > 200, output);
        Assert.All(history, AssertIsWhole);
        foreach (IGrouping<int, HistoryEntry> process in history.GroupBy(static each => each.Process))
        {
            // One operation at a time, and none after one that nobody knows the end of.
            long free = -1;
            Assert.All(process.OrderBy(static each => each.InvokedNs), each =>
            {
                Assert.True(each.InvokedNs >= free, $"process {process.Key} does two things at once");
                free = each.CompletedNs ?? long.MaxValue;
            });
        }

        AssertAllStruck(faults);
        Assert.Equal(0, (await RunAsync("check", HistoryPath)).Code);
        string place = output.Split("nodes in ")[1].Split(';')[0];
        Assert.False(Directory.Exists(place), $"{place} was left behind");
    }

    [Theory]
    [InlineData("lock", "raft", "Exclusive and fenced: yes.")]
    [InlineData("lock", "paxos", "Exclusive and fenced: yes.")]
    [InlineData("queue", "raft", "Nothing lost, nothing twice, groups in order: yes.")]
    [InlineData("queue", "paxos", "Nothing lost, nothing twice, groups in order: yes.")]
    public async Task Locks_and_queues_keep_their_promises_under_faults(
        string workload, string protocol, string verdict)
    {
        string[] faults = FaultsPossible();
        (int code, string output) = await RunAsync(
            "record", "--protocol", protocol, "--workload", workload, "--seconds", "10",
            "--nemesis", string.Join(',', faults), "--history", HistoryPath, "--seed", "11");
        Assert.True(code == 0, output);
        Assert.Contains(verdict, output, StringComparison.Ordinal);
        AssertAllStruck(faults);
        Assert.All(HistoryLines.Read(HistoryPath), AssertHasTimes);
        Assert.Equal(0, (await RunAsync("check", HistoryPath)).Code);
    }

    [Fact]
    public async Task A_lie_in_a_history_is_found()
    {
        File.WriteAllText(HistoryPath, Line("write", 1, null, 0, 1) + Line("write", 2, null, 2, 3)
            + Line("read", null, 1, 4, 5));
        (int code, string output) = await RunAsync("check", HistoryPath);
        Assert.Equal(1, code);
        Assert.Contains("Linearizable: no. k: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_history_is_refused()
    {
        File.WriteAllText(HistoryPath, "{}");
        (int code, string output) = await RunAsync("check", HistoryPath);
        Assert.Equal(2, code);
        Assert.Contains(":1 is no operation", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_that_does_not_exist_is_refused()
    {
        (int code, string output) = await RunAsync("record", "--history", HistoryPath, "--nemesis", "kill,earthquake");
        Assert.Equal(2, code);
        Assert.Contains("\"earthquake\" is no fault", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupted_it_writes_what_it_has_and_leaves_nothing_behind()
    {
        string fault = RecordingPlace.MissingFor("partition") is null ? "partition" : "kill";
        using var record = System.Diagnostics.Process.Start(
            StartOf("record", "--seconds", "300", "--nemesis", fault, "--history", HistoryPath))!;
        string seen = "";
        while (!seen.Contains("clients work", StringComparison.Ordinal))
        {
            seen += await record.StandardOutput.ReadLineAsync().WaitAsync(LiveCluster.Limit)
                ?? throw new InvalidOperationException($"It ended: {seen}");
        }

        using (var interrupt = System.Diagnostics.Process.Start("/bin/sh", ["-c", $"kill -INT {record.Id}"]))
        {
            await interrupt.WaitForExitAsync();
        }

        await record.WaitForExitAsync().WaitAsync(LiveCluster.Limit);
        Assert.Equal(130, record.ExitCode);
        Assert.All(HistoryLines.Read(HistoryPath), AssertIsWhole);
        Assert.DoesNotContain($"concord-{record.Id}-", SystemProgram.TryRun("ip", "netns", "list").Output,
            StringComparison.Ordinal);
        Assert.DoesNotContain($"cnb{record.Id}", SystemProgram.TryRun("ip", "link").Output, StringComparison.Ordinal);
    }

    private static string[] FaultsPossible() =>
    [
        .. new[] { "kill", "pause", "partition" }.Where(static each => RecordingPlace.MissingFor(each) is null),
    ];

    /// <summary>Each fault that was asked for came over the cluster, and no other.</summary>
    private void AssertAllStruck(string[] faults) => Assert.Equal(
        faults.Order(),
        File.ReadLines(HistoryPath + ".nemesis.jsonl")
            .Select(static line => JsonDocument.Parse(line).RootElement)
            .Where(static each => each.GetProperty("event").GetString() == "begin")
            .Select(static each => each.GetProperty("fault").GetString()!)
            .Distinct().Order());

    private static void AssertHasTimes(HistoryEntry each)
    {
        Assert.Equal(each.Outcome == EntryOutcome.Unknown, each.CompletedNs is null);
        Assert.True(each.CompletedNs is null || each.CompletedNs >= each.InvokedNs, "it ended before it began");
    }

    private static void AssertIsWhole(HistoryEntry each)
    {
        AssertHasTimes(each);
        Assert.True(
            each.Call.Verb is HistoryVerb.Read or HistoryVerb.Write || each.Outcome != EntryOutcome.Ok
                || each.Call.Result is not null,
            "an answer is missing");
    }

    private static string Line(string operation, int? argument, int? result, int from, int to) =>
        JsonSerializer.Serialize(new
        {
            process = 0,
            operation,
            key = "k",
            argument,
            result,
            outcome = "ok",
            invokedNs = from,
            completedNs = to,
        }) + "\n";

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(StartOf(arguments))!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(LiveCluster.Limit * 2);
        await process.WaitForExitAsync().WaitAsync(LiveCluster.Limit);
        return (process.ExitCode, output + await error);
    }

    private static ProcessStartInfo StartOf(params string[] arguments) =>
        new("dotnet", [Path.Combine(AppContext.BaseDirectory, "Concord.Cli.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
}
