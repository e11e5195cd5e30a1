using System.Diagnostics;
using System.Text;

namespace Concord.Cli.Tests.EndToEnd;

/// <summary>The command as a user starts it: a process, with what it wrote and how it ended.</summary>
internal sealed class ConcordProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly Lock _lock = new();
    private readonly List<(string Text, TaskCompletionSource Seen)> _awaited = [];

    private ConcordProcess(Process process) => _process = process;

    public string Output
    {
        get
        {
            lock (_lock)
            {
                return _output.ToString();
            }
        }
    }

    public string Error
    {
        get
        {
            lock (_lock)
            {
                return _error.ToString();
            }
        }
    }

    /// <summary>The processes that it has started, Linux only.</summary>
    public int[] Children => [.. File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).Concat(
            ChildrenOfOtherThreads()).Select(int.Parse).Distinct()];

    public static ConcordProcess Start(params string[] arguments) => StartWith([], arguments);

    /// <summary>With variables of the environment that differ from ours.</summary>
    public static ConcordProcess StartWith(
        IReadOnlyList<(string Name, string Value)> environment, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Concord.Cli.dll"));
        arguments.ToList().ForEach(start.ArgumentList.Add);
        Process process = new() { StartInfo = start };
        ConcordProcess command = new(process);
        process.OutputDataReceived += (_, line) => command.Append(command._output, line.Data);
        process.ErrorDataReceived += (_, line) => command.Append(command._error, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return command;
    }

    /// <summary>Waits until it has written this to its standard output.</summary>
    public async Task SeeAsync(string text)
    {
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _awaited.Add((text, seen));
            Check();
        }

        Task ended = _process.WaitForExitAsync();
        try
        {
            await Task.WhenAny(seen.Task, ended).WaitAsync(s_limit);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"It did not say \"{text}\" within {s_limit}; it said: {Output} {Error}");
        }

        Assert.True(seen.Task.IsCompleted, $"It ended and did not say \"{text}\"; it said: {Output} {Error}");
    }

    public async Task<int> WaitAsync()
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(s_limit);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"It did not end within {s_limit}; it said: {Output} {Error}");
        }

        return _process.ExitCode;
    }

    public int Id => _process.Id;

    /// <summary>As Ctrl-C in a terminal.</summary>
    public void Interrupt() => Signal("INT", _process.Id);

    public static void Kill(int process) => Signal("KILL", process);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static void Signal(string name, int process)
    {
        using Process kill = Process.Start("/bin/sh", ["-c", $"kill -{name} {process}"]);
        kill.WaitForExit();
    }

    private IEnumerable<string> ChildrenOfOtherThreads() => Directory.EnumerateDirectories($"/proc/{_process.Id}/task")
        .SelectMany(
            task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private void Append(StringBuilder target, string? line)
    {
        lock (_lock)
        {
            target.Append(line is null ? "" : line + "\n");
            Check();
        }
    }

    private void Check()
    {
        string output = _output.ToString();
        _awaited.Where(each => output.Contains(each.Text, StringComparison.Ordinal)).ToList().ForEach(
            each => each.Seen.TrySetResult());
    }
}
