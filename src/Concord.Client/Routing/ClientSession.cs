using Concord.Engines;

namespace Concord.Client.Routing;

/// <summary>
/// A session: numbers calls, and knows per slot which of its answers the cluster may forget. An answer is kept until no
/// call with a lower number on the same slot is open, so that one slow call holds back its own slot only.
/// </summary>
internal sealed class ClientSession(SessionId id)
{
    private readonly Dictionary<Slot, SlotTicket> _first = [];
    private readonly Dictionary<Slot, SlotTicket> _last = [];
    private readonly Dictionary<uint, ShardRegistration> _shards = [];
    private readonly SortedSet<ulong> _begun = [];
    private ulong _sequence;

    public SessionId Id { get; } = id;

    /// <summary>It is over, by our own clock or by the word of a leader.</summary>
    public bool IsLost { get; set; }

    /// <summary>What was asked to be held, and not given up, by the request that asked.</summary>
    public Dictionary<(Slot Slot, ulong Sequence), ClientClaim> Claims { get; } = [];

    /// <summary>Grants that were told before the answer to the request; without a value, that it is gone
    /// again.</summary>
    public Dictionary<(Slot Slot, ulong Sequence), (long Token, byte[]? Value)> Granted { get; } = [];

    /// <summary>When the time of the session is over in the first of its shards; never while it is in none.</summary>
    public TimeSpan Deadline(TimeSpan timeToLive)
    {
        TimeSpan deadline = TimeSpan.MaxValue;
        foreach (ShardRegistration shard in _shards.Values)
        {
            if (shard.IsOpen && shard.ConfirmedAt + timeToLive < deadline)
            {
                deadline = shard.ConfirmedAt + timeToLive;
            }
        }

        return deadline;
    }

    public IEnumerable<uint> OpenShards =>
        _shards.Where(static shard => shard.Value.IsOpen).Select(static shard => shard.Key).Order();

    /// <summary>The shards in which it has asked for something to hold.</summary>
    public IEnumerable<uint> HoldingShards => _shards
        .Where(static shard => shard.Value is { IsOpen: true, Inbox: not null })
        .Select(static shard => shard.Key).Order();

    public ulong NextSequence() => ++_sequence;

    /// <summary>So many numbers belong to the request that gets the next one.</summary>
    public void Skip(int count) => _sequence += (ulong)count;

    /// <summary>A number for a transaction whose slots are not known yet: no slot acknowledges past it.</summary>
    public ulong Begin()
    {
        ulong sequence = NextSequence();
        _begun.Add(sequence);
        return sequence;
    }

    /// <summary>The transaction is open on its slots by now, or will never be.</summary>
    public void GiveUp(ulong sequence) => _begun.Remove(sequence);

    public ShardRegistration In(uint shard)
    {
        if (!_shards.TryGetValue(shard, out ShardRegistration? registration))
        {
            _shards.Add(shard, registration = new());
        }

        return registration;
    }

    /// <summary>Marks a number as open on a slot. Numbers come in any order, for a transaction is numbered when it
    /// begins.</summary>
    public SlotTicket Open(Slot slot, ulong sequence)
    {
        var ticket = new SlotTicket(this, slot, sequence);
        if (!_last.TryGetValue(slot, out SlotTicket? before))
        {
            _first[slot] = _last[slot] = ticket;
            return ticket;
        }

        while (before is not null && before.Sequence > sequence)
        {
            before = before.Previous;
        }

        ticket.Previous = before;
        ticket.Next = before is null ? _first[slot] : before.Next;
        if (ticket.Next is { } next)
        {
            next.Previous = ticket;
        }
        else
        {
            _last[slot] = ticket;
        }

        if (before is null)
        {
            _first[slot] = ticket;
        }
        else
        {
            before.Next = ticket;
        }

        return ticket;
    }

    /// <summary>Everything on the slot up to here is answered.</summary>
    public ulong AcknowledgedThrough(Slot slot)
    {
        ulong open = _first.TryGetValue(slot, out SlotTicket? first) ? first.Sequence : 1;
        return (_begun.Count == 0 ? open : Math.Min(open, _begun.Min)) - 1;
    }

    internal void Close(SlotTicket ticket)
    {
        if (ticket.Previous is { } previous)
        {
            previous.Next = ticket.Next;
        }
        else if (ticket.Next is { } second)
        {
            _first[ticket.Slot] = second;
        }
        else
        {
            _first.Remove(ticket.Slot);
        }

        if (ticket.Next is { } next)
        {
            next.Previous = ticket.Previous;
        }
        else if (ticket.Previous is { } last)
        {
            _last[ticket.Slot] = last;
        }
        else
        {
            _last.Remove(ticket.Slot);
        }
    }
}

/// <summary>An open number on a slot.</summary>
internal sealed class SlotTicket(ClientSession session, Slot slot, ulong sequence)
{
    private bool _closed;

    public Slot Slot { get; } = slot;

    public ulong Sequence { get; } = sequence;

    public SlotTicket? Previous { get; set; }

    public SlotTicket? Next { get; set; }

    public ulong AcknowledgedThrough => session.AcknowledgedThrough(Slot);

    public void Close()
    {
        if (!_closed)
        {
            _closed = true;
            session.Close(this);
        }
    }
}

/// <summary>Where a session stands in a shard.</summary>
internal sealed class ShardRegistration
{
    public bool IsOpen { get; set; }

    public bool IsOpening { get; set; }

    /// <summary>The shard's count of sessions as last heard; proves that a registration is not an old one come
    /// late.</summary>
    public long Token { get; set; }

    /// <summary>When the last sign of life was sent that a leader has confirmed.</summary>
    public TimeSpan ConfirmedAt { get; set; } = TimeSpan.MinValue;

    /// <summary>How grants are heard of; null before the first claim.</summary>
    public ClientSubscription? Inbox { get; set; }
}
