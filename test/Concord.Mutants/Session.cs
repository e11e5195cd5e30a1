using System.Collections.Concurrent;

namespace Concord.Mutants;

/// <summary>Runs mutants in a few copies at a time, after the killers have been seen to pass without any.</summary>
internal sealed class Session(Catalogue catalogue, RunOptions options, IReadOnlyList<Mutant> selected)
{
    /// <summary>A killer that takes so many times what it takes without a mutant hangs.</summary>
    private const double Patience = 10;

    private static readonly TimeSpan s_deadlineLeast = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_deadlineUnmutated = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<string, TimeSpan> _deadlines = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<Verdict> _verdicts = [];
    private readonly ProgressLine _progress = new();
    private int _done;

    public async Task<IReadOnlyList<Verdict>> RunAsync(CancellationToken stop)
    {
        using FileStream _ = LockCopies();
        bool runsEquivalent = options.Only.Count > 0;
        var waiting = new ConcurrentQueue<Mutant>(
            selected.Where(mutant => runsEquivalent || mutant.Equivalent is null));
        foreach (Mutant mutant in selected.Where(mutant => !runsEquivalent && mutant.Equivalent is not null))
        {
            Tell(new(mutant, Outcome.Equivalent, [], 0, 0, mutant.Equivalent!));
        }

        Killer[] killers =
        [
            .. waiting.SelectMany(static mutant => mutant.Budget).Distinct(StringComparer.Ordinal)
                .Select(catalogue.KillerOf),
        ];
        int copies = Math.Min(options.Jobs, waiting.Count);
        string[] projects = [.. killers.Select(static killer => killer.Project).Distinct(StringComparer.Ordinal)];
        Task[] jobs = new Task[copies];
        for (int i = 0; i < copies; i++)
        {
            var copy = new WorkingCopy(catalogue.Root, i + 1, projects);
            _progress.Show($"preparing copy {i + 1} of {copies}");
            await copy.PrepareAsync(stop);
            if (i == 0)
            {
                await RunUnmutatedAsync(copy, killers, stop);
            }

            jobs[i] = Task.Run(() => WorkAsync(copy, waiting, stop), stop);
        }

        await Task.WhenAll(jobs);
        _progress.Clear();
        return [.. _verdicts.OrderBy(static verdict => verdict.Mutant.Id, IdOrder.Instance)];
    }

    /// <summary>Two runs in the same copies would kill each other's mutants.</summary>
    private FileStream LockCopies()
    {
        string folder = Path.Combine(catalogue.Root, "artifacts", "mutants");
        Directory.CreateDirectory(folder);
        try
        {
            return new(Path.Combine(folder, "LOCK"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken)
        {
            throw new CatalogueException("Another run is under way in this tree; wait for it, or end it.", taken);
        }
    }

    private int SeedsOf(Killer killer) => options.BudgetSeeds ?? killer.Seeds;

    /// <summary>A killer that fails without a mutant proves nothing.</summary>
    private async Task RunUnmutatedAsync(WorkingCopy copy, IEnumerable<Killer> killers, CancellationToken stop)
    {
        foreach (Killer killer in killers)
        {
            _progress.Show($"unmutated: {killer.Name}");
            KillerRun run = await KillerRun.StartAsync(copy, killer, SeedsOf(killer), s_deadlineUnmutated, stop);
            if (run.Kill is { } kill)
            {
                throw new CatalogueException(
                    $"{killer.Name} fails without any mutant, so it proves nothing: {kill.What} {kill.Where}\n"
                    + run.Output);
            }

            if (run.Tests == 0)
            {
                throw new CatalogueException($"{killer.Name} ran no test; its filters fit none.\n{run.Output}");
            }

            _progress.Print($"{"unmutated",-10} passes    {killer.Name} ({run.Seconds:F1} s)");
            TimeSpan deadline = TimeSpan.FromSeconds(Patience * run.Seconds);
            _deadlines[killer.Name] = deadline > s_deadlineLeast ? deadline : s_deadlineLeast;
        }
    }

    private async Task WorkAsync(WorkingCopy copy, ConcurrentQueue<Mutant> waiting, CancellationToken stop)
    {
        while (waiting.TryDequeue(out Mutant? mutant))
        {
            Tell(await TryAsync(copy, mutant, stop));
        }
    }

    private async Task<Verdict> TryAsync(WorkingCopy copy, Mutant mutant, CancellationToken stop)
    {
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        string? errors = await copy.ApplyAsync(mutant, stop);
        double build = System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds;
        try
        {
            return errors is null
                ? await HuntAsync(copy, mutant, build, stop)
                : new(mutant, Outcome.Error, [], build, 0, $"it does not build:\n{errors}");
        }
        finally
        {
            await copy.RestoreAsync(mutant, stop);
        }
    }

    private async Task<Verdict> HuntAsync(WorkingCopy copy, Mutant mutant, double build, CancellationToken stop)
    {
        double seconds = 0;
        List<Kill> kills = [];
        foreach (string name in mutant.Budget)
        {
            Killer killer = catalogue.KillerOf(name);
            _progress.Show($"{_done}/{selected.Count} mutants; {mutant.Id}: {name}");
            KillerRun run = await KillerRun.StartAsync(copy, killer, SeedsOf(killer), _deadlines[name], stop);
            if (run.Kill is { } kill)
            {
                kills.Add(kill with { Seconds = seconds + run.Seconds });
            }

            seconds += run.Seconds;
            if (kills.Count > 0 && !options.Every)
            {
                break;
            }
        }

        return (kills.Count > 0, mutant.Equivalent) switch
        {
            (true, null) => new(mutant, Outcome.Killed, kills, build, seconds, ""),
            (true, _) => new(mutant, Outcome.Error, kills, build, seconds, "its proof of equivalence is wrong:"),
            (false, null) => new(mutant, Outcome.Survived, kills, build, seconds, ""),
            (false, { } proof) => new(mutant, Outcome.Equivalent, kills, build, seconds, proof),
        };
    }

    private void Tell(Verdict verdict)
    {
        _verdicts.Add(verdict);
        int done = Interlocked.Increment(ref _done);
        _progress.Print($"[{done}/{selected.Count}] {Summary.LineOf(verdict)}");
    }
}
