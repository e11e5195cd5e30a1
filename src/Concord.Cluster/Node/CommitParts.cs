using Concord.Client.Wire;
using Concord.Commit;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Cluster.Node;

/// <summary>A transaction as its anchor's leader received it, copied out of the frame.</summary>
internal sealed class CommitParts
{
    private const int PartsMax = TwoPhaseCoordinator.ParticipantsMax + 1;

    public required RequestKey Id { get; init; }

    /// <summary>When its first attempt began, by the client's clock.</summary>
    public LogTime Age { get; init; }

    public byte[] IdempotencyTail { get; init; } = [];

    public CommitPart Anchor { get; init; } = new(0, default, 0, []);

    /// <summary>The parts on other shards.</summary>
    public required IReadOnlyList<CommitPart> Participants { get; init; }

    /// <exception cref="MalformedDataException">It is no commit request for this anchor.</exception>
    public static CommitParts Read(ByteReader reader, uint anchor)
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
        for (int i = 0; i < count; i++)
        {
            uint shard = reader.ReadUInt32();
            var slot = new Slot(reader.ReadUInt16());
            parts[i] = new(shard, slot, reader.ReadUInt64(), reader.ReadBytes().ToArray());
            if ((i == 0) != (shard == anchor) || slot.Value >= Slot.Count)
            {
                throw new MalformedDataException("Malformed data: the parts of a transaction.");
            }

            CheckActions(parts[i].Actions);
        }

        reader.End();
        return new()
        {
            Id = new(parts[0].Slot, session, sequence),
            Age = age,
            IdempotencyTail = tail,
            Anchor = parts[0],
            Participants = parts[1..],
        };
    }

    /// <summary>What is left of a transaction that is committed and not carried out everywhere.</summary>
    public static CommitParts Decided(RequestKey id, uint[] participants) => new()
    {
        Id = id,
        Participants = [.. participants.Select(static shard => new CommitPart(shard, default, 0, []))],
    };

    private static void CheckActions(byte[] actions)
    {
        var reader = new ActionReader(actions);
        if (reader.Left > CommitRequest.ActionsMax)
        {
            throw new MalformedDataException($"A transaction of more than {CommitRequest.ActionsMax} actions.");
        }

        while (reader.TryRead(out _))
        {
            // Reading is the check.
        }
    }
}

/// <summary>The part of a transaction on one shard.</summary>
internal sealed record CommitPart(uint Shard, Slot Slot, ulong AcknowledgedThrough, byte[] Actions);
