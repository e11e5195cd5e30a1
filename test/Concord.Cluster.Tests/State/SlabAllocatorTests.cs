using Concord.Cluster.State;
using Concord.Consensus;

namespace Concord.Cluster.Tests.State;

public sealed class SlabAllocatorTests
{
    private const int SpareBytesMax = 4 * SizeClasses.SlabBytes;

    [Fact]
    public void Every_length_has_the_smallest_block_that_holds_it()
    {
        for (int length = 1; length <= SlabAllocator.BlockBytesMax; length++)
        {
            int sizeClass = SizeClasses.Of(length);
            if (SizeClasses.BlockBytes(sizeClass) < length
                || (sizeClass > 0 && SizeClasses.BlockBytes(sizeClass - 1) >= length))
            {
                Assert.Fail($"{length} bytes were put in blocks of {SizeClasses.BlockBytes(sizeClass)}");
            }
        }
    }

    [Fact]
    public void Rounding_costs_at_most_an_eighth_up_to_a_mebibyte()
    {
        for (int length = 1024; length <= 1 << 20; length++)
        {
            if (SizeClasses.BlockBytes(SizeClasses.Of(length)) > length + (length / 8) + 1)
            {
                Assert.Fail($"{length} bytes cost {SizeClasses.BlockBytes(SizeClasses.Of(length))}");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Blocks_never_overlap_and_all_memory_comes_back(int seed)
    {
        var random = new Random(seed);
        var slabs = new SlabAllocator();
        var blocks = new List<(long Address, int Length, byte Mark)>();
        for (int i = 0; i < 20_000; i++)
        {
            bool grows = i / 2_500 % 2 == 0;
            if (blocks.Count == 0 || random.Next(10) < (grows ? 7 : 3))
            {
                int length = random.Next(random.Next(200) == 0 ? SlabAllocator.BlockBytesMax + 1 : 3_000);
                long address = slabs.Allocate(length);
                byte mark = (byte)i;
                slabs.At(address, length).Fill(mark);
                blocks.Add((address, length, mark));
            }
            else
            {
                Free(slabs, blocks, random.Next(blocks.Count));
            }
        }

        while (blocks.Count > 0)
        {
            Free(slabs, blocks, blocks.Count - 1);
        }

        Assert.Equal(0, slabs.UsedBytes);
        Assert.True(slabs.HeldBytes <= SpareBytesMax, $"{slabs.HeldBytes} bytes are held for nothing");
    }

    [Fact]
    public void Memory_of_one_size_serves_another_when_the_load_changes()
    {
        var slabs = new SlabAllocator();
        for (int length = 100; length < 20_000; length += length / 3)
        {
            int count = (16 << 20) / SizeClasses.BlockBytes(SizeClasses.Of(length));
            long[] addresses = [.. Enumerable.Range(0, count).Select(_ => slabs.Allocate(length))];
            Assert.True(slabs.HeldBytes < 24 << 20, $"{slabs.HeldBytes} bytes are held for 16 MiB of {length}");
            Array.ForEach(addresses, address => slabs.Free(address, length));
        }
    }

    [Fact]
    public void A_small_user_is_not_given_a_large_slab()
    {
        var slabs = new SlabAllocator();
        slabs.Allocate(10);
        slabs.Allocate(100);
        Assert.InRange(slabs.HeldBytes, 1, 128 << 10);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(5_000)]
    [InlineData(500_000)]
    public void A_record_that_grows_and_shrinks_allocates_no_memory_each_time(int length)
    {
        var slabs = new SlabAllocator();

        // What stays fills the pages of the first slab, so that the grown record is alone in its own.
        slabs.Allocate(length);
        slabs.Allocate(2_000);
        int grown = length + (length / 4) + 16;
        (long address, int held) = (slabs.Allocate(length), length);
        Overwrite(10);

        Assert.Equal(0, Allocations.Least(() => Overwrite(500)));

        void Overwrite(int times)
        {
            for (int i = 0; i < times; i++)
            {
                // As an overwrite does: the new block first, then the old one goes.
                int next = held == length ? grown : length;
                long replacement = slabs.Allocate(next);
                slabs.Free(address, held);
                (address, held) = (replacement, next);
            }
        }
    }

    [Fact]
    public void Freeing_at_another_size_is_noticed()
    {
        var slabs = new SlabAllocator();
        long address = slabs.Allocate(100);
        Assert.Throws<InvariantViolationException>(() => slabs.Free(address, 200));
    }

    [Fact]
    public void Large_blocks_come_and_go_without_allocations()
    {
        var slabs = new SlabAllocator();
        long kept = slabs.Allocate(1 << 20);
        long before = 0;
        for (int i = 0; i < 100; i++)
        {
            // The first round fills the shelf of spare slabs.
            before = i == 1 ? GC.GetAllocatedBytesForCurrentThread() : before;
            long next = slabs.Allocate(1 << 20);
            slabs.Free(kept, 1 << 20);
            kept = next;
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void Free(SlabAllocator slabs, List<(long Address, int Length, byte Mark)> blocks, int at)
    {
        (long address, int length, byte mark) = blocks[at];
        Assert.False(slabs.At(address, length).ContainsAnyExcept(mark), "another block wrote into this one");
        slabs.Free(address, length);
        blocks[at] = blocks[^1];
        blocks.RemoveAt(blocks.Count - 1);
    }
}
