using Concord.Consensus;

namespace Concord.Simulation.Stories;

/// <summary>What survives a crash in a story: writes that were completed, in their order.</summary>
internal sealed class StoryDisk
{
    private readonly List<(Stamp Stamp, EntryKind Kind, byte[] Payload)> _entries = [];

    public HardState HardState { get; private set; }

    /// <summary>How far it was known to be committed before the story begins.</summary>
    public LogIndex Commit { get; private set; }

    /// <summary>What has happened before the story begins.</summary>
    public void Given(ulong term, IEnumerable<ulong> terms, ulong commit)
    {
        Commit = new(commit);
        HardState = new(Stamp.FromTerm(term), NodeId.None);
        _entries.AddRange(terms.Select(static (of, i) =>
            (Stamp.FromTerm(of), EntryKind.Command, StoryCluster.Bytes($"v{i + 1}"))));
    }

    /// <summary>Takes a write down as it is now; what is returned completes it.</summary>
    public Action Begin(LogWrite write, LogBuffer log)
    {
        var entries = new List<(Stamp, EntryKind, byte[])>();
        for (int i = 0; i < write.Entries.Count; i++)
        {
            LogIndex at = write.Entries.First + (ulong)i;
            entries.Add((log.StampAt(at), log.KindAt(at), log.PayloadAt(at).ToArray()));
        }

        return () =>
        {
            HardState = write.HardState ?? HardState;
            if (write.TruncateFrom is { } from)
            {
                Truncate(from);
            }

            if (entries.Count > 0)
            {
                Truncate(write.Entries.First);
                _entries.AddRange(entries);
            }
        };
    }

    public LogBuffer Recover()
    {
        var log = new LogBuffer();
        foreach ((Stamp stamp, EntryKind kind, byte[] payload) in _entries)
        {
            log.Append(stamp, kind, payload);
        }

        return log;
    }

    private void Truncate(LogIndex from)
    {
        int keep = Math.Min((int)from.Value - 1, _entries.Count);
        _entries.RemoveRange(keep, _entries.Count - keep);
    }
}
