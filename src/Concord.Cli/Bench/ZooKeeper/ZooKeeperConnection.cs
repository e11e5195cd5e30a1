using System.Buffers.Binary;
using Concord.Encoding;
using Text = System.Text.Encoding;

namespace Concord.Cli.Bench.ZooKeeper;

/// <summary>What is asked of ZooKeeper, by its number.</summary>
internal enum ZooKeeperRequest
{
    Create = 1,
    Delete = 2,
    Exists = 3,
    Read = 4,
    Write = 5,
    Children = 8,
}

/// <summary>An answer: an error that is zero for none, and what follows.</summary>
internal readonly record struct ZooKeeperAnswer(int Error, byte[] Body)
{
    public const int Broken = -4;
    public const int NoNode = -101;
    public const int BadVersion = -103;
    public const int NodeExists = -110;

    public bool IsGood => Error == 0;
}

/// <summary>
/// One connection to a ZooKeeper server with its session, in its own protocol (jute), and nothing that a load does not
/// need. Callers share it; answers come in the order of the requests.
/// </summary>
internal sealed class ZooKeeperConnection : PeerConnection
{
    private const int SessionMilliseconds = 40_000;
    private const int PasswordBytes = 16;
    private const int NoticeNumber = -1;
    private const int AllRights = 31;

    private readonly Queue<TaskCompletionSource<ZooKeeperAnswer>> _asked = new();
    private readonly Dictionary<string, TaskCompletionSource> _watched = [];
    private readonly TaskCompletionSource<bool> _greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isGreeted;
    private int _number;

    /// <exception cref="IOException">Nobody answers there.</exception>
    public static async Task<ZooKeeperConnection> OpenAsync(string address, CancellationToken cancellationToken)
    {
        ZooKeeperConnection connection = new();
        await connection.ConnectAsync(address, cancellationToken);
        lock (connection.Gate)
        {
            connection.WriteGreeting();
        }

        connection.Flush();
        if (!await connection._greeted.Task.WaitAsync(cancellationToken))
        {
            await connection.DisposeAsync();
            throw new IOException($"{address} does not serve yet.");
        }

        return connection;
    }

    /// <summary>Makes a node without content.</summary>
    /// <param name="path">Its path; where it is to be numbered, what comes before the number.</param>
    /// <param name="flags">1 goes with the session, 2 is numbered.</param>
    public Task<ZooKeeperAnswer> CreateAsync(string path, int flags) => AskAsync(
        ZooKeeperRequest.Create,
        path,
        request =>
        {
            WriteInt32(request, 0);
            WriteInt32(request, 1);
            WriteInt32(request, AllRights);
            WriteText(request, "world");
            WriteText(request, "anyone");
            WriteInt32(request, flags);
        });

    public Task<ZooKeeperAnswer> DeleteAsync(string path) =>
        AskAsync(ZooKeeperRequest.Delete, path, static request => WriteInt32(request, -1));

    public Task<ZooKeeperAnswer> ReadAsync(string path) =>
        AskAsync(ZooKeeperRequest.Read, path, static request => request.WriteByte(0));

    public Task<ZooKeeperAnswer> ChildrenAsync(string path) =>
        AskAsync(ZooKeeperRequest.Children, path, static request => request.WriteByte(0));

    /// <summary>Writes a number, if the node still has this version.</summary>
    public Task<ZooKeeperAnswer> WriteAsync(string path, long number, int version) => AskAsync(
        ZooKeeperRequest.Write,
        path,
        request =>
        {
            WriteInt32(request, sizeof(long));
            BinaryPrimitives.WriteInt64BigEndian(request.Reserve(sizeof(long)), number);
            WriteInt32(request, version);
        });

    /// <summary>Waits until a node is gone, or something else has happened to it.</summary>
    public async Task AwaitChangeAsync(string path)
    {
        TaskCompletionSource changed = new();
        lock (Gate)
        {
            _watched[path] = changed;
        }

        ZooKeeperAnswer answer =
            await AskAsync(ZooKeeperRequest.Exists, path, static request => request.WriteByte(1));
        if (answer.IsGood)
        {
            await changed.Task;
        }
        else
        {
            lock (Gate)
            {
                _watched.Remove(path);
            }
        }
    }

    protected override int Handle(ReadOnlySpan<byte> received)
    {
        if (received.Length < sizeof(int)
            || BinaryPrimitives.ReadInt32BigEndian(received) is var length && received.Length < sizeof(int) + length)
        {
            return 0;
        }

        ReadOnlySpan<byte> message = received.Slice(sizeof(int), BinaryPrimitives.ReadInt32BigEndian(received));
        if (!_isGreeted)
        {
            _isGreeted = true;
            _greeted.SetResult(true);
        }
        else
        {
            Handle(BinaryPrimitives.ReadInt32BigEndian(message), message[sizeof(int)..]);
        }

        return sizeof(int) + message.Length;
    }

    protected override void Break()
    {
        List<TaskCompletionSource<ZooKeeperAnswer>> asked;
        List<TaskCompletionSource> watched;
        lock (Gate)
        {
            (asked, watched) = ([.. _asked], [.. _watched.Values]);
            _asked.Clear();
            _watched.Clear();
        }

        _greeted.TrySetResult(false);
        asked.ForEach(static each => each.SetResult(new(ZooKeeperAnswer.Broken, [])));
        watched.ForEach(static each => each.TrySetResult());
    }

    /// <summary>Behind the number: the transaction 8, an error 4.</summary>
    private void Handle(int number, ReadOnlySpan<byte> rest)
    {
        int error = BinaryPrimitives.ReadInt32BigEndian(rest[sizeof(long)..]);
        ReadOnlySpan<byte> body = rest[(sizeof(long) + sizeof(int))..];
        if (number == NoticeNumber)
        {
            // Kind 4, state 4, path.
            string path = Text.UTF8.GetString(body[(3 * sizeof(int))..]);
            TaskCompletionSource? changed;
            lock (Gate)
            {
                _watched.Remove(path, out changed);
            }

            changed?.TrySetResult();
            return;
        }

        TaskCompletionSource<ZooKeeperAnswer> asked;
        lock (Gate)
        {
            asked = _asked.Dequeue();
        }

        asked.SetResult(new(error, body.ToArray()));
    }

    private Task<ZooKeeperAnswer> AskAsync(ZooKeeperRequest kind, string path, Action<ByteWriter> arguments)
    {
        TaskCompletionSource<ZooKeeperAnswer> answer = new();
        lock (Gate)
        {
            if (IsBroken)
            {
                return Task.FromResult(new ZooKeeperAnswer(ZooKeeperAnswer.Broken, []));
            }

            _asked.Enqueue(answer);
            int lengthAt = Pending.Length;
            WriteInt32(Pending, 0);
            WriteInt32(Pending, ++_number);
            WriteInt32(Pending, (int)kind);
            WriteText(Pending, path);
            arguments(Pending);
            BinaryPrimitives.WriteInt32BigEndian(
                Pending.Buffer.AsSpan(lengthAt), Pending.Length - lengthAt - sizeof(int));
        }

        Flush();
        return answer.Task;
    }

    /// <summary>Version 4, transaction seen 8, session's time 4, session 8, password, read only 1.</summary>
    private void WriteGreeting()
    {
        const int length = 4 + 8 + 4 + 8 + 4 + PasswordBytes + 1;
        WriteInt32(Pending, length);
        WriteInt32(Pending, 0);
        Pending.WriteInt64(0);
        WriteInt32(Pending, SessionMilliseconds);
        Pending.WriteInt64(0);
        WriteInt32(Pending, PasswordBytes);
        Pending.WriteRaw(new byte[PasswordBytes + 1]);
    }

    private static void WriteInt32(ByteWriter target, int value) =>
        BinaryPrimitives.WriteInt32BigEndian(target.Reserve(sizeof(int)), value);

    private static void WriteText(ByteWriter target, string text)
    {
        WriteInt32(target, text.Length);
        target.WriteRaw(Text.UTF8.GetBytes(text));
    }
}
