using Concord.Consensus;
using Concord.Engines;

namespace Concord.Cluster.Storage;

/// <summary>
/// The log thread's side of the write-ahead log: writes sealed batches, and between them prepares the next segment and
/// uses old ones again. Used by one thread at a time.
/// </summary>
/// <remarks>
/// The first failure is final. After a failed sync nobody knows what is on the disk, and asking again would say "done"
/// about pages that were dropped; so every later call throws, the node stops, and recovery reads what is really there.
/// </remarks>
internal sealed class LogDevice : IDisposable
{
    private const int SliceBytes = 256 << 10;

    /// <summary>So many zeros are made durable at once, a step after the last of them: the disk has written them
    /// meanwhile, so a batch that comes then does not wait long. With a sync for each slice there would be two of them
    /// for every batch under load.</summary>
    private const int ZerosPerSync = 4 << 20;

    /// <summary>How much faster the next segment is made ready than this one is used: with half of it, so that what
    /// <see cref="KeepPace"/> does is done already unless there was no idle moment.</summary>
    private const int SlicesAhead = 2;

    /// <summary>So many old segments are kept to be used again: about what a snapshot lets go of. Their blocks are
    /// there, and mostly their pages too. To find new ones for a new file can cost more than all else that is
    /// written.</summary>
    private const int SparesMax = 4;

    private static readonly byte[] s_zeros = new byte[SliceBytes];

    private readonly IFileSystem _files;
    private readonly string _directory;
    private readonly int _segmentBytes;
    private IFile? _current;
    private ulong _currentNumber;
    private int _used;
    private IFile? _preparing;
    private int _prepared;
    private int _preparedDurable;
    private ulong _firstSegment;
    private ulong _lastSegment;
    private ulong _releaseThrough;
    private int _spares;
    private readonly IReadOnlyList<ulong> _damaged;
    private Exception? _failure;

    public LogDevice(IFileSystem files, string directory, LogOptions options, LogPosition position)
    {
        (_files, _directory, _segmentBytes) = (files, directory, options.SegmentBytes);
        (_currentNumber, _used) = (position.Segment, position.Offset);
        (_firstSegment, _lastSegment) = (position.FirstSegment, position.LastSegment);
        _damaged = position.DamagedSegments;
    }

    /// <summary>
    /// There is no room for the next segment. What is left of the present one is headroom for what is under way; more
    /// must not be begun until <see cref="RetryPreparing"/> finds room.
    /// </summary>
    public bool IsFull { get; private set; }

    /// <summary>Makes a batch durable. Batches come in the order in which they were sealed.</summary>
    public void Write(LogBatch batch)
    {
        ThrowIfFailed();
        try
        {
            Invariant.Check(batch.Segment >= _currentNumber, "the log does not go back");
            IFile file = FileOf(batch.Segment);
            file.Write(batch.Offset, batch.Bytes);
            file.Sync();
            _releaseThrough = Math.Max(_releaseThrough, batch.ReleaseThrough);
            _used = batch.Offset + batch.Bytes.Length;
            KeepPace();
        }
        catch (Exception exception)
        {
            _failure = exception;
            throw;
        }
    }

    /// <summary>
    /// Does one slice of what has no hurry: to be called while no batch waits. The next segment is made ready step by
    /// step, as this one is used: the zeros of all of it at once would keep the disk from the batches that come then.
    /// </summary>
    /// <returns>Whether there is more to do already.</returns>
    public bool PrepareAhead()
    {
        ThrowIfFailed();
        try
        {
            if (IsSliceDue)
            {
                TrySlice();
            }

            return IsSliceDue;
        }
        catch (Exception exception)
        {
            _failure = exception;
            throw;
        }
    }

    /// <summary>
    /// Tries again whether there is room for the next segment, for all of it: room for a part of it would let writes in
    /// that eat up the headroom.
    /// </summary>
    public void RetryPreparing()
    {
        ThrowIfFailed();
        try
        {
            IsFull = false;
            while (_lastSegment <= _currentNumber && !IsFull)
            {
                TrySlice();
            }
        }
        catch (Exception exception)
        {
            _failure = exception;
            throw;
        }
    }

    public void Dispose()
    {
        _current?.Dispose();
        _preparing?.Dispose();
    }

    private bool IsSliceDue => IsDue((long)_used * SlicesAhead);

    private IFile FileOf(ulong segment)
    {
        if (_current is not null && segment == _currentNumber)
        {
            return _current;
        }

        while (_lastSegment < segment)
        {
            DoSlice();
        }

        _current?.Dispose();
        _current = null;
        _current = _files.Open(PathOf(SegmentNames.Of(segment)), FileOpening.Existing);
        _currentNumber = segment;
        return _current;
    }

    /// <summary>
    /// Behind the middle of a segment each batch has a part of the next one prepared, and all of it when three quarters
    /// are used: under load there is no idle time for it, and a full disk must be found while there is headroom.
    /// </summary>
    private void KeepPace()
    {
        int half = _segmentBytes / 2;
        long due = Math.Max(0L, _used - half) * _segmentBytes / (half / 2);
        while (_used > half && IsDue(due))
        {
            TrySlice();
        }
    }

    /// <summary>Whether a slice is to be done, where so many bytes of the next segment should be ready.</summary>
    private bool IsDue(long bytes) => !IsFull
        && (_firstSegment <= _releaseThrough
            || (_lastSegment <= _currentNumber && (_prepared < bytes || bytes >= _segmentBytes)));

    /// <summary>One slice ahead of need: that the disk is full is no failure yet.</summary>
    private void TrySlice()
    {
        if (_firstSegment <= _releaseThrough)
        {
            DoSlice();
            return;
        }

        try
        {
            DoSlice();
        }
        catch (IOException exception) when (DiskSpace.IsExhausted(exception))
        {
            // Nothing in it counts, and nothing is asked of that file again: the next try begins with a new one.
            AbandonPreparing();
            IsFull = true;
        }
    }

    private void AbandonPreparing()
    {
        _preparing?.Dispose();
        _preparing = null;
        (_prepared, _preparedDurable) = (0, 0);
        string path = PathOf(SegmentNames.Preparing);
        if (_files.Exists(path))
        {
            _files.Delete(path);
        }
    }

    private void DoSlice()
    {
        if (_firstSegment <= _releaseThrough)
        {
            Retire(_firstSegment);
            _firstSegment++;
        }
        else if (_lastSegment <= _currentNumber)
        {
            PrepareSlice();
        }
    }

    /// <summary>
    /// One at a time, oldest first, each durable before the next: no crash leaves a hole between segments.
    /// </summary>
    private void Retire(ulong segment)
    {
        string path = PathOf(SegmentNames.Of(segment));
        if (!_files.Exists(path))
        {
            return; // lost, and repaired from other nodes
        }

        if (_spares < SparesMax && !_damaged.Contains(segment) && HasSegmentSize(path))
        {
            // Durable before it is overwritten: else a crash could bring back the old name with zeros behind it.
            _files.Rename(path, PathOf(SegmentNames.Spare(_spares + 1)));
            _spares++;
        }
        else
        {
            _files.Delete(path);
        }

        _files.SyncDirectory(_directory);
    }

    private bool HasSegmentSize(string path)
    {
        using IFile file = _files.Open(path, FileOpening.Existing);
        return file.Length == _segmentBytes;
    }

    private void PrepareSlice()
    {
        _preparing ??= StartPreparing();
        if (_prepared < _segmentBytes && _prepared - _preparedDurable < ZerosPerSync)
        {
            int count = Math.Min(SliceBytes, _segmentBytes - _prepared);
            _preparing.Write(_prepared, s_zeros.AsSpan(0, count));
            _preparing.StartWriting(_prepared, count);
            _prepared += count;
            return;
        }

        _preparing.Sync();
        _preparedDurable = _prepared;
        if (_prepared < _segmentBytes)
        {
            return;
        }

        _preparing.Dispose();
        _preparing = null;
        _files.Rename(PathOf(SegmentNames.Preparing), PathOf(SegmentNames.Of(_lastSegment + 1)));
        _files.SyncDirectory(_directory);
        _lastSegment++;
        (_prepared, _preparedDurable) = (0, 0);
    }

    private IFile StartPreparing()
    {
        string path = PathOf(SegmentNames.Preparing);
        if (_spares == 0)
        {
            return _files.Open(path, FileOpening.CreateNew);
        }

        _files.Rename(PathOf(SegmentNames.Spare(_spares)), path);
        _spares--;
        return _files.Open(path, FileOpening.Existing);
    }

    private string PathOf(string name) => Path.Combine(_directory, name);

    private void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            throw EngineErrors.Stopped(
                $"The log in {_directory} failed before, and takes no more writes: {_failure.Message} "
                + "What was reported as durable is kept. Mend the disk and start the node again.",
                _failure);
        }
    }
}
