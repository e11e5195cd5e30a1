using System.Numerics;

namespace Concord.Cluster.State;

/// <summary>
/// The sizes that blocks come in: steps of 16 bytes up to 1 KiB, then eight to each doubling, so that at most an eighth
/// is lost, and a last one that fills a slab. Blocks of one size share a run: a page of a slab, or all of it.
/// </summary>
internal static class SizeClasses
{
    public const int PageBytes = 64 << 10;
    public const int PagesPerSlab = 17;
    public const int SlabBytes = PageBytes * PagesPerSlab;

    /// <summary>Above this a block's run is a whole slab: in a page it would waste more than an eighth.</summary>
    public const int PagedBlockBytesMax = 8 << 10;

    public const int Count = FineClasses + (StepsPerDoubling * 10) + 1;

    private const int FineStep = 16;
    private const int FineBytesMax = 1024;
    private const int FineClasses = FineBytesMax / FineStep;
    private const int StepsPerDoubling = 8;

    private static readonly int[] s_blockBytes = MeasureBlocks();
    private static readonly int[] s_chargedBytes = [.. s_blockBytes.Select(Charge)];

    /// <summary>The class for a length from 1 to <see cref="SlabBytes"/>.</summary>
    public static int Of(int length)
    {
        uint last = (uint)length - 1;
        if (length <= FineBytesMax)
        {
            return (int)(last / FineStep);
        }

        int doubling = BitOperations.Log2(last);
        int step = (int)(last >> (doubling - 3)) & (StepsPerDoubling - 1);
        return Math.Min(FineClasses + ((doubling - 10) * StepsPerDoubling) + step, Count - 1);
    }

    /// <summary>The size of a block of a class, in bytes.</summary>
    public static int BlockBytes(int sizeClass) => s_blockBytes[sizeClass];

    public static bool FillsSlab(int sizeClass) => s_blockBytes[sizeClass] > PagedBlockBytesMax;

    /// <summary>
    /// What a value of this length costs: its block and its share of what the run cannot use. A function of the length
    /// alone, so that replicas whose slabs have different pasts agree on it.
    /// </summary>
    public static int ChargedBytes(int length) => length == 0 ? 0 : s_chargedBytes[Of(length)];

    private static int Charge(int blockBytes)
    {
        int runBytes = blockBytes > PagedBlockBytesMax ? SlabBytes : PageBytes;
        return runBytes / (runBytes / blockBytes);
    }

    private static int[] MeasureBlocks()
    {
        int[] sizes = new int[Count];
        for (int i = 0; i < Count - 1; i++)
        {
            int step = i - FineClasses;
            sizes[i] = step < 0
                ? (i + 1) * FineStep
                : (StepsPerDoubling + 1 + (step % StepsPerDoubling)) << (7 + (step / StepsPerDoubling));
        }

        sizes[^1] = SlabBytes;
        return sizes;
    }
}
