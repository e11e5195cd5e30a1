using System.Globalization;

namespace Concord.Mutants;

/// <summary>What the runner was asked for.</summary>
internal sealed record RunOptions
{
    public const string Manual = """
        dotnet run -c Release --project test/Concord.Mutants [-- OPTIONS]

        Breaks one rule of the product at a time, in a copy, and says which test or seed notices.

          --only R5,R7         only these; also those that are proven equivalent
          --budget-seeds N     so many seeds instead of what test/mutants/killers.json says
          --every              let the whole budget try, not only until somebody killed it
          --jobs N             so many copies at a time; default: one for every two processors
          --json FILE          the result as JSON
          --update-docs        write the table in docs/robustness.md; with --only, only those rows
          --check              run nothing: list the mutants that do not fit the sources, and what is near
          --help               this page

        Exit code: 0 all killed, or proven equivalent; 1 some survived; 2 the catalogue is wrong.
        """;

    public IReadOnlyList<string> Only { get; private set; } = [];

    public int? BudgetSeeds { get; private set; }

    /// <summary>All killers of a budget run, to see how many nets hold a rule.</summary>
    public bool Every { get; private set; }

    public int Jobs { get; private set; } = Math.Max(1, Environment.ProcessorCount / 2);

    public string? JsonFile { get; private set; }

    public bool UpdateDocs { get; private set; }

    public bool Check { get; private set; }

    public bool Help { get; private set; }

    public static RunOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new RunOptions();
        var rest = new Queue<string>(arguments);
        while (rest.TryDequeue(out string? name))
        {
            switch (name)
            {
                case "--only":
                    options.Only = ValueOf(name, rest).Split(',', StringSplitOptions.RemoveEmptyEntries);
                    break;
                case "--budget-seeds":
                    options.BudgetSeeds = NumberOf(name, rest);
                    break;
                case "--jobs":
                    options.Jobs = NumberOf(name, rest);
                    break;
                case "--json":
                    options.JsonFile = Path.GetFullPath(ValueOf(name, rest));
                    break;
                case "--update-docs":
                    options.UpdateDocs = true;
                    break;
                case "--every":
                    options.Every = true;
                    break;
                case "--check":
                    options.Check = true;
                    break;
                case "--help" or "-h":
                    options.Help = true;
                    break;
                default:
                    throw new CatalogueException($"There is no option '{name}'.\n\n{Manual}");
            }
        }

        return options;
    }

    private static string ValueOf(string name, Queue<string> rest) =>
        rest.TryDequeue(out string? value) ? value : throw new CatalogueException($"{name} needs a value.");

    private static int NumberOf(string name, Queue<string> rest) =>
        int.TryParse(ValueOf(name, rest), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new CatalogueException($"{name} needs a number above zero.");
}
