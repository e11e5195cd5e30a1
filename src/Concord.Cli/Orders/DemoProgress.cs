using Spectre.Console;

namespace Concord.Cli.Orders;

/// <summary>A bar in a terminal; a line for every tenth where the output goes to a file.</summary>
internal sealed class DemoProgress : IDemoProgress
{
    private const int Steps = 10;

    private readonly Terminal _terminal;
    private readonly int _total;
    private readonly ProgressTask? _bar;
    private readonly Lock _lock = new();
    private int _settled;

    private DemoProgress(Terminal terminal, int total, ProgressTask? bar) =>
        (_terminal, _total, _bar) = (terminal, total, bar);

    /// <summary>Runs <paramref name="work"/> and shows how far it is.</summary>
    public static async Task<T> ShowAsync<T>(Terminal terminal, int total, Func<IDemoProgress, Task<T>> work)
    {
        if (!terminal.Out.Profile.Capabilities.Interactive)
        {
            return await work(new DemoProgress(terminal, total, null));
        }

        Progress progress = terminal.Out.Progress().Columns(
            new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn());
        return await progress.StartAsync(context =>
            work(new DemoProgress(terminal, total, context.AddTask("Placing orders", maxValue: Math.Max(total, 1)))));
    }

    public void Say(string sentence) => _terminal.Say(sentence);

    public void Advance(int settled)
    {
        lock (_lock)
        {
            if (settled <= _settled)
            {
                return;
            }

            bool isNextStep = settled * (long)Steps / _total > _settled * (long)Steps / _total;
            _settled = settled;
            if (_bar is not null)
            {
                _bar.Value = settled;
            }
            else if (isNextStep)
            {
                _terminal.Say($"{settled} of {_total} orders settled.");
            }
        }
    }
}
