using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>Where the kinds of roots differ: what may be asked of them, and what may be held beside what.</summary>
internal static class HoldPolicy
{
    /// <summary>A lock, an election, a semaphore or a group: what <see cref="NamedHolds"/> serves.</summary>
    public static bool IsNamed(RecordKind root) =>
        root is RecordKind.Lock or RecordKind.Election or RecordKind.Semaphore or RecordKind.Group;

    /// <summary>Whether it may be granted now, to one before whom nobody stands in line.</summary>
    public static bool Fits(RecordKind kind, in HoldRoot root, in HoldTerms terms) => kind switch
    {
        RecordKind.Lock => root.Holds == 0 || (terms.Mode == HoldMode.Shared && root.Mode == HoldMode.Shared),
        RecordKind.Election => root.Holds == 0,
        RecordKind.Semaphore => root.Permits + terms.Count <= root.Limit,
        RecordKind.Group => true,
        _ => false,
    };

    /// <exception cref="MalformedDataException">A root of this kind is never held like that.</exception>
    public static void Check(RecordKind kind, in HoldTerms terms, int initialLimit)
    {
        bool fits = kind switch
        {
            RecordKind.Lock => terms.Count == 1 && initialLimit == 0,
            RecordKind.Election => terms.Mode == HoldMode.Exclusive && terms.Count == 1 && initialLimit == 0,
            RecordKind.Semaphore => terms.Mode == HoldMode.Shared && initialLimit > 0,
            RecordKind.Group => terms.Mode == HoldMode.Shared && terms.Count == 1 && initialLimit == 0,
            _ => false,
        };
        if (!fits)
        {
            throw new MalformedDataException(
                $"Malformed data: {terms.Count} holds of mode {terms.Mode} of a {kind} with limit {initialLimit}.");
        }
    }
}
