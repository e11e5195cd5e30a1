using System.Runtime.CompilerServices;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Primitives;

/// <summary>An election, as a name and the operations on it.</summary>
internal sealed class ConcordElection(ConcordClient client, string name) : IConcordElection
{
    private readonly HoldSource _source = new(client, RecordKind.Election, name);

    public string Name => _source.Name;

    public async ValueTask<ILeadership> CampaignAsync(CancellationToken cancellationToken = default)
    {
        EngineHold? hold = await _source.AcquireAsync(
            HoldMode.Exclusive, count: 1, initialLimit: 0, timeout: null, cancellationToken).ConfigureAwait(false);
        return new Leadership(
            _source, hold ?? throw new InvalidOperationException("A candidate that waits was told that it is busy."));
    }

    public async ValueTask<LeaderInfo?> GetLeaderAsync(CancellationToken cancellationToken = default)
    {
        HoldsDescription holds = await _source.DescribeAsync(cancellationToken).ConfigureAwait(false);
        return holds.Holders.Count == 0 ? null : InfoOf(holds.Holders[0]);
    }

    public async IAsyncEnumerable<LeaderInfo?> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        long? told = null;
        await foreach (EngineRecords records in _source.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            WatchedRecord? newest = records.Records.Count == 0
                ? null
                : records.Records.MaxBy(record => record.CreateRevision);
            long term = newest?.CreateRevision ?? 0;
            if (term != told)
            {
                told = term;
                yield return newest is { } record ? InfoOf(record) : null;
            }
        }
    }

    private static LeaderInfo InfoOf(HoldDescription hold) =>
        new(hold.Session.ToString(), hold.Process, new(hold.Token));

    private static LeaderInfo InfoOf(WatchedRecord record)
    {
        (SessionId session, _) = HoldKey.HandleOf(record.Key.Span);
        return new(session.ToString(), HolderName.Of(record), new(record.CreateRevision));
    }

    private sealed class Leadership(HoldSource source, EngineHold held)
        : Hold(source, held, isExclusive: true), ILeadership;
}
