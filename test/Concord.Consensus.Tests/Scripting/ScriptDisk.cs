namespace Concord.Consensus.Tests.Scripting;

/// <summary>What survives a crash of a node: writes that were completed, in the order in which they were asked
/// for.</summary>
internal sealed class ScriptDisk
{
    private readonly Queue<(LogWrite Write, List<Entry> Entries, List<Entry> Restamped)> _writing = new();
    private readonly SortedDictionary<ulong, Entry> _entries = [];
    private HardState _hardState;
    private SnapshotPoint? _snapshot;

    private LogIndex Base => _snapshot?.Index ?? LogIndex.Zero;

    /// <summary>The newest write that was asked for.</summary>
    public ulong Asked { get; private set; }

    /// <summary>The entries of a range; none stands for a gap.</summary>
    public static List<Entry> Copy(LogRange range, LogBuffer log)
    {
        List<Entry> entries = [];
        for (int i = 0; i < range.Count; i++)
        {
            LogIndex at = range.First + (ulong)i;
            entries.Add(new(log.StampAt(at), log.OriginAt(at), log.KindAt(at), log.PayloadAt(at).ToArray()));
        }

        return entries;
    }

    public void Begin(HardState hardState, IEnumerable<Entry> entries)
    {
        _hardState = hardState;
        Store(LogIndex.Zero + 1, entries);
    }

    public void Ask(LogWrite write, LogBuffer log)
    {
        Assert.Equal(Asked + 1, write.Sequence);
        Asked = write.Sequence;
        _writing.Enqueue((write, Copy(write.Entries, log), Copy(write.Restamped, log)));
    }

    public void CompleteThrough(ulong sequence)
    {
        while (_writing.TryPeek(out (LogWrite Write, List<Entry>, List<Entry>) next) && next.Write.Sequence <= sequence)
        {
            Store(_writing.Dequeue());
        }
    }

    /// <summary>A snapshot is durable. In Raft it stands for all that does not go on from it; in Multi-Paxos what
    /// follows stays in any case.</summary>
    public void Compact(SnapshotPoint point, bool keepsWhatFollows)
    {
        bool keeps = keepsWhatFollows
            || (_entries.TryGetValue(point.Index.Value, out Entry? last) && last.Stamp == point.Stamp);
        Forget(index => !keeps || index <= point.Index.Value);
        _snapshot = point;
    }

    /// <summary>What was durable is lost: the entries from <paramref name="from"/> on, and what was promised
    /// last.</summary>
    public void Lose(LogIndex from, HardState hardState)
    {
        Forget(index => index >= from.Value);
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
        foreach ((ulong index, Entry entry) in _entries)
        {
            log.Put(new(index), entry.Stamp, entry.Origin, entry.Kind, entry.Payload);
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

    private void Store((LogWrite Write, List<Entry> Entries, List<Entry> Restamped) done)
    {
        LogWrite write = done.Write;
        _hardState = write.HardState ?? _hardState;
        if (write.TruncateFrom is { } from)
        {
            Forget(index => index >= from.Value);
        }

        if (done.Entries.Count > 0)
        {
            Assert.True(write.Entries.First >= Base + 1, "entries are written behind the snapshot");
            if (!write.KeepsWhatFollows)
            {
                Forget(index => index >= write.Entries.First.Value);
                Assert.True(write.Entries.First == Base + 1 || _entries.ContainsKey((write.Entries.First - 1).Value));
            }
        }

        Store(write.Entries.First, done.Entries);
        for (int i = 0; i < done.Restamped.Count; i++)
        {
            ulong index = write.Restamped.First.Value + (ulong)i;
            Assert.Equal(done.Restamped[0].Stamp, done.Restamped[i].Stamp);
            Assert.Equal(done.Restamped[i].Value, _entries[index].Value);
            _entries[index] = _entries[index] with { Stamp = done.Restamped[i].Stamp };
        }
    }

    private void Store(LogIndex first, IEnumerable<Entry> entries)
    {
        foreach (Entry entry in entries)
        {
            if (entry.Kind != EntryKind.None)
            {
                _entries[first.Value] = entry;
            }

            first++;
        }
    }

    private void Forget(Func<ulong, bool> which)
    {
        foreach (ulong index in _entries.Keys.Where(which).ToArray())
        {
            _entries.Remove(index);
        }
    }
}

/// <summary>An entry by itself.</summary>
internal sealed record Entry(Stamp Stamp, Stamp Origin, EntryKind Kind, byte[] Payload)
{
    /// <summary>With its stamp, and the one under which it was first proposed if that is another.</summary>
    public string Text => Kind == EntryKind.None ? "_"
        : Origin == Stamp ? $"{Stamp}:{Contents}" : $"{Stamp}/{Origin}:{Contents}";

    /// <summary>What is agreed on: whoever proposes it again leaves that as it is.</summary>
    public string Value => $"{Origin}:{Contents}";

    private string? Contents => Kind switch
    {
        EntryKind.NoOp => "-",
        EntryKind.Membership => MembershipCodec.TryDecode(Payload)?.ToString(),
        _ => System.Text.Encoding.ASCII.GetString(Payload),
    };
}
