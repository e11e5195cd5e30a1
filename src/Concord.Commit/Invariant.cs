using System.Diagnostics.CodeAnalysis;

namespace Concord.Commit;

/// <summary>Checks that stay on in release builds: a broken invariant stops the node rather than atomicity.</summary>
internal static class Invariant
{
    public static void Check([DoesNotReturnIf(false)] bool condition, string rule)
    {
        if (!condition)
        {
            Throw(rule);
        }
    }

    [DoesNotReturn]
    private static void Throw(string rule) => throw new CommitInvariantException(rule);
}
