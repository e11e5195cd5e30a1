using Concord.Engines;

namespace Concord.Hosting;

/// <summary>What an application cannot do without, and why.</summary>
internal sealed record RequiredGuarantees(Guarantees Guarantees, string Reason)
{
    /// <exception cref="GuaranteeNotSupportedException">The engine does not promise one of them.</exception>
    public static void Check(ConcordCapabilities capabilities, IEnumerable<RequiredGuarantees> all)
    {
        foreach (RequiredGuarantees required in all)
        {
            Guarantees missing = required.Guarantees & ~capabilities.Guarantees;
            if (missing != Guarantees.None)
            {
                throw EngineErrors.GuaranteeMissing(
                    $"{required.Reason} needs {missing}, which the engine {capabilities.EngineName} does not promise. "
                    + "Choose another engine.",
                    missing);
            }
        }
    }
}
