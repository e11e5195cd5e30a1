using System.Numerics;
using System.Runtime.CompilerServices;

namespace Concord.Consensus;

/// <summary>
/// The part of a replicated log that is held in memory: everything after <see cref="Base"/>. Entries are structs in a
/// ring found by index, their payloads lie in shared slabs, so that the garbage collector has nothing to follow and
/// messages and disk writes copy straight from here.
/// </summary>
/// <remarks>Not thread-safe: it belongs to the core that owns it. Spans that it returns are valid until the next
/// change.</remarks>
public sealed class LogBuffer
{
    private const int InitialCapacity = 64;

    private readonly PayloadSlabs _payloads = new();
    private Slot[] _ring = new Slot[InitialCapacity];

    /// <summary>An empty log after the place <paramref name="origin"/>.</summary>
    /// <param name="origin">The last place that is not held any more, zero for a log from its beginning.</param>
    /// <param name="originStamp">The stamp of the entry there.</param>
    public LogBuffer(LogIndex origin = default, Stamp originStamp = default) =>
        (Base, BaseStamp, Last) = (origin, originStamp, origin);

    /// <summary>The place before <see cref="First"/>; its stamp is still known.</summary>
    public LogIndex Base { get; private set; }

    /// <summary>The stamp of the entry at <see cref="Base"/>.</summary>
    public Stamp BaseStamp { get; private set; }

    /// <summary>The first place that may hold an entry.</summary>
    public LogIndex First => Base + 1;

    /// <summary>The last entry, or <see cref="Base"/> when there is none.</summary>
    public LogIndex Last { get; private set; }

    /// <summary>The stamp of the last entry.</summary>
    public Stamp LastStamp => StampAt(Last);

    /// <summary>How many entries are held.</summary>
    public int Count => (int)(Last - Base);

    /// <summary>The sum of the payloads held, in bytes.</summary>
    public long PayloadBytes { get; private set; }

    /// <summary>Whether the stamp at <paramref name="index"/> is known here.</summary>
    public bool Covers(LogIndex index) => index >= Base && index <= Last;

    /// <summary>The stamp at a place from <see cref="Base"/> to <see cref="Last"/>.</summary>
    public Stamp StampAt(LogIndex index)
    {
        if (index == Base)
        {
            return BaseStamp;
        }

        return At(index).Stamp;
    }

    /// <summary>The stamp under which the entry at <paramref name="index"/> was first proposed: with the place it names
    /// the value, for whoever proposes it again leaves it as it is. In Raft the stamp itself.</summary>
    public Stamp OriginAt(LogIndex index) => At(index).Origin;

    /// <summary>Whether there is an entry at <paramref name="index"/>. In Multi-Paxos a log may have gaps.</summary>
    public bool Has(LogIndex index) => index > Base && index <= Last && At(index).Kind != EntryKind.None;

    /// <summary>What the entry at <paramref name="index"/> is for.</summary>
    public EntryKind KindAt(LogIndex index) => At(index).Kind;

    /// <summary>The bytes of the entry at <paramref name="index"/>; valid until the log changes.</summary>
    public ReadOnlySpan<byte> PayloadAt(LogIndex index)
    {
        ref Slot slot = ref At(index);
        return slot.Length == 0 ? [] : _payloads.Read(slot.Slab, slot.Offset, slot.Length);
    }

    /// <summary>The length of the payload at <paramref name="index"/>, in bytes.</summary>
    public int PayloadLengthAt(LogIndex index) => At(index).Length;

    /// <summary>All about the entry at <paramref name="index"/> but its bytes, found once.</summary>
    internal EntryHead HeadAt(LogIndex index)
    {
        ref Slot slot = ref At(index);
        return new(slot.Stamp, slot.Origin, slot.Kind, slot.Length);
    }

    /// <summary>All about the entry at <paramref name="index"/> with its bytes, found once; valid until the log
    /// changes.</summary>
    internal EntryHead ReadAt(LogIndex index, out ReadOnlySpan<byte> payload)
    {
        ref Slot slot = ref At(index);
        payload = slot.Length == 0 ? [] : _payloads.Read(slot.Slab, slot.Offset, slot.Length);
        return new(slot.Stamp, slot.Origin, slot.Kind, slot.Length);
    }

    /// <summary>Puts an entry behind the last one; its payload is copied.</summary>
    /// <returns>Its place.</returns>
    public LogIndex Append(Stamp stamp, EntryKind kind, ReadOnlySpan<byte> payload)
    {
        Invariant.Check(stamp >= LastStamp, "stamps never fall along a log");
        return Append(stamp, stamp, kind, payload);
    }

    /// <summary>Puts an entry behind the last one, be its stamp older; its payload is copied.</summary>
    /// <returns>Its place.</returns>
    internal LogIndex Append(Stamp stamp, Stamp origin, EntryKind kind, ReadOnlySpan<byte> payload)
    {
        if (Count == _ring.Length)
        {
            Grow();
        }

        LogIndex index = Last + 1;
        Last = index;
        Write(index, stamp, origin, kind, payload);
        return index;
    }

    /// <summary>Puts an entry into its place, in the stead of the one that is there; its payload is copied. Places
    /// before it that hold none yet stay so.</summary>
    public void Put(LogIndex index, Stamp stamp, Stamp origin, EntryKind kind, ReadOnlySpan<byte> payload)
    {
        Invariant.Check(index > Base, "what a snapshot covers is never written again");
        while (index - Base > (ulong)_ring.Length)
        {
            Grow();
        }

        if (index <= Last)
        {
            PayloadBytes -= At(index).Length;
        }

        for (LogIndex gap = Last + 1; gap < index; gap++)
        {
            _ring[Position(gap)] = default;
        }

        Last = LogIndex.Max(Last, index);

        Write(index, stamp, origin, kind, payload);
    }

    /// <summary>The entry at <paramref name="index"/> was proposed again.</summary>
    public void Restamp(LogIndex index, Stamp stamp)
    {
        ref Slot slot = ref At(index);
        Invariant.Check(slot.Kind != EntryKind.None, "only what is there is proposed again");
        slot = slot with { Stamp = stamp };
    }

    /// <summary>The newest stamp in the log, or at its base.</summary>
    public Stamp NewestStamp()
    {
        Stamp newest = BaseStamp;
        for (LogIndex at = First; at <= Last; at++)
        {
            newest = StampAt(at) > newest ? StampAt(at) : newest;
        }

        return newest;
    }

    /// <summary>Drops the entry at <paramref name="index"/> and all behind it.</summary>
    public void TruncateFrom(LogIndex index)
    {
        Invariant.Check(index > Base, "what a snapshot covers is never truncated");
        for (; Last >= index; Last -= 1)
        {
            PayloadBytes -= At(Last).Length;
        }
    }

    /// <summary>Forgets the entries up to and with <paramref name="index"/>.</summary>
    public void DiscardThrough(LogIndex index)
    {
        if (index > Base)
        {
            DiscardThrough(index, StampAt(index));
        }
    }

    /// <summary>Forgets the entries up to and with <paramref name="index"/>, which need not be there: a snapshot covers
    /// them. Those behind stay.</summary>
    /// <param name="index">Behind <see cref="Base"/>.</param>
    /// <param name="stamp">The stamp of the entry there.</param>
    public void DiscardThrough(LogIndex index, Stamp stamp)
    {
        for (LogIndex at = First; at <= LogIndex.Min(index, Last); at++)
        {
            PayloadBytes -= At(at).Length;
        }

        (Base, BaseStamp, Last) = (index, stamp, LogIndex.Max(index, Last));
        _payloads.FreeThrough(index);
    }

    /// <summary>Forgets everything and starts again behind a place, after a snapshot has been installed.</summary>
    public void Restart(LogIndex origin, Stamp originStamp)
    {
        (Base, BaseStamp, Last, PayloadBytes) = (origin, originStamp, origin, 0);
        _payloads.FreeThrough(new(ulong.MaxValue));
    }

    private void Write(LogIndex index, Stamp stamp, Stamp origin, EntryKind kind, ReadOnlySpan<byte> payload)
    {
        (int slab, int offset) = _payloads.Write(index, payload);
        _ring[Position(index)] = new(stamp, origin, slab, offset, payload.Length, kind);
        PayloadBytes += payload.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Slot At(LogIndex index)
    {
        Invariant.Check(index > Base && index <= Last, "only entries that are held are read");
        return ref _ring[Position(index)];
    }

    private int Position(LogIndex index) => (int)(index.Value & (ulong)(_ring.Length - 1));

    private void Grow()
    {
        Slot[] old = _ring;
        _ring = new Slot[BitOperations.RoundUpToPowerOf2((uint)old.Length + 1)];
        for (LogIndex at = First; at <= Last; at++)
        {
            _ring[Position(at)] = old[at.Value & (ulong)(old.Length - 1)];
        }
    }

    private readonly record struct Slot(
        Stamp Stamp, Stamp Origin, int Slab, int Offset, int Length, EntryKind Kind);
}
