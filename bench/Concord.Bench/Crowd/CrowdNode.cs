using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Concord.Cluster.Storage;

namespace Concord.Bench.Crowd;

/// <summary>
/// A process of a trio that does nothing but what every replicated log must: what all callers ask for together is sent
/// to two followers, written and synced by all, and answered when two of three have it. No protocol, no checksum, no
/// record, no state: what is left is the machine.
/// </summary>
internal sealed class CrowdNode : IDisposable
{
    public const string Verb = "crowd-node";

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly RealFileSystem _files = new();
    private readonly BareFile _file;
    private readonly List<Socket> _callers = [];
    private readonly List<Socket> _followers = [];
    private readonly byte[] _batch = new byte[CrowdBench.BatchBytes];
    private readonly Lock _gate = new();
    private int _asked;
    private int _round;
    private int _durable;

    private CrowdNode(string folder)
    {
        _file = new(_files, Path.Combine(folder, "bare"));
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    /// <summary>Follows, or leads those whose ports are told, until its input ends.</summary>
    public static int Run(string folder)
    {
        using CrowdNode node = new(folder);
        while (Console.In.ReadLine() is { } order)
        {
            node.Obey(order.Split(' '));
            Console.Out.WriteLine(((IPEndPoint)node._listener.LocalEndPoint!).Port.ToString("D", null));
        }

        return 0;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _file.Dispose();
    }

    private void Obey(string[] words)
    {
        foreach (string port in words[1..])
        {
            Socket follower = Connect(int.Parse(port, CultureInfo.InvariantCulture));
            _followers.Add(follower);
            Start(() => Acknowledged(follower));
        }

        int accepted = words[0] == "lead" ? CrowdBench.Connections : 1;
        Start(() =>
        {
            for (int i = 0; i < accepted; i++)
            {
                Socket caller = _listener.Accept();
                caller.NoDelay = true;
                _callers.Add(caller);
                Action serve = words[0] == "lead" ? () => Lead(caller) : () => Follow(caller);
                Start(serve);
            }
        });
    }

    public static Socket Connect(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    /// <returns>False when the other side has ended.</returns>
    public static bool Receive(Socket socket, Span<byte> bytes)
    {
        try
        {
            for (int received = 0; received < bytes.Length;)
            {
                int count = socket.Receive(bytes[received..]);
                if (count == 0)
                {
                    return false;
                }

                received += count;
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static void Start(Action run) => new Thread(() => run()) { IsBackground = true }.Start();

    private void Follow(Socket leader)
    {
        byte[] batch = new byte[CrowdBench.BatchBytes];
        while (Receive(leader, batch))
        {
            _file.Write(batch);
            leader.Send(batch.AsSpan(0, sizeof(int)));
        }
    }

    /// <summary>Whoever comes last of the crowd has the batch written.</summary>
    private void Lead(Socket caller)
    {
        byte[] asked = new byte[CrowdBench.RequestBytes];
        while (Receive(caller, asked))
        {
            if (Interlocked.Increment(ref _asked) < CrowdBench.Connections)
            {
                continue;
            }

            _asked = 0;
            int round;
            lock (_gate)
            {
                round = ++_round;
                _durable = 0;
            }

            BitConverter.TryWriteBytes(_batch, round);
            _followers.ForEach(follower => follower.Send(_batch));
            _file.Write(_batch);
            Durable(round);
        }
    }

    private void Acknowledged(Socket follower)
    {
        byte[] round = new byte[sizeof(int)];
        while (Receive(follower, round))
        {
            Durable(BitConverter.ToInt32(round));
        }
    }

    private void Durable(int round)
    {
        lock (_gate)
        {
            if (round != _round || ++_durable != 2)
            {
                return;
            }
        }

        _callers.ForEach(caller => caller.Send(_batch.AsSpan(0, CrowdBench.AnswerBytes)));
    }
}
