using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Cluster.Node;

/// <summary>
/// The timers of a shard's roots, as its leader keeps them: when one is due it proposes
/// <see cref="OperationCode.Wake"/>
/// for the root, which does what is to be done and sets the timer anew. Made from the records when it begins to lead.
/// </summary>
internal sealed class ShardTimers(Shard shard)
{
    /// <summary>How many wakes are under way at most; the others are due a little later.</summary>
    private const int WakesMax = 256;

    private static readonly TimeSpan s_retryDelay = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<byte[], LogTime> _due = new(BytesComparer.Instance);
    private readonly PriorityQueue<byte[], (long Due, ulong Order)> _order = new();
    /// <summary>What is being woken, and whether its timer has been set anew meanwhile.</summary>
    private readonly Dictionary<byte[], bool> _waking = new(BytesComparer.Instance);

    private ulong _count;

    /// <summary>When the next is due, on the node's clock; never if there is none.</summary>
    public TimeSpan NextDue
    {
        get
        {
            if (_waking.Count >= WakesMax || !TryPeek(out LogTime due))
            {
                return TimeSpan.MaxValue;
            }

            TimeSpan left = due - shard.Node.Time;
            return shard.Node.Now + (left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    /// <summary>A timer's record has changed.</summary>
    public void Changed(ReadOnlySpan<byte> key)
    {
        byte[] timer = key.ToArray();
        if (_waking.ContainsKey(timer))
        {
            _waking[timer] = true;
        }

        if (!shard.Keyspace.TryGet(key, out RecordView record))
        {
            _due.Remove(timer);
            return;
        }

        Set(timer, RootTimer.Due(record.Value));
    }

    /// <summary>Finds them all.</summary>
    public void TakeOver()
    {
        Clear();
        Span<byte> prefix = stackalloc byte[3];
        for (ushort slot = 0; slot < Slot.Count; slot++)
        {
            RecordKey.Write(prefix, new(slot), RecordKind.Timer, []);
            ReadOnlySpan<byte> after = prefix;
            while (shard.Keyspace.TryNext(prefix, after, out RecordView record))
            {
                after = record.Key;
                Set(record.Key.ToArray(), RootTimer.Due(record.Value));
            }
        }
    }

    public void Clear()
    {
        _due.Clear();
        _order.Clear();
        _waking.Clear();
    }

    /// <summary>Proposes what is due.</summary>
    public void Tick()
    {
        while (_waking.Count < WakesMax && TryPeek(out LogTime due) && due.Milliseconds <= shard.Node.Time.Milliseconds)
        {
            byte[] timer = _order.Dequeue();
            if (_waking.TryAdd(timer, false))
            {
                Wake(timer);
            }
        }
    }

    private void Set(byte[] timer, LogTime due)
    {
        _due[timer] = due;
        _order.Enqueue(timer, (due.Milliseconds, _count++));
    }

    /// <summary>The earliest that still holds.</summary>
    private bool TryPeek(out LogTime due)
    {
        while (_order.TryPeek(out byte[]? timer, out (long Due, ulong Order) at))
        {
            due = new(at.Due);
            if (_due.TryGetValue(timer, out LogTime current) && current == due)
            {
                return true;
            }

            _order.Dequeue();
        }

        due = default;
        return false;
    }

    private void Wake(byte[] timer)
    {
        // Slot, kind, what the root has behind its slot, a zero: see the contract of holds.
        byte[] root = [.. timer.AsSpan(0, 2), .. timer.AsSpan(3..^1)];
        var command = new ByteWriter(64 + root.Length);
        Command.WriteHead(command, OperationCode.Wake, new(RecordKey.SlotOf(root), default, 0));
        command.WriteRaw(WakeRoot.Arguments(root).Span);
        shard.Propose(command.Written, new(new Woken(this, timer), 0));
    }

    /// <summary>It has run, and set itself anew or not; or it could not, and is due again in a moment.</summary>
    private void Woke(byte[] timer, bool hasRun)
    {
        if (_waking.Remove(timer, out bool isSetAnew) && _due.TryGetValue(timer, out LogTime due))
        {
            long soon = shard.Node.Time.Milliseconds + (long)s_retryDelay.TotalMilliseconds;
            Set(timer, hasRun && isSetAnew ? due : new(Math.Max(due.Milliseconds, soon)));
        }
    }

    private sealed class Woken(ShardTimers timers, byte[] timer) : IReplySink
    {
        public void Reply(ulong token, in NodeReply reply) =>
            timers.Woke(timer, hasRun: reply.Status == ReplyStatus.Answered);
    }
}
