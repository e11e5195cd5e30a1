using Concord.Engines;
using Concord.Operations;

namespace Concord.Primitives;

/// <summary>A sequence, as a name and the operation on it.</summary>
internal sealed class ConcordSequence(ConcordClient client, string name) : IConcordSequence
{
    private readonly byte[] _key = RecordKey.Named(RecordKind.Sequence, client.Namespace, name);

    public string Name { get; } = name;

    public ValueTask<long> NextAsync(CancellationToken cancellationToken = default) =>
        ReserveAsync(1, cancellationToken);

    public async ValueTask<long> ReserveAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, ReserveSequence.CountMax);
        EngineAnswer answer = await client.ExecuteAsync(
            "sequence.reserve", Name, ReserveSequence.Request(_key, count), cancellationToken).ConfigureAwait(false);
        return ReserveSequence.Read(answer);
    }
}
