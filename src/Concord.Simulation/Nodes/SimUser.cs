using System.Buffers;
using Concord.Client.Routing;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Simulation.Consensus;
using Concord.Simulation.Nodes.Primitives;
using Concord.Simulation.Pictures;

namespace Concord.Simulation.Nodes;

/// <summary>A client process: does with a <see cref="ClientCore"/> what its shell does.</summary>
internal sealed partial class SimUser : ILinkEnd
{
    private const long TickInterval = 20_000;
    private const long RedialDelay = 200_000;

    private readonly NodeWorld _world;
    private readonly SimRandom _random;
    private readonly HashSet<string> _dialed = new(StringComparer.Ordinal);
    private readonly Dictionary<SimLink, ClientConnection> _connections = [];
    private readonly SortedDictionary<ulong, UserOperation> _open = [];
    private readonly SimClock _clock;
    private ClientSession _session;

    public SimUser(NodeWorld world, int place, SimRandom random)
    {
        (_world, _random, Place) = (world, random, place);
        SimRandom clock = random.Fork("clock");
        _clock = new(world.Now, clock.Between(0, 1_000_000_000));
        _clock.SetRate(world.Now, clock.Between(world.Profile.ClockRates.Low, world.Profile.ClockRates.High));
        (Core, Watches, _session) = Begin();
        Tick(Life);
    }

    public int Place { get; }

    public int Life { get; private set; }

    public bool IsUp => true;

    public long PausedUntil { get; private set; }

    public ClientCore Core { get; private set; }

    /// <summary>What it is told of what it watches.</summary>
    public WatchRules Watches { get; private set; }

    /// <summary>Calls that are under way, apart from those that may stand in line.</summary>
    public int OpenCalls => _open.Values.Count(static operation => operation.Call.Claim is null);

    private TimeSpan Now => _clock.Read(_world.Now);

    /// <summary>Does nothing until then; its clock goes on.</summary>
    public void Pause(long until)
    {
        PausedUntil = Math.Max(PausedUntil, until);
        _world.Trace.Picture?.Mark(MarkKind.Fault, -1, _world.Now, $"client {Place} pauses");
    }

    public void Wake() => PausedUntil = 0;

    /// <summary>Does something later, if it has not died by then and when it is awake.</summary>
    public void Later(long delay, Action action)
    {
        int life = Life;
        _world.Schedule(delay, () =>
        {
            if (life != Life)
            {
                return;
            }

            if (PausedUntil > _world.Now)
            {
                Later(PausedUntil - _world.Now, action);
            }
            else
            {
                action();
            }
        });
    }

    public void Call(UserOperation operation)
    {
        Core.Call(operation.Call, Now);
        Began(operation);
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
        _claims.Clear();
        _connections.Clear();
        _dialed.Clear();
        Life++;
        (Core, Watches, _session) = Begin();
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

    private void Began(UserOperation operation)
    {
        operation.Client = Place - _world.Profile.Nodes;
        _world.Ledger.Began(operation);
        _open.Add(operation.Call.WireId, operation);
        AfterEvent();
    }

    private (ClientCore Core, WatchRules Watches, ClientSession Session) Begin()
    {
        ClientCore core = NewCore();
        return (core, new(_world, core, Now), core.Session);
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

        if (PausedUntil > _world.Now)
        {
            _world.ScheduleAt(PausedUntil, () => Tick(life));
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

        NoticeClaims();
        (ClientSubscription Watch, EngineRecords Records)[] told = [.. Core.Told];
        Core.Told.Clear();
        foreach ((ClientSubscription watch, EngineRecords records) in told)
        {
            ((WatchRules)watch.Owner!).Told(_world, watch, records);
        }

        if (Core.Session != _session)
        {
            _session = Core.Session;
            _world.Faults.Count(FaultKind.SessionLost);
            _world.Say($"client {Place} has lost its session, and has {_session.Id} now");
        }
    }
}
