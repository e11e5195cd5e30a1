using System.Buffers.Binary;
using Concord.Cli.Processes;

namespace Concord.Cli.Bench.Pauses;

/// <summary>From when to when all threads of a process were held, by timestamps.</summary>
internal readonly record struct HeldThreads(long From, long To);

/// <summary>
/// When the runtime of a process held all its threads: for garbage collection, and for whatever else it does so. The
/// runtime itself writes that to a file (EventPipe) when it is started with some variables; the process knows nothing
/// of it. The file's format is that of nettrace 4, of which this reads the events of the runtime and skips the rest.
/// </summary>
internal sealed class RuntimeTrace
{
    private const string Provider = "Microsoft-Windows-DotNETRuntime";
    private const int RestartEnd = 3;
    private const int SuspendBegin = 9;

    private const byte TagNull = 1;
    private const byte TagBegin = 5;
    private const byte TagEnd = 6;

    /// <summary>The time of day, the clock and its frequency, and what the process is like.</summary>
    private const int TraceBodyBytes = 16 + 8 + 8 + 16;

    private readonly byte[] _file;
    private readonly Dictionary<int, int> _codes = [];
    private readonly List<HeldThreads> _held = [];
    private readonly List<(long At, int Code)> _events = [];
    private int _at;

    private RuntimeTrace(byte[] file) => _file = file;

    /// <summary>What a process is started with that shall leave a trace.</summary>
    public static NodeLaunch LaunchWith(string path) => new([], new Dictionary<string, string>
    {
        ["DOTNET_EnableEventPipe"] = "1",
        ["DOTNET_EventPipeConfig"] = $"{Provider}:0x1:4",
        ["DOTNET_EventPipeOutputPath"] = path,
        ["DOTNET_EventPipeOutputStreaming"] = "1",
    });

    /// <summary>Reads what a process left, by when it began.</summary>
    /// <exception cref="CliException">It left nothing that can be read.</exception>
    public static IReadOnlyList<HeldThreads> Read(string path)
    {
        try
        {
            return new RuntimeTrace(File.ReadAllBytes(path)).Read();
        }
        catch (Exception error) when (error is InvalidDataException or IndexOutOfRangeException
            or ArgumentOutOfRangeException or FileNotFoundException)
        {
            throw new CliException($"The runtime's trace in {path} cannot be read: {error.Message}");
        }
    }

    private List<HeldThreads> Read()
    {
        Expect("Nettrace"u8);
        Expect(BitConverter.GetBytes(20));
        Expect("!FastSerialization.1"u8);
        while (_at < _file.Length && _file[_at] == TagBegin)
        {
            ReadObject();
        }

        long began = 0;
        foreach ((long at, int code) in _events.OrderBy(static each => each.At))
        {
            if (code == SuspendBegin)
            {
                began = at;
            }
            else if (began != 0)
            {
                _held.Add(new(began, at));
                began = 0;
            }
        }

        return _held;
    }

    private void ReadObject()
    {
        Expect([TagBegin, TagBegin, TagNull]);
        _at += 2 * sizeof(int);
        int length = ReadInt32();
        string type = System.Text.Encoding.UTF8.GetString(_file, _at, length);
        _at += length;
        Expect([TagEnd]);
        if (type == "Trace")
        {
            _at += TraceBodyBytes;
        }
        else
        {
            int bytes = ReadInt32();
            _at += -_at & 3;
            int end = _at + bytes;
            if (type is "EventBlock" or "MetadataBlock")
            {
                ReadBlock(end, type == "MetadataBlock");
            }

            _at = end;
        }

        Expect([TagEnd]);
    }

    private void ReadBlock(int end, bool isMetadata)
    {
        int events = _at + BinaryPrimitives.ReadInt16LittleEndian(_file.AsSpan(_at));
        if ((_file[_at + 2] & 1) == 0)
        {
            throw new InvalidDataException("its events are not compressed.");
        }

        (int metadata, long timestamp, int payload) = (0, 0, 0);
        for (_at = events; _at < end;)
        {
            int flags = _file[_at++];
            metadata = (flags & 1) != 0 ? (int)ReadVariable() : metadata;
            if ((flags & 2) != 0)
            {
                // Number in its thread, thread, processor.
                ReadVariable();
                ReadVariable();
                ReadVariable();
            }

            Skip(flags & 4);
            Skip(flags & 8);
            timestamp += (long)ReadVariable();
            _at += ((flags & 16) != 0 ? 16 : 0) + ((flags & 32) != 0 ? 16 : 0);
            payload = (flags & 128) != 0 ? (int)ReadVariable() : payload;
            if (isMetadata)
            {
                NoteMetadata(_file.AsSpan(_at, payload));
            }
            else if (_codes.TryGetValue(metadata, out int code))
            {
                _events.Add((timestamp, code));
            }

            _at += payload;
        }
    }

    /// <summary>Number, name of the provider, code of the event.</summary>
    private void NoteMetadata(ReadOnlySpan<byte> payload)
    {
        int id = BinaryPrimitives.ReadInt32LittleEndian(payload);
        string text = System.Text.Encoding.Unicode.GetString(payload[sizeof(int)..]);
        string provider = text[..text.IndexOf('\0', StringComparison.Ordinal)];
        int code = BinaryPrimitives.ReadInt32LittleEndian(payload[(sizeof(int) + (2 * (provider.Length + 1)))..]);
        if (provider == Provider && code is RestartEnd or SuspendBegin)
        {
            _codes[id] = code;
        }
    }

    private void Expect(ReadOnlySpan<byte> bytes)
    {
        if (!_file.AsSpan(_at).StartsWith(bytes))
        {
            throw new InvalidDataException($"it has another format at byte {_at}.");
        }

        _at += bytes.Length;
    }

    private void Skip(int isThere)
    {
        if (isThere != 0)
        {
            ReadVariable();
        }
    }

    private int ReadInt32()
    {
        _at += sizeof(int);
        return BinaryPrimitives.ReadInt32LittleEndian(_file.AsSpan(_at - sizeof(int)));
    }

    private ulong ReadVariable()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = _file[_at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
