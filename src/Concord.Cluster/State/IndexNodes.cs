using System.Runtime.CompilerServices;

namespace Concord.Cluster.State;

/// <summary>Nodes of the ordered indexes of a keyspace, by number, in chunks that never move.</summary>
internal sealed class IndexNodes
{
    public const int None = -1;

    private const int ChunkBits = 6;
    private const int ChunkNodes = 1 << ChunkBits;

    private IndexNode[][] _chunks = new IndexNode[4][];
    private int _used;
    private int _firstFree = None;

    /// <summary>Where the last descent went; one for all indexes, since they have one owner.</summary>
    public IndexStep[] Path { get; } = new IndexStep[IndexNode.LevelsMax];

    public ref IndexNode this[int number] => ref _chunks[number >> ChunkBits][number & (ChunkNodes - 1)];

    public int AddLeaf()
    {
        int number = _firstFree;
        if (number != None)
        {
            _firstFree = this[number].Count;
        }
        else
        {
            number = _used++;
            int chunk = number >> ChunkBits;
            if (chunk == _chunks.Length)
            {
                Array.Resize(ref _chunks, chunk * 2);
            }

            _chunks[chunk] ??= new IndexNode[ChunkNodes];
        }

        this[number].Count = 0;
        this[number].Children = None;
        return number;
    }

    /// <summary>An inner node is two: its entries, and a second one that lists the numbers of its children.</summary>
    public int AddInner()
    {
        int children = AddLeaf();
        int number = AddLeaf();
        this[number].Children = children;
        return number;
    }

    public void Remove(int number)
    {
        ref IndexNode node = ref this[number];
        if (node.Children != None)
        {
            Release(node.Children);
        }

        Release(number);
    }

    private void Release(int number)
    {
        this[number].Count = _firstFree;
        this[number].Children = None;
        _firstFree = number;
    }
}

/// <summary>A node: record ids in key order. In an inner node the first record of each child.</summary>
internal struct IndexNode
{
    public const int EntriesMax = 64;

    /// <summary>Below this a node takes from its neighbour, or joins it.</summary>
    public const int EntriesMin = EntriesMax / 4;

    /// <summary>Two neighbours join when this holds them: there must be room left, or they split again.</summary>
    public const int JoinedEntriesMax = EntriesMax * 3 / 4;

    /// <summary>Ids have 31 bits; nodes that are filled from one side may be short, hence the reserve.</summary>
    public const int LevelsMax = 16;

    /// <summary>How many entries are used; in a free node the next free one.</summary>
    public int Count;

    /// <summary>The node that lists the children; none in a leaf.</summary>
    public int Children;

    public IndexEntries Entries;
}

[InlineArray(IndexNode.EntriesMax)]
internal struct IndexEntries
{
    private int _first;
}

/// <summary>One level of a descent.</summary>
internal record struct IndexStep(int Node, int Position);
