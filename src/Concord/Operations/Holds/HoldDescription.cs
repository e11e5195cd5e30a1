using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>A hold as it is told to whoever asks.</summary>
internal sealed record HoldDescription(
    SessionId Session, ulong Sequence, string Process, HoldMode Mode, int Count, long Token, LogTime Since)
{
    public static void Write(ByteWriter target, in RecordView hold)
    {
        (SessionId session, ulong sequence) = HoldKey.HandleOf(hold.Key);
        HoldRecord record = HoldRecord.Read(hold.Value);
        Write(target, session, sequence, hold.CreateRevision, record.Since, record.Terms);
    }

    /// <summary>One that waits: without a token.</summary>
    public static void Write(ByteWriter target, in LinePlace place) =>
        Write(target, place.Session, place.Sequence, 0, place.Since, HoldTerms.Read(place.Request));

    public static HoldDescription Read(ref ByteReader reader)
    {
        var session = new SessionId(reader.ReadUInt64());
        ulong sequence = reader.ReadUInt64();
        long token = reader.ReadInt64();
        var since = new LogTime(reader.ReadInt64());
        HoldTerms terms = HoldTerms.Read(reader.ReadBytes());
        string process = System.Text.Encoding.UTF8.GetString(terms.Process);
        return new(session, sequence, process, terms.Mode, terms.Count, token, since);
    }

    private static void Write(
        ByteWriter target, SessionId session, ulong sequence, long token, LogTime since, in HoldTerms terms)
    {
        target.WriteUInt64(session.Value);
        target.WriteUInt64(sequence);
        target.WriteInt64(token);
        target.WriteInt64(since.Milliseconds);
        int lengthAt = target.Length;
        target.WriteInt32(0);
        terms.Write(target);
        target.OverwriteInt32(lengthAt, target.Length - lengthAt - sizeof(int));
    }
}
