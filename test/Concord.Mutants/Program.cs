namespace Concord.Mutants;

internal static class Program
{
    private const int Survivors = 1;
    private const int CatalogueWrong = 2;
    private const int Interrupted = 130;

    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is [SeedHost.Verb, ..])
        {
            return SeedHost.Run(arguments.AsSpan(1));
        }

        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.Cancel();
        };
        try
        {
            RunOptions options = RunOptions.Parse(arguments);
            if (options.Help)
            {
                Console.WriteLine(RunOptions.Manual);
                return 0;
            }

            Catalogue catalogue = Catalogue.Load(RepositoryRoot.Find());
            return options.Check
                ? FitReport.Print(catalogue, Console.Out) ? 0 : CatalogueWrong
                : await RunAsync(catalogue, options, stop.Token);
        }
        catch (CatalogueException wrong)
        {
            await Console.Error.WriteLineAsync(wrong.Message);
            return CatalogueWrong;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Interrupted. Only copies under artifacts/mutants were changed.");
            return Interrupted;
        }
    }

    private static async Task<int> RunAsync(Catalogue catalogue, RunOptions options, CancellationToken stop)
    {
        IReadOnlyList<Mutant> selected = catalogue.Select(options.Only);
        FitReport.Demand(catalogue, selected);
        var session = new Session(catalogue, options, selected);
        IReadOnlyList<Verdict> verdicts = await session.RunAsync(stop);
        Summary.Print(verdicts, Console.Out);
        if (options.JsonFile is { } file)
        {
            await File.WriteAllBytesAsync(file, Summary.ToJson(verdicts), stop);
        }

        if (options.UpdateDocs)
        {
            RobustnessPage.Update(catalogue, verdicts);
        }

        return verdicts.Any(static verdict => verdict.IsError) ? CatalogueWrong
            : verdicts.Any(static verdict => verdict.Outcome == Outcome.Survived) ? Survivors
            : 0;
    }
}
