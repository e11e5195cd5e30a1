using System.Globalization;

namespace Concord.Engines;

/// <summary>
/// What is held, as text in a <see cref="Fence"/>: <c>kind:name</c> where a root has one hold at a time, and
/// <c>kind:session-sequence:name</c> where it may have several, for several may be granted by one entry and share their
/// token. Users may store it, so it is part of what stays.
/// </summary>
internal static class HoldName
{
    private const string Exclusive = "lock";
    private const string Shared = "shared";
    private const string Election = "election";
    private const string Permit = "permit";
    private const string Delivery = "delivery";
    private const string Member = "member";

    /// <summary>The fence of a hold.</summary>
    /// <param name="root">The kind of the root.</param>
    /// <param name="isExclusive">For a lock: whether nobody else can hold it at the same time.</param>
    /// <param name="name">The name of the root.</param>
    /// <param name="hold">The hold.</param>
    public static Fence FenceOf(RecordKind root, bool isExclusive, string name, EngineHold hold) =>
        new(Of(root, isExclusive, name, hold.Handle), new(hold.Token));

    public static string Of(RecordKind root, bool isExclusive, string name, RequestKey handle) => root switch
    {
        RecordKind.Lock when isExclusive => $"{Exclusive}:{name}",
        RecordKind.Lock => $"{Shared}:{HandleText(handle)}:{name}",
        RecordKind.Election => $"{Election}:{name}",
        RecordKind.Semaphore => $"{Permit}:{HandleText(handle)}:{name}",
        RecordKind.Queue => $"{Delivery}:{HandleText(handle)}:{name}",
        RecordKind.Group => $"{Member}:{HandleText(handle)}:{name}",
        _ => throw new ArgumentOutOfRangeException(nameof(root), root, "It is not the root of holds."),
    };

    /// <summary>Session and number of the request, as text.</summary>
    public static string HandleText(RequestKey handle) => string.Create(
        CultureInfo.InvariantCulture, $"{handle.Session.Value:x16}-{handle.Sequence}");

    /// <summary>A fence as the engine asks for it.</summary>
    /// <exception cref="ArgumentException">Concord did not make it.</exception>
    public static EngineFence Parse(Fence fence, string @namespace)
    {
        string[] parts = (fence.HoldName ?? "").Split(':', 2);
        (RecordKind kind, bool hasHandle) = parts[0] switch
        {
            Exclusive => (RecordKind.Lock, false),
            Shared => (RecordKind.Lock, true),
            Election => (RecordKind.Election, false),
            Permit => (RecordKind.Semaphore, true),
            Delivery => (RecordKind.Queue, true),
            Member => (RecordKind.Group, true),
            _ => throw Malformed(fence),
        };
        if (parts.Length < 2 || fence.Token.Value <= 0)
        {
            throw Malformed(fence);
        }

        if (!hasHandle)
        {
            return new(RecordKey.Named(kind, @namespace, parts[1]), fence.Token.Value);
        }

        string[] handled = parts[1].Split(':', 2);
        (SessionId session, ulong sequence) = handled.Length == 2
            && TryParseHandle(handled[0], out SessionId parsed, out ulong number)
            ? (parsed, number)
            : throw Malformed(fence);
        return new(RecordKey.Named(kind, @namespace, handled[1]), fence.Token.Value, session, sequence);
    }

    private static bool TryParseHandle(string text, out SessionId session, out ulong sequence)
    {
        (session, sequence) = (default, 0);
        string[] parts = text.Split('-');
        if (parts.Length != 2
            || !ulong.TryParse(
                parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong id)
            || !ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out sequence)
            || id == 0)
        {
            return false;
        }

        session = new(id);
        return true;
    }

    private static ArgumentException Malformed(Fence fence) => new(
        $"The fence '{fence.HoldName}' with token {fence.Token.Value} was not made by Concord: "
        + "take the Fence of a hold.",
        nameof(fence));
}
