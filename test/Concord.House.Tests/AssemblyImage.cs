using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Concord.House;

/// <summary>What an assembly on disk refers to, read without loading it.</summary>
internal sealed class AssemblyImage : IDisposable
{
    private readonly PEReader _file;
    private readonly MetadataReader _metadata;

    public AssemblyImage(string path)
    {
        _file = new PEReader(File.OpenRead(path));
        _metadata = _file.GetMetadataReader();
    }

    /// <summary>The names of the assemblies that it refers to.</summary>
    public IReadOnlyList<string> References =>
        [.. _metadata.AssemblyReferences.Select(handle =>
            _metadata.GetString(_metadata.GetAssemblyReference(handle).Name))];

    /// <summary>The full names of the types of other assemblies that it uses.</summary>
    public IReadOnlyList<string> ForeignTypes =>
        [.. _metadata.TypeReferences.Select(handle => FullName(_metadata.GetTypeReference(handle)))];

    /// <summary>The members of other assemblies' types that it uses, as <c>Namespace.Type.Member</c>.</summary>
    public IReadOnlyList<string> ForeignMembers =>
    [
        .. _metadata.MemberReferences
            .Select(_metadata.GetMemberReference)
            .Where(member => member.Parent.Kind == HandleKind.TypeReference)
            .Select(member =>
                FullName(_metadata.GetTypeReference((TypeReferenceHandle)member.Parent))
                + "." + _metadata.GetString(member.Name)),
    ];

    public void Dispose() => _file.Dispose();

    private string FullName(TypeReference type)
    {
        string name = _metadata.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? FullName(_metadata.GetTypeReference((TypeReferenceHandle)type.ResolutionScope)) + "." + name
            : _metadata.GetString(type.Namespace) + "." + name;
    }
}
