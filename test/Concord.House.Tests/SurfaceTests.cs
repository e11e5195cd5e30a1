using System.Reflection;

namespace Concord.House;

/// <summary>The public surface of each package stands in a file: its diff is the review of a change to it.</summary>
public sealed class SurfaceTests
{
    private const string HowToAccept =
        "If meant: UPDATE_SURFACE=1 ./test.sh Concord.House.Tests; commit the diff, and say it in CHANGELOG.md.";

    public static TheoryData<string> Names => Rooms.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void The_public_surface_of_a_package_is_the_one_in_its_file(string name)
    {
        string file = Repository.PathOf("test", "Concord.House.Tests", "surface", name + ".txt");
        string actual = PublicSurface.Print(Assembly.Load(name));
        if (Environment.GetEnvironmentVariable("UPDATE_SURFACE") == "1")
        {
            File.WriteAllText(file, actual);
            return;
        }

        string expected = File.Exists(file) ? File.ReadAllText(file) : "";

        Assert.True(
            expected == actual && File.Exists(file),
            $"The public surface of {name} has changed ('-' is gone, '+' is new):\n"
                + $"{LineDiff.Of(expected, actual)}\n{HowToAccept}");
    }

    [Fact]
    public void Every_file_of_a_surface_belongs_to_a_package()
    {
        IEnumerable<string?> files = Repository.Files("test/Concord.House.Tests/surface")
            .Select(Path.GetFileNameWithoutExtension);

        Assert.Empty(files.Except(Rooms.All.Select(room => room.Name)));
    }

    [Fact]
    public void The_printed_surface_reads_like_the_source()
    {
        string printed =
            PublicSurface.Print([typeof(SurfaceSample), typeof(SurfaceSample.Pair<>), typeof(SurfaceSample.Level)]);

        Assert.Equal(SurfaceSample.Printed, printed);
    }

    [Fact]
    public void A_changed_line_is_shown_with_both_versions()
    {
        Assert.Equal("-b\n+x", LineDiff.Of("a\nb\nc", "a\nx\nc"));
        Assert.Equal("+b", LineDiff.Of("a\nc", "a\nb\nc"));
        Assert.Equal("", LineDiff.Of("a", "a"));
    }
}
