using Spectre.Console;

namespace Concord.Cli;

/// <summary>A bar in a terminal; a line for every tenth where the output goes to a file.</summary>
internal sealed class ProgressView : IProgressView
{
    private const int Steps = 10;

    private readonly Terminal _terminal;
    private readonly int _total;
    private readonly string _what;
    private readonly ProgressTask? _bar;
    private readonly Lock _lock = new();
    private int _done;

    private ProgressView(Terminal terminal, int total, string what, ProgressTask? bar) =>
        (_terminal, _total, _what, _bar) = (terminal, total, what, bar);

    /// <summary>Runs <paramref name="work"/> and shows how far it is.</summary>
    /// <param name="terminal">Where.</param>
    /// <param name="total">How many there are.</param>
    /// <param name="what">What is counted, in words that fit behind a number: "orders settled".</param>
    /// <param name="work">Tells the view.</param>
    public static async Task<T> ShowAsync<T>(
        Terminal terminal, int total, string what, Func<IProgressView, Task<T>> work)
    {
        if (!terminal.Out.Profile.Capabilities.Interactive)
        {
            return await work(new ProgressView(terminal, total, what, null));
        }

        Progress progress = terminal.Out.Progress().Columns(
            new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn());
        return await progress.StartAsync(context =>
            work(new ProgressView(terminal, total, what, context.AddTask(what, maxValue: Math.Max(total, 1)))));
    }

    public void Say(string sentence) => _terminal.Say(sentence);

    public void Advance(int done)
    {
        lock (_lock)
        {
            if (done <= _done)
            {
                return;
            }

            bool isNextStep = done * (long)Steps / _total > _done * (long)Steps / _total;
            _done = done;
            if (_bar is not null)
            {
                _bar.Value = done;
            }
            else if (isNextStep)
            {
                _terminal.Say($"{done} of {_total} {_what}.");
            }
        }
    }
}
