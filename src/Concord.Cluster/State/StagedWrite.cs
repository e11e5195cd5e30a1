using Concord.Engines;

namespace Concord.Cluster.State;

/// <summary>What an operation means to do to one key. Its bytes lie in the operation's buffer.</summary>
internal struct StagedWrite
{
    public ulong KeyHash;
    public int KeyAt;
    public int KeyLength;
    public int ValueAt;
    public int ValueLength;
    public SessionId Owner;
    public StagedKind Kind;

    /// <summary>The keyspace has the key.</summary>
    public bool Exists;

    /// <summary>The operation has deleted it before it put it: it comes into being anew.</summary>
    public bool IsReborn;

    /// <summary>When the keyspace's record came into being, if it has one.</summary>
    public long CreateRevision;
}

internal enum StagedKind : byte
{
    /// <summary>Nothing: what was to be created has been deleted again.</summary>
    None,

    Put,

    /// <summary>Only of what exists.</summary>
    Delete,
}
