using Concord.Client.Administration;

namespace Concord.Cli.Orders;

/// <summary>Reads the shop out of the cluster.</summary>
/// <param name="concord">Reads counters.</param>
/// <param name="admin">Scans for shipments, so that one that nobody asked for is found too.</param>
/// <param name="addresses">The nodes.</param>
/// <param name="time">The clock of the pauses.</param>
internal sealed class FinalStateReader(
    IConcord concord, IClusterAdmin admin, IReadOnlyList<string> addresses, TimeProvider time)
{
    private const int ReadersMax = 32;

    private readonly TransientRetry _retry = new(time);

    public async Task<FinalState> ReadAsync(InitialState initial, CancellationToken cancellationToken) => new(
        await ReadCountersAsync(initial.Stock.Keys, RecordNames.Stock, cancellationToken),
        await ReadCountersAsync(initial.Accounts.Keys, RecordNames.Account, cancellationToken),
        await ReadShipmentsAsync(cancellationToken));

    public Task<IReadOnlyList<Shipment>> ReadShipmentsAsync(CancellationToken cancellationToken) =>
        _retry.RunAsync(() => ScanShipmentsAsync(cancellationToken), cancellationToken);

    private async Task<IReadOnlyList<Shipment>> ScanShipmentsAsync(CancellationToken cancellationToken)
    {
        List<Shipment> shipments = [];
        IAsyncEnumerable<ScannedRecord> records =
            admin.ScanAsync(addresses, "", RecordNames.ShipmentPrefix, cancellationToken);
        await foreach (ScannedRecord record in records.WithCancellation(cancellationToken))
        {
            shipments.Add(Shipment.Parse(record.Value));
        }

        shipments.Sort((left, right) => string.CompareOrdinal(left.Id, right.Id));
        return shipments;
    }

    private async Task<IReadOnlyList<KeyValuePair<string, long>>> ReadCountersAsync(
        IEnumerable<string> ids, Func<string, string> nameOf, CancellationToken cancellationToken)
    {
        List<KeyValuePair<string, long>> values = [];
        foreach (string[] some in ids.Chunk(ReadersMax))
        {
            long[] read = await Task.WhenAll(some.Select(id => ReadCounterAsync(nameOf(id), cancellationToken)));
            values.AddRange(some.Zip(read, KeyValuePair.Create));
        }

        return values;
    }

    private Task<long> ReadCounterAsync(string name, CancellationToken cancellationToken) =>
        _retry.RunAsync(() => concord.GetCounter(name).GetAsync(cancellationToken).AsTask(), cancellationToken);
}
