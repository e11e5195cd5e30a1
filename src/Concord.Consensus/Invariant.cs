using System.Diagnostics.CodeAnalysis;

namespace Concord.Consensus;

/// <summary>Checks that stay on in release builds: a broken invariant stops the node rather than the truth.</summary>
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
    private static void Throw(string rule) => throw new InvariantViolationException(rule);
}
