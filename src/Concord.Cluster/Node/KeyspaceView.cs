using Concord.Cluster.State;
using Concord.Engines;

namespace Concord.Cluster.Node;

/// <summary>The applied state to look at, outside any operation.</summary>
internal sealed class KeyspaceView(Keyspace keyspace, LogTime now) : IKeyspace
{
    public LogTime Now { get; } = now;

    public bool TryGet(scoped ReadOnlySpan<byte> key, out RecordView record) => keyspace.TryGet(key, out record);

    public bool TryNext(scoped ReadOnlySpan<byte> prefix, scoped ReadOnlySpan<byte> after, out RecordView record) =>
        keyspace.TryNext(prefix, after, out record);

    public bool TryOwned(SessionId owner, out RecordView record) => keyspace.TryOwned(owner, out record);

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, SessionId owner = default) =>
        throw new InvalidOperationException("The applied state is changed by the log alone.");

    public void Delete(ReadOnlySpan<byte> key) =>
        throw new InvalidOperationException("The applied state is changed by the log alone.");
}
