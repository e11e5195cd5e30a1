using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>What became of an <see cref="OpenSession"/>.</summary>
internal enum OpenSessionOutcome
{
    /// <summary>It is registered.</summary>
    Opened,

    /// <summary>The token was too old: try again with the new one.</summary>
    TokenTooOld,

    /// <summary>This id is being ended: take a new one.</summary>
    Ending,
}

/// <summary>Registers a session in a shard. Arguments: session, token, time to live in milliseconds. Not numbered: it
/// runs before the session exists, and running it twice is the same as once.</summary>
/// <remarks>
/// <para>Why a session that has ended never comes back to life with requests of its first life under way. If it did, a
/// delayed duplicate of a request that has run would find no answer and run again.</para>
/// <para>1. Every end of a session raises the floor, in the entry that deletes its record. So a token that was heard
/// before an end is smaller than the floor after it, and an OpenSession that was sent before the end is refused if it
/// arrives behind it. Floors only grow.</para>
/// <para>2. A client sends a request of a session to a shard only after this shard has answered Opened to the newest
/// token that the client has sent for this id (a late answer to an older token does not count), and from then on it
/// never opens this id here again: told that its session is unknown, it takes a new id. So when Opened was answered the
/// session was registered, every OpenSession of this id carries a token that was heard before, and once the session
/// ends 1. refuses them all. All requests of the id belong to this one life. An id that was not used yet may be
/// registered, ended and registered again: it has no requests to repeat.</para>
/// </remarks>
internal static class OpenSession
{
    public static ReadOnlyMemory<byte> Arguments(SessionId session, long token, TimeSpan timeToLive)
    {
        var arguments = new ByteWriter(24);
        arguments.WriteUInt64(session.Value);
        arguments.WriteInt64(token);
        arguments.WriteInt64((long)timeToLive.TotalMilliseconds);
        return arguments.WrittenMemory;
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        var session = new SessionId(arguments.ReadUInt64());
        long token = arguments.ReadInt64();
        long timeToLive = arguments.ReadInt64();
        arguments.End();
        if (session.IsNone || timeToLive is <= 0 or > int.MaxValue)
        {
            throw new MalformedDataException($"Session {session} with {timeToLive} ms to live.");
        }

        long floor = SessionFloor.Read(keys);
        bool exists = SessionRecord.TryRead(keys, session, out SessionRecord record);
        if (exists && !record.IsOpen)
        {
            Reply.Refuse(answer, RefusalCode.SessionEnding).WriteInt64(floor);
            return;
        }

        if (!exists && token < floor)
        {
            Reply.Refuse(answer, RefusalCode.SessionTokenTooOld).WriteInt64(floor);
            return;
        }

        if (!exists)
        {
            new SessionRecord(IsOpen: true, TimeSpan.FromMilliseconds(timeToLive), keys.Now).Put(keys, session);
        }

        Reply.Done(answer, OperationCode.OpenSession).WriteInt64(floor);
    }

    /// <summary>How it went, and the current token.</summary>
    public static (OpenSessionOutcome Outcome, long Token) Read(in EngineAnswer answer)
    {
        if (Reply.IsDone(answer, OperationCode.OpenSession, out ByteReader body, out RefusalCode refusal))
        {
            return (OpenSessionOutcome.Opened, body.ReadInt64());
        }

        return refusal switch
        {
            RefusalCode.SessionTokenTooOld => (OpenSessionOutcome.TokenTooOld, body.ReadInt64()),
            RefusalCode.SessionEnding => (OpenSessionOutcome.Ending, body.ReadInt64()),
            _ => throw Reply.Unexpected(OperationCode.OpenSession, refusal),
        };
    }
}
