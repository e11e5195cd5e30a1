using System.Buffers;
using Concord.Client.Routing;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Nodes;

/// <summary>A client process: does with a <see cref="ClientCore"/> what its shell does.</summary>
internal sealed class SimUser : ILinkEnd
{
    private const long TickInterval = 20_000;
    private const long RedialDelay = 200_000;

    private readonly NodeWorld _world;
    private readonly SimRandom _random;
    private readonly HashSet<string> _dialed = new(StringComparer.Ordinal);
    private readonly Dictionary<SimLink, ClientConnection> _connections = [];
    private readonly SortedDictionary<ulong, UserOperation> _open = [];

    public SimUser(NodeWorld world, int place, SimRandom random)
    {
        (_world, _random, Place) = (world, random, place);
        Core = NewCore();
        Tick(Life);
    }

    public int Place { get; }

    public int Life { get; private set; }

    public bool IsUp => true;

    public long PausedUntil { get; private set; }

    public ClientCore Core { get; private set; }

    public int OpenCalls => _open.Count;

    private TimeSpan Now => TimeSpan.FromMicroseconds(_world.Now);

    public void Call(UserOperation operation)
    {
        operation.Client = Place - _world.Profile.Nodes;
        _world.Ledger.Began(operation);
        Core.Call(operation.Call, Now);
        _open.Add(operation.Call.WireId, operation);
        AfterEvent();
    }

    /// <summary>Dies, and another begins in its place that knows nothing of it.</summary>
    public void Crash()
    {
        _world.Network.BreakAll(this);
        foreach (UserOperation operation in _open.Values)
        {
            _world.Ledger.Lost(operation);
        }

        _open.Clear();
        _connections.Clear();
        _dialed.Clear();
        Life++;
        Core = NewCore();
        Tick(Life);
    }

    public void Opened(SimLink link, bool isDialer)
    {
        ClientConnection connection = Core.Connected(AddressOf(link.Acceptor), Now);
        connection.Transport = link;
        _connections.Add(link, connection);
        AfterEvent();
    }

    public void DialFailed(ILinkEnd target) => _world.Network.Dial(this, target, RedialDelay);

    public void Received(SimStream stream, byte[] bytes)
    {
        if (!_connections.TryGetValue(stream.Link, out ClientConnection? connection))
        {
            return;
        }

        try
        {
            for (int from = 0; from < bytes.Length;)
            {
                Memory<byte> free = stream.Buffer.Free;
                int count = Math.Min(free.Length, bytes.Length - from);
                bytes.AsMemory(from, count).CopyTo(free);
                from += count;
                if (stream.Buffer.Received(count) is { } frames)
                {
                    Receive(connection, frames.Frames, frames.Length);
                }
            }
        }
        catch (MalformedDataException)
        {
            _world.Network.Break(stream.Link);
        }

        AfterEvent();
    }

    public void Closed(SimLink link)
    {
        if (_connections.Remove(link, out ClientConnection? connection))
        {
            Core.Disconnected(connection, Now);
            _world.Network.Dial(this, link.Acceptor, RedialDelay);
            AfterEvent();
        }
    }

    private ClientCore NewCore() => new(new(
        [.. _world.Layout.Members],
        TimeSpan.FromMicroseconds(_world.Profile.OperationTimeout),
        TimeSpan.FromMicroseconds(_world.Profile.SessionTimeout),
        _random.Next())
    {
        AttemptTimeout = TimeSpan.FromMicroseconds(_world.Profile.AttemptTimeout),
    });

    private string AddressOf(ILinkEnd node) => _world.Layout.Members[node.Place];

    private void Tick(int life)
    {
        if (life != Life)
        {
            return;
        }

        foreach (string address in Core.Wanted)
        {
            if (_dialed.Add(address))
            {
                _world.Network.Dial(this, _world.Nodes[_world.Layout.NodeAt(address).Value - 1], 0);
            }
        }

        Core.Tick(Now);
        AfterEvent();
        _world.Schedule(TickInterval + _random.Next(500), () => Tick(life));
    }

    private void Receive(ClientConnection connection, byte[] array, int length)
    {
        ReadOnlySpan<byte> frames = array.AsSpan(0, length);
        while (!frames.IsEmpty)
        {
            int one = Frame.LengthOf(frames);
            Core.Receive(connection, frames[Frame.HeadBytes..one], Now);
            frames = frames[one..];
        }

        ArrayPool<byte>.Shared.Return(array);
    }

    private void AfterEvent()
    {
        foreach (ClientConnection connection in Core.Dirty)
        {
            _world.Network.Send(((SimLink)connection.Transport!).OutOf(this), connection.Output.Take());
            connection.Output.Clear();
        }

        Core.Dirty.Clear();
        ClientCall[] ended = [.. Core.Ended];
        Core.Ended.Clear();
        foreach (ClientCall call in ended)
        {
            if (_open.Remove(call.WireId, out UserOperation? operation))
            {
                _world.Ledger.Ended(operation);
                operation.Then?.Invoke(operation);
            }
        }
    }
}
