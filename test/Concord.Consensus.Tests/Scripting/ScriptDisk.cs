namespace Concord.Consensus.Tests.Scripting;

/// <summary>What survives a crash of a node: writes that were completed, in the order in which they were asked
/// for.</summary>
internal sealed class ScriptDisk
{
    private readonly Queue<(LogWrite Write, List<Entry> Entries)> _writing = new();
    private readonly List<Entry> _entries = [];
    private HardState _hardState;
    private LogIndex _base;
    private Stamp _baseStamp;

    private LogIndex Last => _base + (ulong)_entries.Count;

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

    /// <summary>A snapshot is durable up to <paramref name="index"/>.</summary>
    public void Compact(LogIndex index, Stamp stamp)
    {
        bool keepsSuffix = index <= Last && index > _base && _entries[(int)(index - _base) - 1].Stamp == stamp;
        _entries.RemoveRange(0, keepsSuffix ? (int)(index - _base) : _entries.Count);
        (_base, _baseStamp) = (index, stamp);
    }

    /// <summary>The power fails: what was not completed is lost.</summary>
    public void Crash()
    {
        _writing.Clear();
        Asked = 0;
    }

    public (HardState HardState, LogBuffer Log) Recover()
    {
        var log = new LogBuffer(_base, _baseStamp);
        foreach (Entry entry in _entries)
        {
            log.Append(entry.Stamp, entry.Kind, entry.Payload);
        }

        return (_hardState, log);
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
            Assert.True(done.Write.Entries.First >= _base + 1, "entries are written behind the snapshot");
            Truncate(done.Write.Entries.First);
            Assert.Equal(Last + 1, done.Write.Entries.First);
            _entries.AddRange(done.Entries);
        }
    }

    private void Truncate(LogIndex from)
    {
        if (from <= Last)
        {
            int keep = from > _base ? (int)(from - _base) - 1 : 0;
            _entries.RemoveRange(keep, _entries.Count - keep);
        }
    }
}

/// <summary>An entry by itself.</summary>
internal sealed record Entry(Stamp Stamp, EntryKind Kind, byte[] Payload)
{
    public string Text => $"{Stamp}:{(Kind == EntryKind.NoOp ? "-" : System.Text.Encoding.ASCII.GetString(Payload))}";
}
