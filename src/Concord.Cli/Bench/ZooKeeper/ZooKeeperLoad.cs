using System.Buffers.Binary;
using Text = System.Text.Encoding;

namespace Concord.Cli.Bench.ZooKeeper;

/// <summary>
/// A client of ZooKeeper under load. A lock is its own recipe: a numbered node that goes with the session, the
/// children, a watch on the one in front, and the children again; given back by deleting the node. A counter is read
/// and written with its version until that held.
/// </summary>
/// <param name="connection">The connection that its callers share.</param>
internal sealed class ZooKeeperLoad(ZooKeeperConnection connection) : ILoadConnection
{
    private const int Lasting = 0;
    private const int NumberedOfSession = 3;
    private const string Counter = "/counter";
    private const string OneLock = "/one";

    private static readonly string[] s_locks = [.. LoadNames.Locks.Select(static name => $"/{name.Replace('/', '-')}")];

    /// <summary>Makes what locks and the counter need.</summary>
    public async Task PrepareAsync()
    {
        foreach (string path in (IEnumerable<string>)[.. s_locks, OneLock, Counter])
        {
            ZooKeeperAnswer made = await connection.CreateAsync(path, Lasting);
            if (made.Error is not (0 or ZooKeeperAnswer.NodeExists))
            {
                throw new IOException($"ZooKeeper does not make {path}: error {made.Error}.");
            }
        }
    }

    public async ValueTask<bool> CallAsync(
        BenchOperation operation, LoadCall call, CancellationToken cancellationToken) => operation switch
    {
        BenchOperation.Lock => await LockAsync(s_locks[call.Caller % s_locks.Length]),
        BenchOperation.LockContended => await LockAsync(OneLock),
        BenchOperation.Counter => await AddAsync(),
        _ => throw new NotSupportedException($"ZooKeeper is not loaded with {BenchNames.NameOf(operation)}."),
    };

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task<bool> LockAsync(string parent)
    {
        ZooKeeperAnswer made = await connection.CreateAsync($"{parent}/l-", NumberedOfSession);
        if (!made.IsGood)
        {
            return false;
        }

        string own = Text.UTF8.GetString(made.Body.AsSpan(sizeof(int)));
        while (await connection.ChildrenAsync(parent) is { IsGood: true } children)
        {
            string? before = InFrontOf(children.Body, own[(parent.Length + 1)..]);
            if (before is null)
            {
                return (await connection.DeleteAsync(own)).IsGood;
            }

            await connection.AwaitChangeAsync($"{parent}/{before}");
        }

        return false;
    }

    /// <summary>The number 4 of names, each with its length 4: the greatest that is smaller.</summary>
    private static string? InFrontOf(ReadOnlySpan<byte> children, string own)
    {
        string? before = null;
        int count = BinaryPrimitives.ReadInt32BigEndian(children);
        children = children[sizeof(int)..];
        for (; count > 0; count--)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(children);
            string name = Text.UTF8.GetString(children.Slice(sizeof(int), length));
            children = children[(sizeof(int) + length)..];
            if (string.CompareOrdinal(name, own) < 0 && string.CompareOrdinal(name, before) > 0)
            {
                before = name;
            }
        }

        return before;
    }

    private async Task<bool> AddAsync()
    {
        int error = ZooKeeperAnswer.BadVersion;
        while (error == ZooKeeperAnswer.BadVersion)
        {
            ZooKeeperAnswer read = await connection.ReadAsync(Counter);
            if (!read.IsGood)
            {
                return false;
            }

            (long number, int version) = NumberOf(read.Body);
            error = (await connection.WriteAsync(Counter, number + 1, version)).Error;
        }

        return error == 0;
    }

    /// <summary>The content, with its length 4; then of what is known of the node four numbers of 8, and the version
    /// 4.</summary>
    private static (long Number, int Version) NumberOf(ReadOnlySpan<byte> body)
    {
        int length = Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(body));
        ReadOnlySpan<byte> known = body[(sizeof(int) + length)..];
        return (
            length == sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(body[sizeof(int)..]) : 0,
            BinaryPrimitives.ReadInt32BigEndian(known[(4 * sizeof(long))..]));
    }
}

/// <summary>A ZooKeeper ensemble under load.</summary>
/// <param name="address">The server that all connections go to: the leader.</param>
/// <param name="processes">The processes of its servers.</param>
internal sealed class ZooKeeperTarget(string address, IReadOnlyList<int> processes) : ILoadTarget
{
    public async Task<ILoadConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        ZooKeeperLoad load = new(await ZooKeeperConnection.OpenAsync(address, cancellationToken));
        await load.PrepareAsync();
        return load;
    }

    public Task<ServerUsage> UsageAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new ServerUsage(PeerProcesses.CpuSeconds(processes), Syncs: null));
}
