using Concord.Cluster.Storage;
using Concord.Consensus;

namespace Concord.Bench;

/// <summary>A write-ahead log in a real folder; the strand's and the log thread's side on one thread.</summary>
internal sealed class RealLog : IDisposable
{
    private const uint Shard = 1;

    private static readonly LogOptions s_options = new();
    private static readonly LogIdentity s_identity =
        new(new Guid("b0d6f3a4-1c52-4f0e-8c53-5a2e8f6c7d10"), new NodeId(1), 1, ReadOnlyMemory<byte>.Empty);

    private readonly LogBuffer _entries = new();
    private readonly LogAppender _appender;
    private readonly LogDevice _device;
    private ulong _writes;

    public RealLog(IFileSystem files, string directory)
    {
        files.CreateDirectory(directory);
        RecoveredLog recovered = Recover(files, directory);
        _appender = new(s_options, recovered);
        _device = new(files, directory, s_options, recovered.Position);
        _appender.Identify(s_identity);
        WriteWaiting();
        PrepareAhead();
    }

    public static RecoveredLog Recover(IFileSystem files, string directory) =>
        LogRecovery.Open(files, directory, s_options);

    /// <summary>Makes batches of entries durable, one after the other.</summary>
    /// <returns>
    /// The time from the core's write to its completion, of all batches together, in nanoseconds. Putting the entries
    /// into the core's buffer and preparing segments ahead, which a node does while it waits, is not in it.
    /// </returns>
    public double Write(int batches, int entriesPerBatch, ReadOnlySpan<byte> payload)
    {
        LogIndex next = _entries.Last + 1;
        for (int i = 0; i < batches * entriesPerBatch; i++)
        {
            _entries.Append(Stamp.FromTerm(1), EntryKind.Command, payload);
        }

        double time = Rounds.Time(() =>
        {
            for (int i = 0; i < batches; i++, next += (ulong)entriesPerBatch)
            {
                LogWrite write = new(++_writes, null, null, new(next, entriesPerBatch));
                _appender.Append(Shard, write, _entries);
                WriteWaiting();
            }
        });

        _entries.DiscardThrough(_entries.Last);
        PrepareAhead();
        return time;
    }

    /// <summary>Writes one batch.</summary>
    /// <returns>Its bytes, as they are on the disk.</returns>
    public byte[] WriteOne(int entriesPerBatch, ReadOnlySpan<byte> payload)
    {
        LogIndex first = _entries.Last + 1;
        for (int i = 0; i < entriesPerBatch; i++)
        {
            _entries.Append(Stamp.FromTerm(1), EntryKind.Command, payload);
        }

        _appender.Append(Shard, new(++_writes, null, null, new(first, entriesPerBatch)), _entries);
        LogBatch batch = _appender.TakeBatch()!;
        byte[] bytes = batch.Bytes.ToArray();
        _device.Write(batch);
        _appender.Completed(batch);
        return bytes;
    }

    public void Dispose() => _device.Dispose();

    private void WriteWaiting()
    {
        while (_appender.TakeBatch() is { } batch)
        {
            _device.Write(batch);
            _appender.Completed(batch);
        }
    }

    private void PrepareAhead()
    {
        while (_device.PrepareAhead())
        {
            // Slice by slice, until nothing is left to prepare.
        }
    }
}
