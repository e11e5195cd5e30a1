using System.Buffers.Binary;
using System.Numerics;
using Concord.Consensus;

namespace Concord.Cluster.State;

/// <summary>
/// Memory for keys and values in large pinned arrays: the garbage collector sees an object for a mebibyte, whatever
/// lies in it. Slabs are cut into pages of 64 KiB; a run (a page, for blocks above 8 KiB the whole slab) holds blocks
/// of one size and goes back when its last block is freed, so that memory follows a load whose sizes change.
/// </summary>
/// <remarks>An address is slab number × 2 MiB + offset. A block of zero bytes has address zero.</remarks>
internal sealed class SlabAllocator
{
    /// <summary>The longest block.</summary>
    public const int BlockBytesMax = SizeClasses.SlabBytes;

    private const int AddressBits = 21;
    private const int PageBits = 16;
    private const int SpareSlabsMax = 4;
    private const int None = -1;

    /// <summary>The first slabs are small: a keyspace with ten keys should not cost a mebibyte.</summary>
    private const int FirstSlabPages = 2;

    private readonly Stack<byte[]> _spareSlabs = new();
    private readonly Stack<int> _freeNumbers = new();
    private readonly int[] _openRuns = new int[SizeClasses.Count];
    private byte[]? _smallSpare;
    private Slab[] _slabs = new Slab[4];
    private Run[] _runs = new Run[4 * SizeClasses.PagesPerSlab];
    private int _slabCount;
    private int _openSlab = None;

    public SlabAllocator() => Array.Fill(_openRuns, None);

    /// <summary>The blocks in use, in bytes.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>The slabs held, spare ones included, in bytes.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>Finds room for <paramref name="length"/> bytes, at most <see cref="BlockBytesMax"/>.</summary>
    public long Allocate(int length)
    {
        Invariant.Check((uint)length <= BlockBytesMax, "a block fits in a slab");
        if (length == 0)
        {
            return 0;
        }

        int sizeClass = SizeClasses.Of(length);
        int blockBytes = SizeClasses.BlockBytes(sizeClass);
        int number = _openRuns[sizeClass];
        if (number == None)
        {
            number = OpenRun(sizeClass);
        }

        ref Run run = ref _runs[number];
        int start = RunStart(number);
        int offset = run.FreeHead;
        if (offset != None)
        {
            run.FreeHead = BinaryPrimitives.ReadInt32LittleEndian(SlabOf(number).Bytes.AsSpan(start + offset));
        }
        else
        {
            offset = run.Fresh;
            run.Fresh += blockBytes;
        }

        run.Live++;
        if (IsFull(run, blockBytes))
        {
            Unlink(sizeClass, number);
        }

        UsedBytes += blockBytes;
        return ((long)(number / SizeClasses.PagesPerSlab) << AddressBits) + start + offset;
    }

    /// <summary>Gives a block back; <paramref name="length"/> is that of its allocation, or of its class.</summary>
    public void Free(long address, int length)
    {
        if (length == 0)
        {
            return;
        }

        int sizeClass = SizeClasses.Of(length);
        int blockBytes = SizeClasses.BlockBytes(sizeClass);
        int number = RunOf(address);
        ref Run run = ref _runs[number];
        Invariant.Check(run.Live > 0 && run.SizeClass == sizeClass, "only a block in use is freed, and at its size");
        bool wasFull = IsFull(run, blockBytes);
        BinaryPrimitives.WriteInt32LittleEndian(At(address, sizeof(int)), run.FreeHead);
        run.FreeHead = Offset(address) - RunStart(number);
        run.Live--;
        UsedBytes -= blockBytes;
        if (wasFull)
        {
            Link(sizeClass, number);
        }

        if (run.Live == 0)
        {
            Unlink(sizeClass, number);
            CloseRun(number);
        }
    }

    /// <summary>The bytes of a block; valid until it is freed.</summary>
    public Span<byte> At(long address, int length) =>
        length == 0 ? default : _slabs[(int)(address >> AddressBits)].Bytes.AsSpan(Offset(address), length);

    private static int Offset(long address) => (int)(address & ((1 << AddressBits) - 1));

    private static int RunStart(int number) => number % SizeClasses.PagesPerSlab << PageBits;

    private static bool IsFull(in Run run, int blockBytes) =>
        run.FreeHead == None && run.Fresh + blockBytes > (blockBytes > SizeClasses.PagedBlockBytesMax
            ? SizeClasses.SlabBytes
            : SizeClasses.PageBytes);

    private int RunOf(long address)
    {
        int slab = (int)(address >> AddressBits);
        int page = _slabs[slab].IsWhole ? 0 : Offset(address) >> PageBits;
        return (slab * SizeClasses.PagesPerSlab) + page;
    }

    private ref Slab SlabOf(int run) => ref _slabs[run / SizeClasses.PagesPerSlab];

    private int OpenRun(int sizeClass)
    {
        int number;
        if (SizeClasses.FillsSlab(sizeClass))
        {
            int slab = AddSlab(SizeClasses.PagesPerSlab);
            _slabs[slab].IsWhole = true;
            number = slab * SizeClasses.PagesPerSlab;
        }
        else
        {
            number = TakePage();
        }

        _runs[number] = new() { SizeClass = sizeClass, FreeHead = None };
        Link(sizeClass, number);
        return number;
    }

    private int TakePage()
    {
        if (_openSlab == None)
        {
            int added = AddSlab(Math.Min(FirstSlabPages << Math.Min(_slabCount, 8), SizeClasses.PagesPerSlab));
            _slabs[added].FreePages = (1u << (_slabs[added].Bytes.Length >> PageBits)) - 1;
            LinkSlab(added);
        }

        int slab = _openSlab;
        int page = BitOperations.TrailingZeroCount(_slabs[slab].FreePages);
        _slabs[slab].FreePages &= ~(1u << page);
        if (_slabs[slab].FreePages == 0)
        {
            UnlinkSlab(slab);
        }

        return (slab * SizeClasses.PagesPerSlab) + page;
    }

    private void CloseRun(int number)
    {
        int slab = number / SizeClasses.PagesPerSlab;
        if (_slabs[slab].IsWhole)
        {
            RemoveSlab(slab);
            return;
        }

        if (_slabs[slab].FreePages == 0)
        {
            LinkSlab(slab);
        }

        _slabs[slab].FreePages |= 1u << (number % SizeClasses.PagesPerSlab);
        if (_slabs[slab].FreePages == (1u << (_slabs[slab].Bytes.Length >> PageBits)) - 1)
        {
            UnlinkSlab(slab);
            RemoveSlab(slab);
        }
    }

    private int AddSlab(int pages)
    {
        if (!_freeNumbers.TryPop(out int number))
        {
            number = _slabCount++;
            if (number == _slabs.Length)
            {
                Array.Resize(ref _slabs, number * 2);
                Array.Resize(ref _runs, number * 2 * SizeClasses.PagesPerSlab);
            }
        }

        byte[]? bytes = _smallSpare;
        if (bytes is not null && bytes.Length == pages << PageBits)
        {
            _smallSpare = null;
        }
        else if (!_spareSlabs.TryPop(out bytes))
        {
            bytes = GC.AllocateUninitializedArray<byte>(pages << PageBits, pinned: true);
            HeldBytes += bytes.Length;
        }

        _slabs[number] = new() { Bytes = bytes, Next = None, Previous = None };
        return number;
    }

    private void RemoveSlab(int number)
    {
        byte[] bytes = _slabs[number].Bytes;
        _slabs[number] = default;
        _freeNumbers.Push(number);
        bool hasRoom = _spareSlabs.Count + (_smallSpare is null ? 0 : 1) < SpareSlabsMax;
        if (bytes.Length == SizeClasses.SlabBytes && hasRoom)
        {
            // A value of a mebibyte that is overwritten again and again must not allocate one each time.
            _spareSlabs.Push(bytes);
            return;
        }

        if (bytes.Length < SizeClasses.SlabBytes && (hasRoom || _smallSpare is not null))
        {
            // Nor must the only record of its size: one that grows and shrinks empties its slab with each write.
            (bytes, _smallSpare) = (_smallSpare ?? [], bytes);
        }

        HeldBytes -= bytes.Length;
    }

    private void Link(int sizeClass, int number)
    {
        int head = _openRuns[sizeClass];
        _runs[number].Next = head;
        _runs[number].Previous = None;
        if (head != None)
        {
            _runs[head].Previous = number;
        }

        _openRuns[sizeClass] = number;
    }

    private void Unlink(int sizeClass, int number)
    {
        (int next, int previous) = (_runs[number].Next, _runs[number].Previous);
        if (previous == None)
        {
            _openRuns[sizeClass] = next;
        }
        else
        {
            _runs[previous].Next = next;
        }

        if (next != None)
        {
            _runs[next].Previous = previous;
        }
    }

    private void LinkSlab(int number)
    {
        _slabs[number].Next = _openSlab;
        _slabs[number].Previous = None;
        if (_openSlab != None)
        {
            _slabs[_openSlab].Previous = number;
        }

        _openSlab = number;
    }

    private void UnlinkSlab(int number)
    {
        (int next, int previous) = (_slabs[number].Next, _slabs[number].Previous);
        if (previous == None)
        {
            _openSlab = next;
        }
        else
        {
            _slabs[previous].Next = next;
        }

        if (next != None)
        {
            _slabs[next].Previous = previous;
        }
    }

    private struct Slab
    {
        public byte[] Bytes;
        public uint FreePages;
        public bool IsWhole;
        public int Next;
        public int Previous;
    }

    /// <summary>Blocks of one size. Offsets count from its start; a free block begins with that of the next.</summary>
    private struct Run
    {
        public int SizeClass;
        public int Live;
        public int FreeHead;
        public int Fresh;
        public int Next;
        public int Previous;
    }
}
