using System.Globalization;

namespace Concord.Cli.Bench.Etcd;

/// <summary>
/// A client of etcd under load. A lock that nobody else wants is taken by the transaction of etcd's own mutex and given
/// back by deleting its key. A lock that many want is asked for at etcd's lock service, which runs the same recipe with
/// its watches inside of the server. A counter is read and set by comparison until that held. Each caller has a lease
/// of its own, as each session of etcd has; it is long, so that nothing has to be renewed meanwhile.
/// </summary>
/// <param name="connection">The connection that its callers share.</param>
internal sealed class EtcdLoad(EtcdConnection connection) : ILoadConnection
{
    private const int LeaseSeconds = 24 * 3600;

    private readonly byte[][] _keys = [.. Bytes(LoadNames.Values)];
    private readonly byte[][] _locks = [.. Bytes(LoadNames.Locks.Select(static name => name + "/"))];
    private readonly byte[] _oneLock = System.Text.Encoding.UTF8.GetBytes(LoadNames.OneLock);
    private readonly byte[] _counter = System.Text.Encoding.UTF8.GetBytes(LoadNames.Counter);
    private readonly Dictionary<int, Session> _sessions = [];
    private readonly Lock _gate = new();

    public async ValueTask<bool> CallAsync(
        BenchOperation operation, LoadCall call, CancellationToken cancellationToken) => operation switch
    {
        BenchOperation.Put => (await connection.PutAsync(_keys[call.Key], call.Value)).IsGood,
        BenchOperation.Get => (await connection.GetAsync(_keys[call.Key])).IsGood,
        BenchOperation.Lock => await LockAsync(call.Caller),
        BenchOperation.LockContended => await LockInLineAsync(call.Caller),
        BenchOperation.Counter => await AddAsync(),
        _ => throw new NotSupportedException($"etcd has no {BenchNames.NameOf(operation)}."),
    };

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private static IEnumerable<byte[]> Bytes(IEnumerable<string> names) =>
        names.Select(System.Text.Encoding.UTF8.GetBytes);

    private async ValueTask<bool> LockAsync(int caller)
    {
        byte[] prefix = _locks[caller % _locks.Length];
        if (await SessionOfAsync(caller, prefix) is not { } session)
        {
            return false;
        }

        EtcdAnswer taken = await AskAsync(session, prefix);
        bool isHeld = taken.IsGood && taken.Record.Created == taken.Revision;
        return await DeleteAsync(session.Key) && isHeld;

        ValueTask<EtcdAnswer> AskAsync(Session mine, ReadOnlySpan<byte> under)
        {
            Span<byte> message = stackalloc byte[EtcdRecipes.MessageBytesMax * 2];
            int length = EtcdRecipes.WriteMutex(message, mine.Key, under, mine.Lease);
            return connection.CallAsync(EtcdMessages.Txn, message[..length]);
        }
    }

    private async ValueTask<bool> LockInLineAsync(int caller)
    {
        if (await SessionOfAsync(caller, [.. _oneLock, (byte)'/']) is not { } session)
        {
            return false;
        }

        EtcdAnswer taken = await AskAsync(session.Lease);
        return await DeleteAsync(session.Key) && taken.IsAnswered;

        ValueTask<EtcdAnswer> AskAsync(long lease)
        {
            Span<byte> message = stackalloc byte[EtcdRecipes.MessageBytesMax];
            int length = EtcdRecipes.WriteLock(message, _oneLock, lease);
            return connection.CallAsync(EtcdMessages.Lock, message[..length]);
        }
    }

    private async ValueTask<bool> AddAsync()
    {
        EtcdAnswer seen = await connection.GetAsync(_counter);
        while (seen.IsAnswered)
        {
            seen = await ExchangeAsync(seen.Record);
            if (seen.IsGood)
            {
                return true;
            }
        }

        return false;

        ValueTask<EtcdAnswer> ExchangeAsync(EtcdRecord record)
        {
            Span<byte> message = stackalloc byte[EtcdRecipes.MessageBytesMax];
            int length = EtcdRecipes.WriteExchange(message, _counter, record.Modified, record.Number + 1);
            return connection.CallAsync(EtcdMessages.Txn, message[..length]);
        }
    }

    private async ValueTask<bool> DeleteAsync(byte[] key)
    {
        return (await AskAsync()).IsAnswered;

        ValueTask<EtcdAnswer> AskAsync()
        {
            Span<byte> message = stackalloc byte[EtcdRecipes.MessageBytesMax];
            return connection.CallAsync(EtcdMessages.Delete, message[..EtcdRecipes.WriteDelete(message, key)]);
        }
    }

    /// <summary>The lease of a caller, and the key that a mutex makes of it: the prefix and the lease in hexadecimal
    /// digits.</summary>
    private async ValueTask<Session?> SessionOfAsync(int caller, byte[] prefix)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(caller, out Session? known))
            {
                return known;
            }
        }

        EtcdAnswer granted = await GrantAsync();
        if (!granted.IsAnswered)
        {
            return null;
        }

        byte[] suffix = System.Text.Encoding.ASCII.GetBytes(granted.Lease.ToString("x", CultureInfo.InvariantCulture));
        Session session = new(granted.Lease, [.. prefix, .. suffix]);
        lock (_gate)
        {
            return _sessions[caller] = session;
        }

        ValueTask<EtcdAnswer> GrantAsync()
        {
            Span<byte> message = stackalloc byte[EtcdRecipes.MessageBytesMax];
            int length = EtcdRecipes.WriteLease(message, LeaseSeconds);
            return connection.CallAsync(EtcdMessages.LeaseGrant, message[..length]);
        }
    }

    private sealed record Session(long Lease, byte[] Key);
}
