using Concord.Client.Wire;
using Concord.Commit;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Cluster.Node;

/// <summary>A transaction as its anchor's leader received it, copied out of the frame.</summary>
internal sealed class CommitParts
{
    private const int PartsMax = TwoPhaseCoordinator.ParticipantsMax + 1;

    /// <summary>A part travels in one frame and is logged as one entry.</summary>
    private const int PartBytesMax = 2 << 20;

    public required RequestKey Id { get; init; }

    /// <summary>When its first attempt began, by the client's clock.</summary>
    public LogTime Age { get; init; }

    public byte[] IdempotencyTail { get; init; } = [];

    public CommitPart Anchor { get; init; } = new(0, default, 0, []);

    /// <summary>The parts on other shards.</summary>
    public required IReadOnlyList<CommitPart> Participants { get; init; }

    /// <summary>How much it may add to the state; none if it only takes away, validates and settles.</summary>
    public int Growth { get; init; }

    /// <exception cref="MalformedDataException">It is no commit request for this anchor.</exception>
    public static CommitParts Read(ByteReader reader, uint anchor, Topology topology)
    {
        var session = new SessionId(reader.ReadUInt64());
        ulong sequence = reader.ReadUInt64();
        var age = new LogTime(reader.ReadInt64());
        byte[] tail = reader.ReadBytes().ToArray();
        int count = reader.ReadUInt16();
        if (count is 0 or > PartsMax)
        {
            throw new MalformedDataException($"Malformed data: a transaction of {count} parts.");
        }

        var parts = new CommitPart[count];
        int growth = 0;
        for (int i = 0; i < count; i++)
        {
            uint shard = reader.ReadUInt32();
            var slot = new Slot(reader.ReadUInt16());
            parts[i] = new(shard, slot, reader.ReadUInt64(), reader.ReadBytes().ToArray());
            if ((i == 0) != (shard == anchor) || slot.Value >= Slot.Count || topology.ShardOf(slot) != shard
                || IsNamed(parts.AsSpan(0, i), shard))
            {
                // Two parts in one shard would be one record there: the holds of the first would never be taken off.
                throw new MalformedDataException("Malformed data: the parts of a transaction.");
            }

            growth += CheckActions(parts[i], topology) ? parts[i].Actions.Length : 0;
        }

        reader.End();
        return new()
        {
            Id = new(parts[0].Slot, session, sequence),
            Age = age,
            IdempotencyTail = tail,
            Anchor = parts[0],
            Participants = parts[1..],
            Growth = growth,
        };
    }

    /// <summary>What is left of a transaction that is committed and not carried out everywhere.</summary>
    public static CommitParts Decided(RequestKey id, uint[] participants) => new()
    {
        Id = id,
        Participants = [.. participants.Select(static shard => new CommitPart(shard, default, 0, []))],
    };

    private static bool IsNamed(ReadOnlySpan<CommitPart> parts, uint shard)
    {
        foreach (CommitPart part in parts)
        {
            if (part.Shard == shard)
            {
                return true;
            }
        }

        return false;
    }

    /// <returns>Whether any of them adds something.</returns>
    private static bool CheckActions(CommitPart part, Topology topology)
    {
        bool isGrowing = false;
        if (part.Actions.Length > PartBytesMax)
        {
            throw new MalformedDataException($"A part of a transaction of {part.Actions.Length} bytes.");
        }

        var reader = new ActionReader(part.Actions);
        if (reader.Left > CommitRequest.ActionsMax)
        {
            throw new MalformedDataException($"A transaction of more than {CommitRequest.ActionsMax} actions.");
        }

        while (reader.TryRead(out ActionView action))
        {
            Slot slot = action.Key.Length < 2 ? Slot.OfShard : RecordKey.SlotOf(action.Key);
            if (slot.Value >= Slot.Count || topology.ShardOf(slot) != part.Shard)
            {
                throw new MalformedDataException("Malformed data: an action on a key of another shard.");
            }

            isGrowing |= action.Kind is ActionKind.Add or ActionKind.Set or ActionKind.Enqueue;
        }

        return isGrowing;
    }
}

/// <summary>The part of a transaction on one shard.</summary>
internal sealed record CommitPart(uint Shard, Slot Slot, ulong AcknowledgedThrough, byte[] Actions);
