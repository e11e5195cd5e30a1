using System.Text;

namespace Concord.House;

/// <summary>Holds the rules of CONTRIBUTING.md that a machine can hold. There is no list of exceptions.</summary>
public sealed class StyleTests
{
    private static readonly string[] s_text =
    [
        ".cs", ".csproj", ".css", ".editorconfig", ".gitattributes", ".gitignore", ".html", ".js", ".json", ".md",
        ".props", ".sh", ".slnx", ".targets", ".txt", ".yml",
    ];

    [Fact]
    public void Every_text_is_UTF8_without_mark_with_LF_and_without_tabs() =>
        AssertNone(Texts(), file => StyleRules.OfAnyText(File.ReadAllBytes(file)));

    [Fact]
    public void No_line_of_code_is_too_long_and_none_opens_a_region() =>
        AssertNone(Code("src").Concat(Code("test")).Concat(Code("bench")).Concat(Code("samples")), file =>
            IsVerbatim(file) ? [] : StyleRules.OfCode(File.ReadAllText(file)));

    [Fact]
    public void No_file_of_the_product_is_too_long_or_unfinished() =>
        AssertNone(Code("src"), file => StyleRules.OfProductCode(File.ReadAllText(file)));

    [Fact]
    public void No_file_is_named_after_what_it_is_not() =>
        AssertNone(Code("src").Concat(Code("test")), StyleRules.OfFileName);

    [Fact]
    public void The_rules_see_what_they_forbid()
    {
        Assert.Equal(4, StyleRules.OfAnyText([0xEF, 0xBB, 0xBF, (byte)'\t', (byte)'\r']).Count());
        Assert.Empty(StyleRules.OfAnyText("fine\n"u8.ToArray()));
        Assert.Single(StyleRules.OfCode(new string('x', StyleRules.LineCharactersMax + 1)));
        Assert.Empty(StyleRules.OfCode(new string('x', StyleRules.LineCharactersMax)));
        Assert.Single(StyleRules.OfCode("    #region Fields"));
        Assert.Single(
            StyleRules.OfProductCode(new StringBuilder().Insert(0, "x\n", StyleRules.FileLinesMax + 1).ToString()));
        Assert.Empty(
            StyleRules.OfProductCode(new StringBuilder().Insert(0, "x\n", StyleRules.FileLinesMax).ToString()));
        Assert.Single(StyleRules.OfProductCode("throw new NotImplementedException();"));
        Assert.Single(StyleRules.OfProductCode("// TODO: later"));
        Assert.Single(StyleRules.OfFileName("src/LogHelpers.cs"));
        Assert.Single(StyleRules.OfFileName("src/ShardManager.cs"));
        Assert.Empty(StyleRules.OfFileName("src/Utilization.cs"));
    }

    [Fact]
    public void The_rules_are_applied_to_something() => Assert.NotEmpty(Code("src"));

    /// <summary>NuGet writes its lock files as it likes.</summary>
    private static IEnumerable<string> Texts() =>
        Repository.Files("", s_text).Where(file => Path.GetFileName(file) != "packages.lock.json");

    private static IEnumerable<string> Code(string folder) => Repository.Files(folder, ".cs");

    /// <summary>A printed surface inside a test has the lines that the printer makes.</summary>
    private static bool IsVerbatim(string file) => Path.GetFileName(file) == nameof(SurfaceSample) + ".cs";

    private static void AssertNone(IEnumerable<string> files, Func<string, IEnumerable<string>> rule)
    {
        string[] wrong =
        [
            .. files.SelectMany(file =>
                rule(file).Select(complaint => $"{Repository.RelativePath(file)} {complaint}.")),
        ];

        Assert.True(wrong.Length == 0, $"{wrong.Length} breaches of style:\n{string.Join('\n', wrong)}");
    }
}
