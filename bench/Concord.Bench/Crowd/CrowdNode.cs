using System.Globalization;
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

    private readonly Socket _listener = Loopback.Listen();
    private readonly BareFile _file;
    private readonly List<Socket> _callers = [];
    private readonly List<Socket> _followers = [];
    private readonly byte[] _batch = new byte[CrowdBench.BatchBytes];
    private readonly Lock _gate = new();
    private int _asked;
    private int _round;
    private int _durable;

    private CrowdNode(string folder) => _file = new(new RealFileSystem(), Path.Combine(folder, "bare"));

    /// <summary>Follows, or leads those whose ports are told, until its input ends.</summary>
    public static int Run(string folder)
    {
        using CrowdNode node = new(folder);
        while (Console.In.ReadLine() is { } order)
        {
            node.Obey(order.Split(' '));
            Console.Out.WriteLine(Loopback.PortOf(node._listener).ToString("D", null));
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
            Socket follower = Loopback.Connect(int.Parse(port, CultureInfo.InvariantCulture));
            _followers.Add(follower);
            Loopback.Start(() => HearOf(follower));
        }

        if (words[0] == "lead")
        {
            Loopback.Start(AcceptCallers);
        }
        else
        {
            Loopback.Start(() => Follow(Loopback.Accept(_listener)));
        }
    }

    private void AcceptCallers()
    {
        for (int i = 0; i < CrowdBench.Connections; i++)
        {
            Socket caller = Loopback.Accept(_listener);
            _callers.Add(caller);
            Loopback.Start(() => Lead(caller));
        }
    }

    private void Follow(Socket leader)
    {
        byte[] batch = new byte[CrowdBench.BatchBytes];
        while (true)
        {
            Loopback.Fill(leader, batch);
            _file.Write(batch);
            leader.Send(batch.AsSpan(0, sizeof(int)));
        }
    }

    /// <summary>Whoever comes last of the crowd has the batch written.</summary>
    private void Lead(Socket caller)
    {
        byte[] asked = new byte[CrowdBench.RequestBytes];
        while (true)
        {
            Loopback.Fill(caller, asked);
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

    private void HearOf(Socket follower)
    {
        byte[] round = new byte[sizeof(int)];
        while (true)
        {
            Loopback.Fill(follower, round);
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
