namespace Concord.Consensus.Tests.Scripting;

/// <summary>What survives a crash of a node: writes that were completed, in the order in which they were asked
/// for.</summary>
internal sealed class ScriptDisk
{
    private readonly Queue<(LogWrite Write, List<Entry> Entries)> _writing = new();
    private readonly List<Entry> _entries = [];
    private HardState _hardState;
    private SnapshotPoint? _snapshot;

    private LogIndex Base => _snapshot?.Index ?? LogIndex.Zero;

    private LogIndex Last => Base + (ulong)_entries.Count;

    /// <summary>The newest write that was asked for.</summary>
    public ulong Asked { get; private set; }

    public static List<Entry> Copy(LogRange range, LogBuffer log)
    {
        List<Entry> entries = [];
        for (int i = 0; i < range.Count; i++)
        {
            LogIndex index = range.First + (ulong)i;
            entries.Add(new(log.StampAt(index), log.KindAt(index), log.PayloadAt(index).ToArray()));
        }

        return entries;
    }

    public void Begin(HardState hardState, IEnumerable<Entry> entries)
    {
        _hardState = hardState;
        _entries.AddRange(entries);
    }

    public void Ask(LogWrite write, LogBuffer log)
    {
        Assert.Equal(Asked + 1, write.Sequence);
        Asked = write.Sequence;
        _writing.Enqueue((write, Copy(write.Entries, log)));
    }

    public void CompleteThrough(ulong sequence)
    {
        while (_writing.TryPeek(out (LogWrite Write, List<Entry> Entries) next) && next.Write.Sequence <= sequence)
        {
            Store(_writing.Dequeue());
        }
    }

    /// <summary>A snapshot is durable.</summary>
    public void Compact(SnapshotPoint point)
    {
        LogIndex index = point.Index;
        bool keepsSuffix = index <= Last && index > Base && _entries[(int)(index - Base) - 1].Stamp == point.Stamp;
        _entries.RemoveRange(0, keepsSuffix ? (int)(index - Base) : _entries.Count);
        _snapshot = point;
    }

    /// <summary>What was durable is lost: the entries from <paramref name="from"/> on, and what was promised
    /// last.</summary>
    public void Lose(LogIndex from, HardState hardState)
    {
        Truncate(from);
        _hardState = hardState;
    }

    /// <summary>The power fails: what was not completed is lost.</summary>
    public void Crash()
    {
        _writing.Clear();
        Asked = 0;
    }

    public RecoveredReplica Recover(Membership atBirth)
    {
        var log = new LogBuffer(Base, _snapshot?.Stamp ?? default);
        foreach (Entry entry in _entries)
        {
            log.Append(entry.Stamp, entry.Kind, entry.Payload);
        }

        return new()
        {
            HardState = _hardState,
            Log = log,
            CommitIndex = Base,
            Membership = _snapshot?.Membership ?? atBirth,
            MembershipIndex = _snapshot?.MembershipIndex ?? default,
        };
    }

    private void Store((LogWrite Write, List<Entry> Entries) done)
    {
        _hardState = done.Write.HardState ?? _hardState;
        if (done.Write.TruncateFrom is { } from)
        {
            Truncate(from);
        }

        if (done.Entries.Count > 0)
        {
            Assert.True(done.Write.Entries.First >= Base + 1, "entries are written behind the snapshot");
            Truncate(done.Write.Entries.First);
            Assert.Equal(Last + 1, done.Write.Entries.First);
            _entries.AddRange(done.Entries);
        }
    }

    private void Truncate(LogIndex from)
    {
        if (from <= Last)
        {
            int keep = from > Base ? (int)(from - Base) - 1 : 0;
            _entries.RemoveRange(keep, _entries.Count - keep);
        }
    }
}

/// <summary>An entry by itself.</summary>
internal sealed record Entry(Stamp Stamp, EntryKind Kind, byte[] Payload)
{
    public string Text => Kind switch
    {
        EntryKind.NoOp => $"{Stamp}:-",
        EntryKind.Membership => $"{Stamp}:{MembershipCodec.TryDecode(Payload)}",
        _ => $"{Stamp}:{System.Text.Encoding.ASCII.GetString(Payload)}",
    };
}
