using System.Globalization;
using Concord.Cli.Connections;
using Concord.Client.Administration;
using Concord.Client.Connections;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Cli.Bench.Outages;

/// <summary>Callers that write to the groups of a cluster all the time, each to one, through the public API.</summary>
internal sealed class GroupLoad : IAsyncDisposable
{
    private const int Connections = 4;
    private const int KeysOfCaller = 64;
    private const int ValueBytes = 256;

    private static readonly TimeSpan s_errorPause = TimeSpan.FromMilliseconds(10);

    private readonly List<IClusterConnection> _connections = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private Task _calling = Task.CompletedTask;
    private long _writes;
    private long _errors;

    private GroupLoad(TimeProvider time) => _time = time;

    /// <summary>By group.</summary>
    public IReadOnlyList<GroupAcks> Acks { get; private set; } = [];

    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>Calls that failed in a way that may pass; users would call again.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    /// <summary>Fails if a caller failed for good; never completes otherwise.</summary>
    public Task Calling => _calling;

    public static async Task<GroupLoad> StartAsync(
        IClusterAccess access,
        IReadOnlyList<string> addresses,
        int callers,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        Topology topology = await TopologyAsync(addresses[0], cancellationToken);
        GroupLoad load = new(time);
        for (int i = 0; i < Connections; i++)
        {
            load._connections.Add(await access.ConnectAsync(addresses, "", cancellationToken));
        }

        load.Acks = [.. topology.Shards.Select(_ => new GroupAcks(time))];
        load._calling = Task.WhenAll(Enumerable.Range(0, callers).Select(caller =>
            load.CallAsync(load._connections[caller % Connections], topology, caller)));
        return load;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _calling.ContinueWith(static _ => { }, TaskScheduler.Default);
        foreach (IClusterConnection connection in _connections)
        {
            await connection.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task CallAsync(IClusterConnection connection, Topology topology, int caller)
    {
        await Task.Yield();
        int group = caller % topology.Shards.Count;
        IConcordValue<byte[]>[] values =
        [
            .. Names(topology, group, caller).Take(KeysOfCaller).Select(
                name => connection.Concord.GetValue(name, BytesSerializer.Instance)),
        ];
        byte[] content = new byte[ValueBytes];
        for (int call = 0; !_stop.IsCancellationRequested; call++)
        {
            long began = _time.GetTimestamp();
            try
            {
                await values[call % values.Length].SetAsync(content, cancellationToken: _stop.Token);
                Acks[group].Add(began);
                Interlocked.Increment(ref _writes);
            }
            catch (ConcordException error) when (error.IsTransient)
            {
                Interlocked.Increment(ref _errors);
                await Task.Delay(s_errorPause, _time, CancellationToken.None);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Names of records that lie in the group.</summary>
    private static IEnumerable<string> Names(Topology topology, int group, int caller)
    {
        for (int i = 0; ; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"bench/{caller}/{i}");
            if (topology.ShardOf(RecordKey.SlotOf(RecordKey.Named(RecordKind.Value, "", name))) == group)
            {
                yield return name;
            }
        }
    }

    private static async Task<Topology> TopologyAsync(string address, CancellationToken cancellationToken)
    {
        using AdminConnection connection = new(address, new SocketDialer());
        AdminReply reply = await connection.AskAsync(WireKind.TopologyRequest, static _ => { }, cancellationToken);
        return Topology.Read(new ByteReader(reply.Payload));
    }
}
