namespace Concord.Mutants;

/// <summary>A catalogue, or the way the runner was called, is wrong: nothing was proved.</summary>
internal sealed class CatalogueException(string message, Exception? cause = null) : Exception(message, cause);
