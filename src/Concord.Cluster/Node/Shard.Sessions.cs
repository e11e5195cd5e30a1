using System.Buffers.Binary;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <content>
/// Which sessions live: renewed in the leader's memory, ended by an entry in the log. A new leader gives every session
/// its full time again, for it has not heard them yet.
/// </content>
internal sealed partial class Shard
{
    private static readonly TimeSpan s_sessionCheckInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_idempotencyCheckInterval = TimeSpan.FromMinutes(1);

    /// <summary>How many records and slots one look for expired ones goes through.</summary>
    private const int IdempotencyLooksMax = 2048;

    private readonly SortedDictionary<ulong, SessionLife> _sessions = [];
    private TimeSpan _sessionCheckDue;
    private TimeSpan _idempotencyCheckDue;
    private byte[] _idempotencyCursor = [];

    public int SessionCount => _sessions.Count;

    /// <summary>The client is there.</summary>
    public void HearSession(SessionId session)
    {
        if (session.IsNone || !IsReady)
        {
            return;
        }

        if (_sessions.TryGetValue(session.Value, out SessionLife? life))
        {
            life.HeardAt = _node.Now;
        }
        else if (SessionRecord.TryRead(new KeyspaceView(Keyspace, Now), session, out SessionRecord record))
        {
            _sessions.Add(session.Value, new() { TimeToLive = record.TimeToLive, HeardAt = _node.Now });
        }
    }

    private void TakeOverSessions()
    {
        Span<byte> prefix = stackalloc byte[3];
        RecordKey.Write(prefix, Slot.OfShard, RecordKind.Session, []);
        byte[] after = prefix.ToArray();
        while (Keyspace.TryNext(prefix, after, out RecordView record))
        {
            after = record.Key.ToArray();
            ulong session = BinaryPrimitives.ReadUInt64BigEndian(RecordKey.TailOf(record.Key));
            _sessions[session] =
                new() { TimeToLive = SessionRecord.Decode(record.Value).TimeToLive, HeardAt = _node.Now };
        }
    }

    private void TickSessions()
    {
        if (_node.Now < _sessionCheckDue)
        {
            return;
        }

        _sessionCheckDue = _node.Now + s_sessionCheckInterval;
        foreach ((ulong session, SessionLife life) in _sessions.ToArray())
        {
            // Longer than the client itself waits: its deadline comes first, whatever the clocks' rates.
            if (_node.Now - life.HeardAt > life.TimeToLive * 1.25 && !life.IsEnding)
            {
                life.IsEnding = true;
                _node.Events.SessionExpired(Id, new(session));
                EndSession(new(session));
            }
        }
    }

    private void EndSession(SessionId session)
    {
        var command = new ByteWriter();
        Command.WriteHead(command, OperationCode.CloseSession, new(Slot.OfShard, default, 0));
        command.WriteRaw(CloseSession.Arguments(session).Span);
        Propose(command.Written, new(new SessionEnd(this, session), 0));
    }

    private void TickIdempotency()
    {
        if (_node.Now < _idempotencyCheckDue)
        {
            return;
        }

        _idempotencyCheckDue = _node.Now + s_idempotencyCheckInterval;
        var command = new ByteWriter();
        Command.WriteHead(command, OperationCode.ExpireIdempotency, new(Slot.OfShard, default, 0));
        int headBytes = command.Length;
        int found = 0;
        int slotsLeft = Slot.Count;
        Span<byte> prefix = stackalloc byte[3];
        ushort slot = _idempotencyCursor.Length < 2 ? (ushort)0 : RecordKey.SlotOf(_idempotencyCursor).Value;
        int looks = IdempotencyLooksMax;
        while (slotsLeft > 0 && found < ExpireIdempotency.KeysMax && looks-- > 0)
        {
            RecordKey.Write(prefix, new(slot), RecordKind.Idempotency, []);
            byte[] after = _idempotencyCursor.AsSpan().StartsWith(prefix) ? _idempotencyCursor : prefix.ToArray();
            if (!Keyspace.TryNext(prefix, after, out RecordView record))
            {
                slot = (ushort)((slot + 1) % Slot.Count);
                _idempotencyCursor = [(byte)(slot >> 8), (byte)slot];
                slotsLeft--;
                continue;
            }

            _idempotencyCursor = record.Key.ToArray();
            if (_node.Time - IdempotencyRecord.WrittenAt(record.Value) > IdempotencyRecord.Retention)
            {
                command.WriteBytes(record.Key);
                found++;
            }
        }

        if (slotsLeft > 0)
        {
            // There is more. While it is found there is no pause, or more would come in a minute than go.
            bool isFull = found >= ExpireIdempotency.KeysMax;
            _idempotencyCheckDue = _node.Now + (isFull ? TimeSpan.Zero : s_sessionCheckInterval);
        }

        if (command.Length > headBytes)
        {
            Propose(command.Written, ReplyTarget.None);
        }
    }

    private sealed class SessionLife
    {
        public required TimeSpan TimeToLive { get; init; }

        public required TimeSpan HeardAt { get; set; }

        public bool IsEnding { get; set; }
    }

    private sealed class SessionEnd(Shard shard, SessionId session) : IReplySink
    {
        public void Reply(ulong token, in NodeReply reply)
        {
            if (reply.Status == ReplyStatus.Answered
                && CloseSession.HasMore(new(reply.Answer, reply.Revision, reply.Payload.ToArray())))
            {
                shard.EndSession(session);
            }
            else if (reply.Status != ReplyStatus.Answered
                && shard._sessions.TryGetValue(session.Value, out SessionLife? life))
            {
                // Tried again at the next look: what it owns must not stay for as long as this leader leads. It may
                // have met a transaction that requires one of its holds.
                life.IsEnding = false;
            }
            else
            {
                shard._sessions.Remove(session.Value);
            }
        }
    }
}
