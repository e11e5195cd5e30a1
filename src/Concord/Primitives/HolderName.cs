using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Primitives;

/// <summary>Which process holds something, out of the record of the hold.</summary>
internal static class HolderName
{
    public static string Of(WatchedRecord record) =>
        System.Text.Encoding.UTF8.GetString(HoldRecord.Read(record.Value.Span).Terms.Process);
}
