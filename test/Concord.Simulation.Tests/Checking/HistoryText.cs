using System.Globalization;
using Concord.Simulation.Checking;

namespace Concord.Simulation.Tests.Checking;

/// <summary>
/// Histories as short text: <c>w1@0-1</c> writes 1, <c>r1@2-3</c> reads 1, <c>r-@2-3</c> reads nothing,
/// <c>c1:2@0-1</c> sets 2 where 1 was, <c>x1:2@0-1</c> is refused to, <c>a5=7@0-1</c> adds 5 and gets 7. A <c>?</c>
/// for the second time is an outcome that nobody knows.
/// </summary>
internal static class HistoryText
{
    public static TimedOperation<StoreCall>[] Parse(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ParseOne)];

    /// <summary>The form that the zones are checked in: nothing is zero there.</summary>
    public static RegisterOperationRecord[] ToZones(IEnumerable<TimedOperation<StoreCall>> history) =>
    [
        .. history.Select(static each => each.Operation.Verb == StoreVerb.Write
            ? new RegisterOperationRecord(true, (ulong)each.Operation.Argument!.Value, each.Invoked, each.Returned)
            : new RegisterOperationRecord(false, (ulong)(each.Operation.Result ?? 0), each.Invoked, each.Returned)),
    ];

    /// <summary>The other way.</summary>
    public static TimedOperation<StoreCall>[] OfZones(IEnumerable<RegisterOperationRecord> history) =>
    [
        .. history.Select(static each => new TimedOperation<StoreCall>(
            each.IsWrite
                ? new(StoreVerb.Write, (long)each.Value, null, null)
                : new(StoreVerb.Read, null, null, each.Value == 0 ? null : (long)each.Value),
            each.Invoked,
            each.Returned)),
    ];

    private static TimedOperation<StoreCall> ParseOne(string text)
    {
        string[] parts = text[1..].Split('@');
        string[] times = parts[1].Split('-');
        string[] values = parts[0].Split(':', '=');
        StoreCall call = text[0] switch
        {
            'r' => new(StoreVerb.Read, null, null, Number(values[0])),
            'w' => new(StoreVerb.Write, Number(values[0]), null, null),
            'c' => new(StoreVerb.CompareAndSet, Number(values[1]), Number(values[0]), 1),
            'x' => new(StoreVerb.CompareAndSet, Number(values[1]), Number(values[0]), 0),
            'a' => new(StoreVerb.Add, Number(values[0]), null, values.Length > 1 ? Number(values[1]) : null),
            _ => throw new FormatException(text),
        };
        return new(call, Number(times[0])!.Value, times[1] == "?" ? long.MaxValue : Number(times[1])!.Value);
    }

    private static long? Number(string text) =>
        text is "" or "-" ? null : long.Parse(text, CultureInfo.InvariantCulture);
}
