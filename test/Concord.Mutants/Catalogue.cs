using System.Text.Json;
using System.Text.Json.Serialization;

namespace Concord.Mutants;

/// <summary>All mutants, killers and the list of what must be there: <c>test/mutants/*.json</c>.</summary>
internal sealed class Catalogue
{
    public const string KillersFile = "killers.json";
    public const string RequiredFile = "required.json";

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerOptions.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    private Catalogue(string root, IReadOnlyList<Mutant> mutants, IReadOnlyList<Killer> killers,
        IReadOnlyList<string> required) => (Root, Mutants, Killers, Required) = (root, mutants, killers, required);

    /// <summary>The root of the repository that it belongs to.</summary>
    public string Root { get; }

    public IReadOnlyList<Mutant> Mutants { get; }

    public IReadOnlyList<Killer> Killers { get; }

    /// <summary>Ids of the design sheet that must not be missing.</summary>
    public IReadOnlyList<string> Required { get; }

    public static Catalogue Load(string root)
    {
        string folder = Path.Combine(root, "test", "mutants");
        List<Mutant> mutants = [];
        foreach (string file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            if (Path.GetFileName(file) is not (KillersFile or RequiredFile))
            {
                mutants.AddRange(Read<Mutant>(file));
            }
        }

        var catalogue = new Catalogue(
            root,
            [.. mutants.OrderBy(static mutant => mutant.Id, IdOrder.Instance)],
            Read<Killer>(Path.Combine(folder, KillersFile)),
            Read<string>(Path.Combine(folder, RequiredFile)));
        catalogue.Validate();
        return catalogue;
    }

    public Killer KillerOf(string name) =>
        Killers.FirstOrDefault(killer => killer.Name == name)
        ?? throw new CatalogueException($"There is no killer '{name}' in test/mutants/{KillersFile}.");

    /// <summary>The mutants with these ids; all when there are none.</summary>
    public IReadOnlyList<Mutant> Select(IReadOnlyList<string> only)
    {
        foreach (string id in only)
        {
            if (!Mutants.Any(mutant => mutant.Id == id))
            {
                throw new CatalogueException(
                    $"There is no mutant '{id}'. There are: {string.Join(", ", Mutants.Select(static m => m.Id))}.");
            }
        }

        return only.Count == 0 ? Mutants : [.. Mutants.Where(mutant => only.Contains(mutant.Id))];
    }

    private void Validate()
    {
        foreach (IGrouping<string, Mutant> same in Mutants.GroupBy(static mutant => mutant.Id))
        {
            if (same.Count() > 1)
            {
                throw new CatalogueException($"The id {same.Key} is there {same.Count()} times in test/mutants.");
            }
        }

        foreach (Killer killer in Killers)
        {
            killer.Validate();
        }

        foreach (Mutant mutant in Mutants)
        {
            if (mutant.Budget.Count == 0 || mutant.Edits.Any(static edit => edit.Find == edit.Replace))
            {
                throw new CatalogueException($"{mutant.Id} has no killer in its budget, or it changes nothing.");
            }

            foreach (string name in mutant.Budget)
            {
                _ = KillerOf(name);
            }
        }
    }

    private static List<T> Read<T>(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<List<T>>(File.ReadAllText(file), s_json)
                ?? throw new CatalogueException($"{file} is empty.");
        }
        catch (JsonException wrong)
        {
            throw new CatalogueException($"{file} is not a catalogue: {wrong.Message}", wrong);
        }
    }
}
