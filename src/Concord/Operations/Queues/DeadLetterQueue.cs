using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>Where a queue's dead letters go when its settings do not say: for "orders" to "{orders}.dead", for
/// "{shop}.orders" to "{shop}.orders.dead", always in the slot of the queue.</summary>
internal static class DeadLetterQueue
{
    private const string Suffix = ".dead";

    /// <summary>Whether a queue of this name is one, whose own dead letters go nowhere.</summary>
    public static bool IsOne(string name) => name.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>The root of the default; null for a queue that is one itself, and for a name from which none in the
    /// same slot can be made.</summary>
    public static byte[]? DefaultOf(ReadOnlySpan<byte> root)
    {
        (string @namespace, string name) = RecordKey.NameOf(root);
        if (IsOne(name))
        {
            return null;
        }

        bool hasTag = SlotHash.TagOf(name).Length != name.Length;
        string dead = hasTag ? name + Suffix : "{" + name + "}" + Suffix;
        return System.Text.Encoding.UTF8.GetByteCount(dead) <= RecordKey.NameBytesMax
            && SlotHash.Of(@namespace, dead) == RecordKey.SlotOf(root)
            ? RecordKey.Named(RecordKind.Queue, @namespace, dead)
            : null;
    }
}
