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

    /// <summary>Makes a batch of entries durable.</summary>
    /// <returns>
    /// The time from the core's write to its completion, in nanoseconds. Putting the entries into the core's buffer and
    /// preparing segments ahead, which a node does while it waits, is not in it.
    /// </returns>
    public double Write(int entries, ReadOnlySpan<byte> payload)
    {
        LogWrite write = Propose(entries, payload);
        double time = Rounds.Time(() =>
        {
            _appender.Append(Shard, write, _entries);
            WriteWaiting();
        });

        _entries.DiscardThrough(_entries.Last);
        PrepareAhead();
        return time;
    }

    /// <summary>Makes what a core wants durable.</summary>
    public void Write(in LogWrite write, LogBuffer log)
    {
        _appender.Append(Shard, write, log);
        WriteWaiting();
    }

    /// <summary>Makes a batch durable, for its bytes.</summary>
    /// <returns>The batch as it is on the disk.</returns>
    public byte[] WriteToSee(int entries, ReadOnlySpan<byte> payload)
    {
        _appender.Append(Shard, Propose(entries, payload), _entries);
        LogBatch batch = _appender.TakeBatch()!;
        byte[] bytes = batch.Bytes.ToArray();
        _device.Write(batch);
        _appender.Completed(batch);
        return bytes;
    }

    public void Dispose() => _device.Dispose();

    private LogWrite Propose(int entries, ReadOnlySpan<byte> payload)
    {
        LogIndex first = _entries.Last + 1;
        for (int i = 0; i < entries; i++)
        {
            _entries.Append(Stamp.FromTerm(1), EntryKind.Command, payload);
        }

        return new(++_writes, null, null, new(first, entries));
    }

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
