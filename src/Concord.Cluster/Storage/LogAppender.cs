using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <summary>
/// The strand's side of the write-ahead log: turns the writes of all shards into batches, one of which is with the
/// <see cref="LogDevice"/> at any time; what queues up meanwhile joins the next. No I/O. Not thread-safe.
/// </summary>
/// <remarks>One batch at a time is what makes a torn tail provable: whatever has a successor was durable.</remarks>
internal sealed partial class LogAppender
{
    private readonly LogOptions _options;
    private readonly int _recordBytesMax;
    private readonly Dictionary<uint, ShardLog> _shardsByNumber = [];
    private readonly List<ShardLog> _shards = [];
    private readonly Queue<LogBatch> _full = new();
    private readonly Stack<LogBatch> _spare = new();
    private readonly List<DurableWrite> _completed = [];
    private readonly LogPlacement _placement;
    private LogBatch _open = new();
    private LogBatch? _outstanding;
    private LogIdentity? _identity;
    private LogIdentity? _sealedIdentity;
    private bool _lastCarriedData;

    public LogAppender(LogOptions options, RecoveredLog recovered)
    {
        options.Validate();
        _options = options;
        _recordBytesMax = BatchFormat.RecordBytesMax(options.BatchBytesMax) - LogRecord.ReleasedBytes;
        _placement = new(options, recovered);
        _identity = _sealedIdentity = recovered.Identity;
        _lastCarriedData = recovered.Position.Sequence > 1;
        foreach (RecoveredShard shard in recovered.Shards)
        {
            ShardLog log = LogOf(shard.Shard);
            log.Form = shard.Form;
            log.SealedHardState = log.QueuedHardState = shard.HardState;
            log.SealedImpaired = log.MustResume = shard.Impaired;
            log.SealedMark = log.QueuedMark = log.DurableMark = new(shard.SnapshotIndex, shard.SnapshotStamp);
        }
    }

    /// <summary>The longest payload of an entry that fits, also when it is proposed again.</summary>
    public int PayloadBytesMax =>
        _recordBytesMax - LogRecord.EntriesHeadBytes - EntryCodec.HeadBytes - EntryCodec.OriginBytes;

    /// <summary>What waits for its batch, in bytes. The node takes no new proposals while it is too much.</summary>
    public long PendingBytes { get; private set; }

    /// <summary>Whether something waits for the next batch.</summary>
    public bool HasWaiting => _full.Count > 0 || !_open.IsEmpty;

    /// <summary>What the segments in use take on the disk.</summary>
    public long TotalBytes => _placement.TotalBytes;

    /// <summary>
    /// Whether the log takes more than it may: the shards in <see cref="ShardsPinningOldest"/> need snapshots.
    /// </summary>
    public bool IsOverLimit => TotalBytes > _options.LogBytesLimit;

    /// <summary>The shards without a durable snapshot of what the oldest segment holds of them.</summary>
    public IEnumerable<uint> ShardsPinningOldest
    {
        get
        {
            foreach (ShardLog shard in _shards)
            {
                if (_placement.IsPinnedBy(shard))
                {
                    yield return shard.Shard;
                }
            }
        }
    }

    /// <summary>
    /// Up to where a durable mark says that a snapshot covers a shard's log: older snapshots may be deleted.
    /// </summary>
    public LogIndex DurableSnapshotOf(uint shard) => LogOf(shard).DurableMark.Index;

    /// <summary>Says whose log this is. Comes before everything else in a new log, and again at each start.</summary>
    public void Identify(LogIdentity identity)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(identity.Description.Length, LogIdentity.DescriptionBytesMax);
        _identity = identity;
        LogRecord.WriteIdentity(identity, Add(LogRecord.IdentityBytes(identity)));
        _open.Notes.Add(BatchNote.OfIdentity());
    }

    /// <summary>
    /// Takes a core's write. It is durable when its sequence comes back from <see cref="Completed"/>.
    /// </summary>
    /// <param name="shard">The core's shard.</param>
    /// <param name="write">What to make durable.</param>
    /// <param name="log">Where the entries are; copied now.</param>
    public void Append(uint shard, in LogWrite write, LogBuffer log)
    {
        ShardLog state = LogOf(shard);
        Invariant.Check(!state.MustResume, "an impaired log is resumed before it is written to");
        TakeForm(state, write.KeepsWhatFollows ? LogForm.Places : LogForm.Chain);
        if (write.HardState is { } hardState)
        {
            state.QueuedHardState = hardState;
            AddHardState(state);
        }

        if (write.KeepsWhatFollows)
        {
            AppendPlaces(state, write, log);
        }
        else
        {
            AppendChain(state, write, log);
        }

        _open.Notes.Add(BatchNote.OfWrite(state, write.Sequence));
    }

    /// <summary>Says that a durable snapshot covers a shard's log up to a place. An older one is ignored.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="mark">The place.</param>
    /// <param name="log">The core's log, before the core is told of a snapshot that came from another node: if the
    /// entries in it do not lead to that place, they are void from this record on. Not so in Multi-Paxos, where what
    /// was accepted behind that place may be what makes a value chosen.</param>
    public void MarkSnapshot(uint shard, SnapshotMark mark, LogBuffer log)
    {
        ShardLog state = LogOf(shard);
        if (mark.Index <= state.QueuedMark.Index)
        {
            return;
        }

        bool restart = state.Form != LogForm.Places
            && (!log.Covers(mark.Index) || log.StampAt(mark.Index) != mark.Stamp);
        LogRecord.WriteSnapshotMark(shard, mark, restart, Add(LogRecord.SnapshotMarkBytes));
        _open.Notes.Add(BatchNote.OfSnapshotMark(state, mark));
        state.QueuedMark = mark;
    }

    /// <summary>The next batch to write: everything that waits, up to the size of a batch.</summary>
    /// <returns>Null while one is outstanding, and when nothing waits.</returns>
    public LogBatch? TakeBatch()
    {
        if (_outstanding is not null || !HasWaiting)
        {
            return null;
        }

        if (!_full.TryDequeue(out LogBatch? batch))
        {
            batch = _open;
            _open = Rent();
        }

        PendingBytes -= batch.RecordBytes;
        batch.CarriesData = true;
        return Seal(batch);
    }

    /// <summary>
    /// An empty batch, when the log has gone idle: a successor shows that the last data was durable, so that damage to
    /// it is never taken for a torn write.
    /// </summary>
    /// <returns>Null when the last batch was an idle one, something waits, or a batch is outstanding.</returns>
    public LogBatch? TakeIdleBatch()
    {
        bool idle = _outstanding is null && !HasWaiting;
        return idle && _lastCarriedData ? Seal(Rent()) : null;
    }

    /// <summary>The outstanding batch is durable. Hands the buffer back.</summary>
    /// <returns>The newest write of each shard that is durable now; valid until the next call.</returns>
    public IReadOnlyList<DurableWrite> Completed(LogBatch batch)
    {
        Invariant.Check(batch == _outstanding, "only the outstanding batch becomes durable");
        _outstanding = null;
        _completed.Clear();

        // From the back: the first write of a shard that is met is its newest, and there is one line per shard.
        for (int i = batch.Notes.Count - 1; i >= 0; i--)
        {
            BatchNote note = batch.Notes[i];
            if (note.Kind == BatchNoteKind.Write && note.Shard!.CompletedSequence == 0)
            {
                note.Shard.CompletedSequence = note.Number;
                _completed.Add(new(note.Shard.Shard, note.Number));
            }
            else if (note.Kind == BatchNoteKind.SnapshotMark && note.Number > note.Shard!.DurableMark.Index.Value)
            {
                note.Shard.DurableMark = new(new(note.Number), note.Stamp);
            }
        }

        _completed.Reverse();
        foreach (DurableWrite write in _completed)
        {
            LogOf(write.Shard).CompletedSequence = 0;
        }

        batch.Clear();
        _spare.Push(batch);
        return _completed;
    }

    private void AppendChain(ShardLog state, in LogWrite write, LogBuffer log)
    {
        if (write.TruncateFrom is { } from)
        {
            LogRecord.WriteTruncate(state.Shard, from, Add(LogRecord.TruncateBytes));
        }

        if (!write.Entries.IsEmpty)
        {
            AppendEntries(LogRecordType.Entries, state, write.Entries, log);
        }
    }

    private void AppendEntries(LogRecordType type, ShardLog state, LogRange range, LogBuffer log)
    {
        int bytes = EntryCodec.Measure(range, log);
        while (!range.IsEmpty)
        {
            int room = _recordBytesMax - _open.RecordBytes - LogRecord.EntriesHeadBytes;
            int count = range.Count;
            int part = bytes;
            if (bytes > room)
            {
                (count, part) = Fitting(range, log, room);
            }

            if (count == 0)
            {
                Invariant.Check(_open.RecordBytes > 0, "an entry fits into a batch of its own");
                CloseOpen();
                continue;
            }

            var fitting = new LogRange(range.First, count);
            LogRecord.WriteEntries(type, state.Shard, fitting, part, log, Add(LogRecord.EntriesHeadBytes + part));
            _open.Notes.Add(BatchNote.OfEntries(state, fitting.Last));
            range = new(range.First + (ulong)count, range.Count - count);
            bytes -= part;
        }
    }

    private static (int Count, int Bytes) Fitting(LogRange range, LogBuffer log, int room)
    {
        int bytes = 0;
        for (int i = 0; i < range.Count; i++)
        {
            int next = bytes + EntryCodec.MeasureAt(range.First + (ulong)i, log, byReference: false);
            if (next > room)
            {
                return (i, bytes);
            }

            bytes = next;
        }

        return (range.Count, bytes);
    }

    private Span<byte> Add(int count)
    {
        if (_open.RecordBytes + count > _recordBytesMax && !_open.IsEmpty)
        {
            CloseOpen();
        }

        Invariant.Check(_open.RecordBytes + count <= _recordBytesMax, "a record fits into a batch of its own");
        PendingBytes += count;
        return _open.Add(count);
    }

    private void CloseOpen()
    {
        _full.Enqueue(_open);
        _open = Rent();
    }

    private LogBatch Rent() => _spare.TryPop(out LogBatch? batch) ? batch : new LogBatch();

    private LogBatch Seal(LogBatch batch)
    {
        _placement.Release(batch, _shards);
        if (_placement.Roll(batch))
        {
            LogHead.Write(batch, _sealedIdentity, _shards, _placement.ReleasedThrough);
        }

        _placement.Place(batch);
        foreach (BatchNote note in batch.Notes)
        {
            switch (note.Kind)
            {
                case BatchNoteKind.Identity:
                    _sealedIdentity = _identity;
                    break;
                case BatchNoteKind.HardState:
                    note.Shard!.SealedHardState = new(note.Stamp, note.VotedFor)
                    {
                        Commit = note.Shard.SealedHardState.Commit,
                    };
                    break;
                case BatchNoteKind.Commit:
                    note.Shard!.SealedHardState = note.Shard.SealedHardState with { Commit = new(note.Number) };
                    break;
                case BatchNoteKind.SnapshotMark:
                    note.Shard!.SealedMark = new(new(note.Number), note.Stamp);
                    break;
                case BatchNoteKind.Entries:
                    _placement.Holds(note.Shard!, new(note.Number));
                    break;
                case BatchNoteKind.Impaired:
                    note.Shard!.SealedImpaired = note.Number != 0;
                    break;
                case BatchNoteKind.Write:
                    break;
            }
        }

        Invariant.Check(_sealedIdentity is not null, "a log begins with its identity");
        _lastCarriedData = batch.CarriesData;
        _outstanding = batch;
        return batch;
    }

    private ShardLog LogOf(uint shard)
    {
        if (!_shardsByNumber.TryGetValue(shard, out ShardLog? log))
        {
            log = new(shard);
            _shardsByNumber.Add(shard, log);
            _shards.Add(log);
        }

        return log;
    }
}

/// <summary>Every write of a shard's core up to this one is durable.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Sequence">For <see cref="IReplicatedLog.DurableTo"/>.</param>
internal readonly record struct DurableWrite(uint Shard, ulong Sequence);
