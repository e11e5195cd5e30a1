using System.Xml.Linq;

namespace Concord.House;

/// <summary>References point down only: applications, primitives, engines, cores.</summary>
public sealed class ReferenceTests
{
    public static TheoryData<string> Names => Rooms.Names;

    [Fact]
    public void Every_project_in_src_is_a_room_with_a_place_in_the_table()
    {
        string[] projects = [.. Repository.Files("src", ".csproj").Select(Path.GetFileNameWithoutExtension).Order()!];

        Assert.Equal(Rooms.All.Select(room => room.Name).Order(), projects);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_assembly_refers_only_to_the_rooms_and_packages_it_may_know(string name)
    {
        Room room = Rooms.Named(name);
        using AssemblyImage assembly = new(Rooms.AssemblyPath(name));

        string[] strangers = [.. assembly.References.Where(reference => !MayKnow(room, reference))];

        Assert.True(
            strangers.Length == 0,
            $"{name} refers to {string.Join(", ", strangers)}. The table is in test/Concord.House.Tests/Rooms.cs.");
    }

    /// <summary>The compiler leaves out a reference that nothing uses yet; the project file does not.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_project_file_names_only_the_rooms_and_packages_it_may_know(string name)
    {
        Room room = Rooms.Named(name);
        XDocument project = XDocument.Load(Repository.PathOf("src", name, name + ".csproj"));
        IEnumerable<string> rooms = project.Descendants("ProjectReference")
            .Select(item => Path.GetFileNameWithoutExtension(item.Attribute("Include")!.Value.Replace('\\', '/')));
        IEnumerable<string> packages = project.Descendants("PackageReference")
            .Select(item => item.Attribute("Include")!.Value);

        Assert.Empty(rooms.Except(room.Rooms));
        Assert.Empty(packages.Except(room.Packages));
    }

    [Fact]
    public void The_check_of_references_sees_a_stranger()
    {
        using AssemblyImage tests = new(typeof(ReferenceTests).Assembly.Location);

        Assert.Contains(tests.References, reference => !MayKnow(Rooms.Named("Concord.Commit"), reference));
        Assert.False(MayKnow(Rooms.Named("Concord.Commit"), "Concord.Consensus"));
        Assert.False(MayKnow(Rooms.Named("Concord.Client"), "Concord.Cluster"));
        Assert.True(MayKnow(Rooms.Named("Concord.Cluster"), "Concord.Commit"));
    }

    private static bool MayKnow(Room room, string reference) =>
        room.Rooms.Contains(reference) || room.Packages.Contains(reference) || IsOfTheFramework(reference);

    private static bool IsOfTheFramework(string reference) =>
        File.Exists(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, reference + ".dll"));
}
