namespace Concord.Consensus;

/// <summary>What is known of an entry without its payload.</summary>
internal readonly record struct EntryHead(Stamp Stamp, Stamp Origin, EntryKind Kind, int Length)
{
    /// <summary>Whether it was proposed again since it was first proposed.</summary>
    public bool IsAgain => Origin != Stamp;
}
