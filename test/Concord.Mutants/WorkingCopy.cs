using System.Xml.Linq;

namespace Concord.Mutants;

/// <summary>
/// A copy of the sources with everything that killers need, built once. A mutant costs the build of the project that
/// it changes: its assembly is put into the folders of those who use it.
/// </summary>
internal sealed class WorkingCopy
{
    private static readonly TimeSpan s_buildDeadline = TimeSpan.FromMinutes(10);
    private static readonly string[] s_folders = ["src", "test", "docs"];
    private static readonly string[] s_leftOut = ["bin", "obj", "artifacts", ".git", ".vs", ".idea"];
    private static readonly string[] s_buildOptions =
    [
        "-p:Configuration=Release", "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false",
        "-p:GenerateDocumentationFile=false", "-p:TreatWarningsAsErrors=false", "-p:UseSharedCompilation=false",
        "-nodeReuse:false", "-nologo", "-verbosity:quiet", "-clp:NoSummary;ErrorsOnly",

        // The name of the commit is part of what others compile against: a commit meanwhile would build all anew.
        "-p:EnableSourceControlManagerQueries=false", "-p:IncludeSourceRevisionInInformationalVersion=false",
    ];

    private readonly string _root;
    private readonly IReadOnlyList<string> _projects;

    /// <param name="root">The repository.</param>
    /// <param name="number">Of this copy.</param>
    /// <param name="projects">The projects under <c>test/</c> that killers run.</param>
    public WorkingCopy(string root, int number, IReadOnlyList<string> projects)
    {
        (_root, _projects) = (root, projects);
        Path = System.IO.Path.Combine(root, "artifacts", "mutants", $"copy-{number}");
    }

    public string Path { get; }

    public string AssemblyOf(string project) =>
        System.IO.Path.Combine(Path, "artifacts", "bin", project, "release", project + ".dll");

    /// <summary>Brings the copy up to date and builds it.</summary>
    public async Task PrepareAsync(CancellationToken stop)
    {
        foreach (string folder in s_folders)
        {
            Mirror(System.IO.Path.Combine(_root, folder), System.IO.Path.Combine(Path, folder));
        }

        foreach (string file in Directory.GetFiles(_root))
        {
            CopyIfChanged(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
        }

        WriteBuildFile();
        await BuildAllAsync(stop);

        // Of the sources of another run: put back after a mutant, they would kill all that come behind it.
        ForgetKept();
    }

    /// <summary>Builds the mutant, puts the sources back, and leaves the mutated assemblies in place until
    /// <see cref="RestoreAsync"/>.</summary>
    /// <returns>The errors of the compiler; null when it builds.</returns>
    public async Task<string?> ApplyAsync(Mutant mutant, CancellationToken stop)
    {
        string[] files = [.. mutant.Edits.Select(static edit => edit.File).Distinct(StringComparer.Ordinal)];
        string[] projects = [.. files.Select(ProjectOf).Distinct(StringComparer.Ordinal)];
        byte[][] surfaces = [.. projects.Select(SurfaceOf)];
        Keep(projects);
        string? errors = null;
        Dictionary<string, string> originals =
            files.ToDictionary(static file => file, file => File.ReadAllText(In(file)));
        try
        {
            foreach (Edit edit in mutant.Edits)
            {
                File.WriteAllText(In(edit.File), Replaced(File.ReadAllText(In(edit.File)), edit));
            }

            foreach (string project in projects)
            {
                errors ??= await BuildAsync([project, "-t:Build", "-p:BuildProjectReferences=false"], stop);
            }

            bool same = projects.Zip(surfaces).All(pair => SurfaceOf(pair.First).AsSpan().SequenceEqual(pair.Second));
            if (errors is null && !same)
            {
                // What others compiled against has changed, a constant for example.
                errors = await BuildAsync([BuildFile, "-t:Build"], stop);
                NeedsAll = true;
            }
        }
        finally
        {
            // With a new time: what was built of the mutant is older than its source, and never taken for current.
            foreach ((string file, string text) in originals)
            {
                File.WriteAllText(In(file), text);
            }
        }

        if (errors is null)
        {
            Spread(projects, project => AssemblyOf(NameOf(project)));
        }

        return errors;
    }

    /// <summary>Puts the assemblies of the unmutated sources back.</summary>
    public async Task RestoreAsync(Mutant mutant, CancellationToken stop)
    {
        Spread(
            [.. mutant.Edits.Select(edit => ProjectOf(edit.File)).Distinct(StringComparer.Ordinal)],
            KeptOf);
        if (NeedsAll)
        {
            NeedsAll = false;
            ForgetKept();
            await BuildAllAsync(stop);
        }
    }

    private bool NeedsAll { get; set; }

    private string BuildFile => System.IO.Path.Combine(Path, "killers.proj");

    private static string Replaced(string text, Edit edit)
    {
        int at = text.IndexOf(edit.Find, StringComparison.Ordinal);
        return string.Concat(text.AsSpan(0, at), edit.Replace, text.AsSpan(at + edit.Find.Length));
    }

    private async Task BuildAllAsync(CancellationToken stop)
    {
        // Two runs: what a restore writes is read when a project is loaded.
        string? errors = await BuildAsync([BuildFile, "-t:Restore"], stop)
            ?? await BuildAsync([BuildFile, "-t:Build"], stop);
        if (errors is not null)
        {
            throw new CatalogueException($"The unmutated copy in {Path} does not build:\n{errors}");
        }
    }

    private async Task<string?> BuildAsync(IEnumerable<string> arguments, CancellationToken stop)
    {
        Ending ending = await ChildProcess.DotnetAsync(
            Path, ["msbuild", .. arguments, .. s_buildOptions], s_buildDeadline, stop);
        return ending.IsOverdue ? "The build did not end."
            : ending.Code != 0 ? ending.Output.Trim()
            : null;
    }

    private void WriteBuildFile()
    {
        string projects = string.Join(
            ';', _projects.Select(project => In($"test/{project}/{project}.csproj")));
        var file = new XElement(
            "Project",
            Target("Restore"),
            Target("Build"));
        File.WriteAllText(BuildFile, file + "\n");

        XElement Target(string name) => new(
            "Target",
            new XAttribute("Name", name),
            new XElement(
                "MSBuild",
                new XAttribute("Projects", projects),
                new XAttribute("Targets", name)));
    }

    private string In(string file) => System.IO.Path.Combine(Path, file);

    /// <summary>The project file, from the root, of the nearest folder that has one.</summary>
    private string ProjectOf(string file)
    {
        string? folder = System.IO.Path.GetDirectoryName(In(file));
        while (folder is not null && folder.Length > Path.Length)
        {
            if (Directory.GetFiles(folder, "*.csproj") is [string project])
            {
                return System.IO.Path.GetRelativePath(Path, project);
            }

            folder = System.IO.Path.GetDirectoryName(folder);
        }

        throw new CatalogueException($"{file} belongs to no project.");
    }

    private static string NameOf(string project) => System.IO.Path.GetFileNameWithoutExtension(project);

    /// <summary>What others compile against; empty when it is not there.</summary>
    private byte[] SurfaceOf(string project)
    {
        string name = NameOf(project);
        string file = System.IO.Path.Combine(Path, "artifacts", "obj", name, "release", "refint", name + ".dll");
        return File.Exists(file) ? File.ReadAllBytes(file) : [];
    }

    private string KeptFolder => System.IO.Path.Combine(Path, "kept");

    private string KeptOf(string project) => System.IO.Path.Combine(KeptFolder, NameOf(project) + ".dll");

    private void ForgetKept()
    {
        if (Directory.Exists(KeptFolder))
        {
            Directory.Delete(KeptFolder, recursive: true);
        }
    }

    private void Keep(IEnumerable<string> projects)
    {
        Directory.CreateDirectory(KeptFolder);
        foreach (string project in projects)
        {
            if (!File.Exists(KeptOf(project)))
            {
                File.Copy(AssemblyOf(NameOf(project)), KeptOf(project));
            }
        }
    }

    /// <summary>Puts an assembly wherever there is one of its name.</summary>
    private void Spread(IEnumerable<string> projects, Func<string, string> source)
    {
        foreach (string project in projects)
        {
            string name = NameOf(project) + ".dll";
            string from = source(project);
            foreach (string folder in Directory.GetDirectories(System.IO.Path.Combine(Path, "artifacts", "bin")))
            {
                string to = System.IO.Path.Combine(folder, "release", name);
                if (File.Exists(to) && to != from)
                {
                    File.Copy(from, to, overwrite: true);
                }
            }
        }
    }

    private static void Mirror(string from, string to)
    {
        Directory.CreateDirectory(to);
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (string path in Directory.GetFileSystemEntries(from))
        {
            string name = System.IO.Path.GetFileName(path);
            if (s_leftOut.Contains(name, StringComparer.Ordinal))
            {
                continue;
            }

            names.Add(name);
            if (Directory.Exists(path))
            {
                Mirror(path, System.IO.Path.Combine(to, name));
            }
            else
            {
                CopyIfChanged(path, System.IO.Path.Combine(to, name));
            }
        }

        foreach (string file in Directory.GetFiles(to))
        {
            if (!names.Contains(System.IO.Path.GetFileName(file)))
            {
                File.Delete(file);
            }
        }

        foreach (string folder in Directory.GetDirectories(to))
        {
            if (!names.Contains(System.IO.Path.GetFileName(folder)))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>A file that is equal keeps its time, so that nothing is built anew because of it.</summary>
    private static void CopyIfChanged(string from, string to)
    {
        byte[] bytes = File.ReadAllBytes(from);
        if (!File.Exists(to) || !File.ReadAllBytes(to).AsSpan().SequenceEqual(bytes))
        {
            File.WriteAllBytes(to, bytes);
        }
    }
}
