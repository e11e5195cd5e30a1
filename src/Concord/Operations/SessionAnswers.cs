using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>What the answers of a session say of a request.</summary>
internal enum AnswerFound
{
    /// <summary>Nothing: it has not run on this slot.</summary>
    Absent,

    /// <summary>It ran, and this was the answer.</summary>
    Kept,

    /// <summary>The client has said that it has the answer; a request that comes now is an old one come late.</summary>
    Forgotten,
}

/// <summary>
/// The answers of one session in one slot: acknowledged through 8, then per answer its sequence 8, status 1, revision
/// 8, payload. The record belongs to the session and moves with the slot, so that a retry is answered wherever it
/// arrives.
/// </summary>
internal static class SessionAnswers
{
    private const int KeyBytes = 11;

    /// <summary>A client that does not acknowledge is refused here: an operation reads and writes the whole
    /// list.</summary>
    public const int AnswersMax = 4096;

    /// <summary>The same in bytes: well below what a record can hold, so that no answer can fail to be kept.</summary>
    public const int AnswerBytesMax = 1 << 20;

    /// <param name="keys">The state.</param>
    /// <param name="request">Whose answer.</param>
    /// <param name="status">Of the kept answer.</param>
    /// <param name="revision">The same.</param>
    /// <param name="payload">The same.</param>
    /// <param name="memo">Spares reading the list; null to read it.</param>
    public static AnswerFound Find(
        IKeyspace keys,
        RequestKey request,
        out AnswerStatus status,
        out long revision,
        out ReadOnlySpan<byte> payload,
        AnswersMemo? memo = null)
    {
        status = default;
        revision = 0;
        payload = default;
        Span<byte> key = stackalloc byte[KeyBytes];
        if (!keys.TryGet(RecordKey.Write(key, request.Slot, RecordKind.Answers, request.Session),
            out RecordView record))
        {
            return AnswerFound.Absent;
        }

        var reader = new ByteReader(record.Value);
        ulong acknowledged = reader.ReadUInt64();
        AnswersHead head = default;
        bool isNew = memo?.TryGet(request, record.ModRevision, out head) == true && request.Sequence > head.Highest;
        while (!isNew && reader.Remaining > 0)
        {
            ulong sequence = reader.ReadUInt64();
            var keptStatus = (AnswerStatus)reader.ReadByte();
            long keptRevision = reader.ReadInt64();
            ReadOnlySpan<byte> keptPayload = reader.ReadBytes();
            if (sequence == request.Sequence)
            {
                status = keptStatus;
                revision = keptRevision;
                payload = keptPayload;
                return AnswerFound.Kept;
            }
        }

        return request.Sequence <= acknowledged ? AnswerFound.Forgotten : AnswerFound.Absent;
    }

    /// <summary>Keeps an answer, and forgets those that the client has acknowledged.</summary>
    /// <param name="keys">The state.</param>
    /// <param name="request">Whose answer.</param>
    /// <param name="acknowledgedThrough">The client has all answers up to here.</param>
    /// <param name="status">The answer.</param>
    /// <param name="revision">The same.</param>
    /// <param name="payload">The same.</param>
    /// <param name="scratch">Overwritten.</param>
    /// <param name="memo">Spares reading the list; null to read it.</param>
    /// <returns>False when the client has let too many pile up; nothing was written.</returns>
    public static bool TryAdd(
        IKeyspace keys,
        RequestKey request,
        ulong acknowledgedThrough,
        AnswerStatus status,
        long revision,
        ReadOnlySpan<byte> payload,
        ByteWriter scratch,
        AnswersMemo? memo = null)
    {
        Span<byte> keyBytes = stackalloc byte[KeyBytes];
        ReadOnlySpan<byte> key = RecordKey.Write(keyBytes, request.Slot, RecordKind.Answers, request.Session);
        scratch.Clear();
        AnswersHead kept = default;
        if (keys.TryGet(key, out RecordView record))
        {
            var reader = new ByteReader(record.Value);
            ulong acknowledged = Math.Max(acknowledgedThrough, reader.ReadUInt64());
            scratch.WriteUInt64(acknowledged);
            bool isKnown = memo?.TryGet(request, record.ModRevision, out kept) == true;
            if (isKnown && acknowledged < kept.Lowest)
            {
                scratch.WriteRaw(reader.Rest);
            }
            else if (isKnown && acknowledged >= kept.Highest)
            {
                kept = default;
            }
            else
            {
                kept = CopyUnacknowledged(reader.Rest, acknowledged, scratch);
            }
        }
        else
        {
            scratch.WriteUInt64(acknowledgedThrough);
        }

        if (kept.Count >= AnswersMax || scratch.Length + payload.Length > AnswerBytesMax)
        {
            return false;
        }

        scratch.WriteUInt64(request.Sequence);
        scratch.WriteByte((byte)status);
        scratch.WriteInt64(revision);
        scratch.WriteBytes(payload);
        keys.Put(key, scratch.Written, request.Session);
        memo?.Written(request, kept.With(request.Sequence));
        return true;
    }

    private static AnswersHead CopyUnacknowledged(
        ReadOnlySpan<byte> answers, ulong acknowledged, ByteWriter target)
    {
        AnswersHead kept = default;
        var reader = new ByteReader(answers);
        while (reader.Remaining > 0)
        {
            ReadOnlySpan<byte> answer = reader.Rest;
            ulong sequence = reader.ReadUInt64();
            reader.ReadRaw(9);
            reader.ReadBytes();
            if (sequence > acknowledged)
            {
                target.WriteRaw(answer[..^reader.Remaining]);
                kept = kept.With(sequence);
            }
        }

        return kept;
    }
}
