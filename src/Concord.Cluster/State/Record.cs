using System.Runtime.InteropServices;

namespace Concord.Cluster.State;

/// <summary>What the keyspace holds of a record beside its bytes: 64 bytes without a reference.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Record
{
    public const int None = -1;

    public long KeyAddress;
    public long ValueAddress;
    public long CreateRevision;
    public long ModRevision;
    public ulong Owner;

    /// <summary>Its share of the keyspace's digest.</summary>
    public ulong Hash;

    public int KeyLength;
    public int ValueLength;

    /// <summary>The version before this one, while an open snapshot has to read it.</summary>
    public int Predecessor;

    /// <summary>The next free id, while this one is free.</summary>
    public int NextFree;
}
