using System.Reflection;
using System.Runtime.CompilerServices;

namespace Concord.House;

/// <summary>
/// Prints what users of an assembly can see: types, members, signatures, attributes that are part of the contract.
/// Ordered by text and independent of culture, so that a difference is a change and nothing else.
/// </summary>
internal static class PublicSurface
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance
        | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Print(Assembly assembly) => Print(assembly.GetExportedTypes());

    public static string Print(IEnumerable<Type> types)
    {
        List<string> lines = [];
        foreach (Type type in types.OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            lines.AddRange(SurfaceText.Attributes(type));
            lines.Add(SurfaceText.Header(type));
            lines.AddRange(MembersOf(type).Order(StringComparer.Ordinal).Select(line => "    " + line));
            lines.Add("");
        }

        return string.Join('\n', lines);
    }

    private static IEnumerable<string> MembersOf(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type)
                .Select(name => $"{name} = {Enum.Format(type, Enum.Parse(type, name), "d")}");
        }

        if (type.IsSubclassOf(typeof(Delegate)))
        {
            return [];
        }

        return type.GetMembers(Declared)
            .Where(member => member is not Type && IsVisible(member, type) && !IsWrittenByTheCompiler(member))
            .Select(member =>
                string.Concat(SurfaceText.Attributes(member).Select(text => text + " ")) + SurfaceText.Member(member));
    }

    private static bool IsVisible(MemberInfo member, Type type) => member switch
    {
        FieldInfo field => field.IsPublic || (IsProtected(field.IsFamily, field.IsFamilyOrAssembly) && !type.IsSealed),
        MethodBase method => IsVisible(method, type) && !IsAccessor(method),
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(accessor => IsVisible(accessor, type)),
        EventInfo @event => IsVisible(@event.AddMethod!, type),
        _ => false,
    };

    private static bool IsVisible(MethodBase method, Type type) =>
        method.IsPublic || (IsProtected(method.IsFamily, method.IsFamilyOrAssembly) && !type.IsSealed);

    private static bool IsProtected(bool isFamily, bool isFamilyOrAssembly) => isFamily || isFamilyOrAssembly;

    private static bool IsAccessor(MethodBase method) =>
        method.IsSpecialName && !method.IsConstructor && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    /// <summary>The equality, printing and copying of records: implied by the word <c>record</c> in the
    /// header.</summary>
    private static bool IsWrittenByTheCompiler(MemberInfo member) =>
        member is MethodBase && member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);
}
