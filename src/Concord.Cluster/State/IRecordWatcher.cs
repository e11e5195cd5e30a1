namespace Concord.Cluster.State;

/// <summary>Hears which records a commit has changed.</summary>
internal interface IRecordWatcher
{
    /// <summary>Whether it wants to hear anything.</summary>
    bool IsListening { get; }

    /// <summary>A record was written or deleted; the keyspace shows it as it is now.</summary>
    void Changed(ReadOnlySpan<byte> key, bool exists);
}
