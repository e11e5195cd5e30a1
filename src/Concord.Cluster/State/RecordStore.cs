using Concord.Consensus;

namespace Concord.Cluster.State;

/// <summary>Records by id, in chunks that never move, and their bytes. Freed ids are used again.</summary>
internal sealed class RecordStore
{
    private const int ChunkBits = 10;
    private const int ChunkRecords = 1 << ChunkBits;

    private Record[][] _chunks = new Record[4][];
    private int _used;
    private int _firstFree = Record.None;

    public SlabAllocator Slabs { get; } = new();

    /// <summary>The record with an id; the reference stays good when others are added.</summary>
    public ref Record this[int id] => ref _chunks[id >> ChunkBits][id & (ChunkRecords - 1)];

    public ReadOnlySpan<byte> KeyOf(int id)
    {
        ref Record record = ref this[id];
        return Slabs.At(record.KeyAddress, record.KeyLength);
    }

    public ReadOnlySpan<byte> KeyOf(in Record record) => Slabs.At(record.KeyAddress, record.KeyLength);

    public ReadOnlySpan<byte> ValueOf(in Record record) => Slabs.At(record.ValueAddress, record.ValueLength);

    /// <summary>A fresh record of zeros, without a predecessor.</summary>
    public int Add()
    {
        int id = _firstFree;
        if (id != Record.None)
        {
            _firstFree = this[id].NextFree;
        }
        else
        {
            id = _used++;
            AddChunkFor(id);
        }

        this[id] = new() { Predecessor = Record.None, NextFree = Record.None };
        return id;
    }

    /// <summary>Gives the id back; the bytes are the caller's business.</summary>
    public void Remove(int id)
    {
        Invariant.Check(this[id].Predecessor == Record.None, "a record gives up its predecessor before its id");
        this[id] = new() { Predecessor = Record.None, NextFree = _firstFree };
        _firstFree = id;
    }

    /// <summary>Copies bytes into a block of their own.</summary>
    public long Store(ReadOnlySpan<byte> bytes)
    {
        long address = Slabs.Allocate(bytes.Length);
        bytes.CopyTo(Slabs.At(address, bytes.Length));
        return address;
    }

    public void FreeKey(in Record record) => Slabs.Free(record.KeyAddress, record.KeyLength);

    public void FreeValue(in Record record) => Slabs.Free(record.ValueAddress, record.ValueLength);

    private void AddChunkFor(int id)
    {
        int chunk = id >> ChunkBits;
        if (chunk == _chunks.Length)
        {
            Array.Resize(ref _chunks, chunk * 2);
        }

        _chunks[chunk] ??= new Record[ChunkRecords];
    }
}
