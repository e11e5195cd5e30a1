using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>A place in a line. The spans in it are valid until the next write.</summary>
internal readonly ref struct LinePlace
{
    /// <summary>Grows; who comes later has a greater one.</summary>
    public ulong Number { get; init; }

    /// <summary>With <see cref="Sequence"/>, the handle of the request that stands here.</summary>
    public SessionId Session { get; init; }

    public ulong Sequence { get; init; }

    /// <summary>When it came.</summary>
    public LogTime Since { get; init; }

    /// <summary>What it asks for, as <see cref="HoldLine.Append"/> was given it.</summary>
    public ReadOnlySpan<byte> Request { get; init; }
}

/// <summary>
/// The line of those who wait at a root, whatever they wait for: per request a Claim, which belongs to its session and
/// says at which place (version 1, number 8), and a Place, which belongs to nobody and says whose request (version 1,
/// session 8, sequence 8, since 8, request). The root keeps the next number and the length.
/// </summary>
internal static class HoldLine
{
    private const byte Version = 1;
    private const int PlaceHeadBytes = 25;

    /// <summary>Puts a request behind all others; the numbers at a root grow for as long as anybody waits.</summary>
    public static void Append(
        IKeyspace keys,
        scoped ReadOnlySpan<byte> root,
        SessionId session,
        ulong sequence,
        ulong number,
        scoped ReadOnlySpan<byte> request)
    {
        Put(keys, root, session, sequence, number, keys.Now, request);
        var value = new ByteWriter(sizeof(byte) + sizeof(ulong));
        value.WriteByte(Version);
        value.WriteUInt64(number);
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        keys.Put(HoldKey.Write(key, RecordKind.Claim, root, session, sequence), value.Written, session);
    }

    /// <summary>A request asks for something else from now on, and keeps its place.</summary>
    public static void Replace(
        IKeyspace keys,
        scoped ReadOnlySpan<byte> root,
        scoped in LinePlace place,
        scoped ReadOnlySpan<byte> request) =>
        Put(keys, root, place.Session, place.Sequence, place.Number, place.Since, request);

    /// <summary>Whether a request stands in line, and at which place.</summary>
    public static bool TryFind(
        IKeyspace keys, scoped ReadOnlySpan<byte> root, SessionId session, ulong sequence, out ulong number)
    {
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        bool found = keys.TryGet(
            HoldKey.Write(key, RecordKind.Claim, root, session, sequence), out RecordView claim);
        number = found ? ReadClaim(claim.Value) : 0;
        return found;
    }

    /// <summary>Takes a request out of the line, to be granted or because it gives up.</summary>
    /// <returns>False when it does not stand there.</returns>
    public static bool Remove(IKeyspace keys, scoped ReadOnlySpan<byte> root, SessionId session, ulong sequence)
    {
        if (!TryFind(keys, root, session, sequence, out ulong number))
        {
            return false;
        }

        Remove(keys, root, session, sequence, number);
        return true;
    }

    /// <summary>The same for one whose place is known: reads nothing.</summary>
    public static void Remove(
        IKeyspace keys, scoped ReadOnlySpan<byte> root, SessionId session, ulong sequence, ulong number)
    {
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        keys.Delete(HoldKey.WritePlace(key, root, number));
        keys.Delete(HoldKey.Write(key, RecordKind.Claim, root, session, sequence));
    }

    /// <summary>The first in line whose number is at least <paramref name="from"/>. Whoever takes several out in one
    /// run passes the number behind the last: the look past those that are gone already is not free.</summary>
    public static bool TryFirst(IKeyspace keys, scoped ReadOnlySpan<byte> root, ulong from, out LinePlace place)
    {
        Span<byte> prefixBytes = stackalloc byte[HoldKey.BytesMax];
        Span<byte> afterBytes = stackalloc byte[HoldKey.BytesMax];
        ReadOnlySpan<byte> prefix = HoldKey.Prefix(prefixBytes, RecordKind.Place, root);
        ReadOnlySpan<byte> after = from == 0 ? prefix : HoldKey.WritePlace(afterBytes, root, from - 1);
        if (!keys.TryNext(prefix, after, out RecordView record))
        {
            place = default;
            return false;
        }

        place = ReadPlace(record.Key, record.Value);
        return true;
    }

    /// <summary>A Place record.</summary>
    public static LinePlace ReadPlace(scoped ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        RequireVersion(reader.ReadByte());
        return new()
        {
            Number = HoldKey.NumberOf(key),
            Session = new(reader.ReadUInt64()),
            Sequence = reader.ReadUInt64(),
            Since = new(reader.ReadInt64()),
            Request = reader.Rest,
        };
    }

    /// <summary>The number in a Claim record.</summary>
    public static ulong ReadClaim(ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        RequireVersion(reader.ReadByte());
        ulong number = reader.ReadUInt64();
        reader.End();
        return number;
    }

    private static void Put(
        IKeyspace keys,
        scoped ReadOnlySpan<byte> root,
        SessionId session,
        ulong sequence,
        ulong number,
        LogTime since,
        scoped ReadOnlySpan<byte> request)
    {
        var value = new ByteWriter(PlaceHeadBytes + request.Length);
        value.WriteByte(Version);
        value.WriteUInt64(session.Value);
        value.WriteUInt64(sequence);
        value.WriteInt64(since.Milliseconds);
        value.WriteRaw(request);
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        keys.Put(HoldKey.WritePlace(key, root, number), value.Written);
    }

    private static void RequireVersion(byte version)
    {
        if (version != Version)
        {
            throw new MalformedDataException($"Malformed data: version {version} of a place in line.");
        }
    }
}
