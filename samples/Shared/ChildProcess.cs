using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;

namespace Concord.Samples;

/// <summary>This same program once more, in another role. It ends when its standard input does.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _reading;

    private ChildProcess(string name, Process process, ChannelWriter<Told> told)
    {
        (Name, _process) = (name, process);
        _reading = Task.Run(() => ReadAsync(told));
    }

    public string Name { get; }

    /// <summary>Starts it. What it prints is shown, and told to <paramref name="told"/>.</summary>
    public static ChildProcess Start(string name, ChannelWriter<Told> told, params string[] arguments)
    {
        string program = Environment.ProcessPath!;
        bool isDotNet = Path.GetFileNameWithoutExtension(program) == "dotnet";
        IEnumerable<string> all = isDotNet ? [Environment.GetCommandLineArgs()[0], .. arguments] : arguments;
        var start = new ProcessStartInfo(program, all)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        return new(name, Process.Start(start)!, told);
    }

    /// <summary>SIGSTOP: not one more instruction of it is run until <see cref="Thaw"/>.</summary>
    public void Freeze() => Signal("-STOP");

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signal("-CONT");

    /// <summary>As <c>kill -9</c>.</summary>
    public void Kill() => _process.Kill();

    public void Say(string line) => _process.StandardInput.WriteLine(line);

    /// <summary>Asks it to end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(Telling.Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync(ChannelWriter<Told> told)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            Console.WriteLine($"  {Name}: {line}");
            told.TryWrite(new(Name, line));
        }
    }

    private void Signal(string signal)
    {
        using Process kill = Process.Start("kill", [signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}

/// <summary>A line that a child has printed.</summary>
internal readonly record struct Told(string Name, string Line);

/// <summary>Waiting for what the children say.</summary>
internal static class Telling
{
    /// <summary>How long anything may take, also on a machine that is busy with other things.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(1);

    /// <summary>Reads on until somebody has said what is expected.</summary>
    /// <exception cref="TimeoutException">Nobody has; the message says what was expected.</exception>
    public static async Task<Told> ExpectAsync(this ChannelReader<Told> told, Func<Told, bool> isIt, string what)
    {
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            while (true)
            {
                Told each = await told.ReadAsync(deadline.Token);
                if (isIt(each))
                {
                    return each;
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Within {Patience} nobody said {what}.");
        }
    }

    /// <summary>Asks again and again until it is so.</summary>
    /// <exception cref="TimeoutException">It did not become so; the message says what was expected.</exception>
    public static async Task UntilAsync(Func<Task<bool>> isSo, string what)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (!await isSo())
        {
            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"Within {Patience} this did not come true: {what}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }
}
