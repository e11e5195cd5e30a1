using Concord.Consensus;

namespace Concord.Cluster.State;

/// <summary>
/// Record ids in the order of their keys, or of owner and key: a B+tree of pointer-free nodes. An inner node names each
/// child by the first record in it, and always by that one, so that no record that is gone is ever compared with.
/// </summary>
internal sealed class OrderedIndex(RecordStore records, IndexNodes nodes, bool byOwner = false)
{
    private int _root = IndexNodes.None;

    /// <summary>The level of the leaves; the root is level zero.</summary>
    private int _leafLevel;

    public int Count { get; private set; }

    /// <summary>
    /// The record ids behind a place, or at it, as far as they stand in one leaf; empty only if there are none. Valid
    /// until the index changes.
    /// </summary>
    public ReadOnlySpan<int> From(ulong owner, ReadOnlySpan<byte> key, bool orEqual)
    {
        if (_root == IndexNodes.None)
        {
            return [];
        }

        Descend(owner, key, orEqual);
        for (int level = _leafLevel; level >= 0; level--)
        {
            IndexStep step = nodes.Path[level];
            if (level == _leafLevel && step.Position < nodes[step.Node].Count)
            {
                return EntriesFrom(step.Node, step.Position);
            }

            if (level < _leafLevel && step.Position + 1 < nodes[step.Node].Count)
            {
                return EntriesFrom(FirstLeaf(ChildAt(step.Node, step.Position + 1), level + 1), 0);
            }
        }

        return [];
    }

    /// <summary>Adds a record that is not there.</summary>
    public void Add(int id)
    {
        Count++;
        if (_root == IndexNodes.None)
        {
            _root = nodes.AddLeaf();
            _leafLevel = 0;
        }

        Descend(records[id].Owner, records.KeyOf(id), orEqual: true);
        (int entry, int child, int level) = (id, IndexNodes.None, _leafLevel);
        while (true)
        {
            IndexStep step = nodes.Path[level];
            int sibling = nodes[step.Node].Count == IndexNode.EntriesMax
                ? SplitAndInsert(step, entry, child)
                : Insert(step.Node, step.Position, entry, child);
            if (sibling == IndexNodes.None)
            {
                NameFirsts(level);
                return;
            }

            if (level == 0)
            {
                AddRoot(step.Node, sibling);
                return;
            }

            level--;
            ref IndexStep parent = ref nodes.Path[level];
            nodes[parent.Node].Entries[parent.Position] = nodes[step.Node].Entries[0];
            parent.Position++;
            (entry, child) = (nodes[sibling].Entries[0], sibling);
        }
    }

    /// <summary>Removes a record that is there; key and owner must still be what they were.</summary>
    public void Remove(int id)
    {
        Invariant.Check(_root != IndexNodes.None, "a record that is removed is in the ordered index");
        Descend(records[id].Owner, records.KeyOf(id), orEqual: true);
        IndexStep at = nodes.Path[_leafLevel];
        Invariant.Check(
            at.Position < nodes[at.Node].Count && nodes[at.Node].Entries[at.Position] == id,
            "a record that is removed is in the ordered index");
        Count--;
        RemoveAt(at.Node, at.Position);
        for (int level = _leafLevel; level > 0; level--)
        {
            Mend(nodes.Path[level - 1], nodes.Path[level].Node);
        }

        LowerRoot();
    }

    private void Descend(ulong owner, ReadOnlySpan<byte> key, bool orEqual)
    {
        int node = _root;
        for (int level = 0; ; level++)
        {
            if (level == _leafLevel)
            {
                nodes.Path[level] = new(node, LowerBound(node, owner, key, orEqual));
                return;
            }

            // The last child that does not begin behind the place; which may be before all of them.
            int position = Math.Max(LowerBound(node, owner, key, orEqual: false) - 1, 0);
            nodes.Path[level] = new(node, position);
            node = ChildAt(node, position);
        }
    }

    private int LowerBound(int number, ulong owner, ReadOnlySpan<byte> key, bool orEqual)
    {
        ref IndexNode node = ref nodes[number];
        (int low, int high) = (0, node.Count);
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            int order = Compare(owner, key, node.Entries[middle]);
            if (order > 0 || (order == 0 && !orEqual))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private int Compare(ulong owner, ReadOnlySpan<byte> key, int id)
    {
        int order = byOwner ? owner.CompareTo(records[id].Owner) : 0;
        return order != 0 ? order : key.SequenceCompareTo(records.KeyOf(id));
    }

    private int ChildAt(int node, int position) => nodes[nodes[node].Children].Entries[position];

    private ReadOnlySpan<int> EntriesFrom(int node, int position)
    {
        ref IndexNode found = ref nodes[node];
        return ((ReadOnlySpan<int>)found.Entries)[position..found.Count];
    }

    private int FirstLeaf(int node, int level)
    {
        for (; level < _leafLevel; level++)
        {
            node = ChildAt(node, 0);
        }

        return node;
    }

    /// <summary>Returns none, as <see cref="SplitAndInsert"/> returns the sibling that came to be.</summary>
    private int Insert(int number, int position, int entry, int child)
    {
        ref IndexNode node = ref nodes[number];
        MoveEntries(number, position, number, position + 1, node.Count - position);
        node.Entries[position] = entry;
        if (node.Children != IndexNodes.None)
        {
            nodes[node.Children].Entries[position] = child;
        }

        node.Count++;
        return IndexNodes.None;
    }

    private int SplitAndInsert(IndexStep step, int entry, int child)
    {
        // Keys that come in order, as a snapshot's do, fill their nodes.
        int keep = step.Position == IndexNode.EntriesMax ? IndexNode.EntriesMax : IndexNode.EntriesMax / 2;
        int sibling = nodes[step.Node].Children == IndexNodes.None ? nodes.AddLeaf() : nodes.AddInner();
        Transfer(step.Node, keep, sibling, 0, IndexNode.EntriesMax - keep);
        if (step.Position < keep)
        {
            Insert(step.Node, step.Position, entry, child);
        }
        else
        {
            Insert(sibling, step.Position - keep, entry, child);
        }

        return sibling;
    }

    private void AddRoot(int left, int right)
    {
        _root = nodes.AddInner();
        Insert(_root, 0, nodes[left].Entries[0], left);
        Insert(_root, 1, nodes[right].Entries[0], right);
        _leafLevel++;
        Invariant.Check(_leafLevel < IndexNode.LevelsMax, "an index of 2^31 records has fewer levels than this");
    }

    private void NameFirsts(int level)
    {
        for (; level > 0; level--)
        {
            IndexStep parent = nodes.Path[level - 1];
            nodes[parent.Node].Entries[parent.Position] = nodes[nodes.Path[level].Node].Entries[0];
        }
    }

    /// <summary>Puts a node right in its parent after an entry was taken from it.</summary>
    private void Mend(IndexStep parent, int number)
    {
        if (nodes[number].Count == 0)
        {
            nodes.Remove(number);
            RemoveAt(parent.Node, parent.Position);
            return;
        }

        nodes[parent.Node].Entries[parent.Position] = nodes[number].Entries[0];
        if (nodes[number].Count < IndexNode.EntriesMin && nodes[parent.Node].Count > 1)
        {
            Balance(parent.Node, Math.Min(parent.Position, nodes[parent.Node].Count - 2));
        }
    }

    /// <summary>Joins the children at a position and behind it, or shares their entries out evenly.</summary>
    private void Balance(int parent, int position)
    {
        (int left, int right) = (ChildAt(parent, position), ChildAt(parent, position + 1));
        (int leftCount, int rightCount) = (nodes[left].Count, nodes[right].Count);
        if (leftCount + rightCount <= IndexNode.JoinedEntriesMax)
        {
            Transfer(right, 0, left, leftCount, rightCount);
            nodes.Remove(right);
            RemoveAt(parent, position + 1);
            return;
        }

        int leftWanted = (leftCount + rightCount) / 2;
        int moved = Math.Abs(leftWanted - leftCount);
        if (leftCount > leftWanted)
        {
            MoveEntries(right, 0, right, moved, rightCount);
            nodes[right].Count += moved;
            MoveEntries(left, leftWanted, right, 0, moved);
            nodes[left].Count = leftWanted;
        }
        else
        {
            Transfer(right, 0, left, leftCount, moved);
        }

        nodes[parent].Entries[position + 1] = nodes[right].Entries[0];
    }

    private void LowerRoot()
    {
        while (_leafLevel > 0 && nodes[_root].Count == 1)
        {
            int child = ChildAt(_root, 0);
            nodes.Remove(_root);
            _root = child;
            _leafLevel--;
        }

        if (nodes[_root].Count == 0)
        {
            nodes.Remove(_root);
            (_root, _leafLevel) = (IndexNodes.None, 0);
        }
    }

    private void RemoveAt(int number, int position)
    {
        ref IndexNode node = ref nodes[number];
        MoveEntries(number, position + 1, number, position, node.Count - position - 1);
        node.Count--;
    }

    /// <summary>Takes entries out of one node and puts them behind those of another.</summary>
    private void Transfer(int source, int from, int target, int to, int count)
    {
        MoveEntries(source, from, target, to, count);
        nodes[target].Count += count;
        int rest = nodes[source].Count - from - count;
        MoveEntries(source, from + count, source, from, rest);
        nodes[source].Count -= count;
    }

    private void MoveEntries(int source, int from, int target, int to, int count)
    {
        ref IndexNode sourceNode = ref nodes[source];
        ref IndexNode targetNode = ref nodes[target];
        ((Span<int>)sourceNode.Entries).Slice(from, count).CopyTo(((Span<int>)targetNode.Entries)[to..]);
        if (sourceNode.Children != IndexNodes.None)
        {
            Span<int> children = nodes[sourceNode.Children].Entries;
            children.Slice(from, count).CopyTo(((Span<int>)nodes[targetNode.Children].Entries)[to..]);
        }
    }
}
