using Concord.Simulation.Checking;

namespace Concord.Cli.Recording;

/// <summary>What is true of everything that is granted with a fencing token.</summary>
internal static class HeldIntervals
{
    /// <summary>Tokens are different, and a grant that was over before another was asked for has the smaller
    /// one.</summary>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static string? FindDisorder(IEnumerable<(long Token, long InvokedNs, long CompletedNs)> grants)
    {
        (long Token, long InvokedNs, long CompletedNs)[] byToken = [.. grants.OrderBy(static each => each.Token)];
        long firstEndOfGreater = long.MaxValue;
        for (int i = byToken.Length - 1; i >= 0; i--)
        {
            if (i > 0 && byToken[i - 1].Token == byToken[i].Token)
            {
                return $"token {byToken[i].Token} was granted twice";
            }

            if (firstEndOfGreater < byToken[i].InvokedNs)
            {
                return $"token {byToken[i].Token} was granted after a greater one";
            }

            firstEndOfGreater = Math.Min(firstEndOfGreater, byToken[i].CompletedNs);
        }

        return null;
    }

    /// <summary>Times in which something was surely held do not overlap.</summary>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static string? FindOverlap(IEnumerable<(long Token, long FromNs, long ToNs)> held)
    {
        (long Token, long FromNs, long ToNs) last = (0, 0, 0);
        foreach ((long Token, long FromNs, long ToNs) next in held.OrderBy(static each => each.FromNs))
        {
            if (next.FromNs < last.ToNs)
            {
                return $"tokens {last.Token} and {next.Token} were held at the same time";
            }

            last = next.ToNs > last.ToNs ? next : last;
        }

        return null;
    }

    /// <summary>An outcome of a sentence.</summary>
    public static CheckOutcome ToOutcome(string? wrong) => wrong is null
        ? new(CheckVerdict.Legal, "")
        : new(CheckVerdict.Illegal, wrong);
}
