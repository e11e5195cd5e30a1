using Concord.Engines;

namespace Concord.Primitives;

/// <summary>
/// Who gets which partition: the same answer for all who see the same members. Each partition goes to the member that
/// its hash likes best among those who still have room, and no two members differ by more than one; who gets one more,
/// while it does not come out even, the hashes say too.
/// </summary>
/// <remarks>
/// A member that comes or goes moves its own share, and besides about a tenth of what the others have. No rule that
/// knows nothing but who is there, and in which order they came, can do without. Say that all depends on the places in
/// that order alone, which for enough members it must for some of them (Ramsey): of three, let the second have p. When
/// the third leaves, p stays, so of two it is the second's. When the first leaves, p stays, so of two it is the
/// first's.
/// </remarks>
internal static class PartitionShares
{
    /// <summary>The owner of each partition, as an index into the members.</summary>
    /// <param name="members">Their ids, in the order of joining; at least one.</param>
    /// <param name="count">How many partitions.</param>
    public static int[] Of(IReadOnlyList<string> members, int count)
    {
        var wishes = new List<(ulong Weight, int Partition, int Member)>(members.Count * count);
        for (int member = 0; member < members.Count; member++)
        {
            ulong seed = SlotHash.Hash(System.Text.Encoding.UTF8.GetBytes(members[member]));
            for (int partition = 0; partition < count; partition++)
            {
                wishes.Add((SlotHash.Hash(BitConverter.GetBytes(partition), seed), partition, member));
            }
        }

        wishes.Sort(static (left, right) => right.CompareTo(left));
        (int each, int withOneMore) = (count / members.Count, count % members.Count);
        int[] sizes = new int[members.Count];
        int[] owners = new int[count];
        Array.Fill(owners, -1);
        foreach ((_, int partition, int member) in wishes)
        {
            bool isLarger = sizes[member] == each && withOneMore > 0;
            if (owners[partition] < 0 && (sizes[member] < each || isLarger))
            {
                owners[partition] = member;
                sizes[member]++;
                withOneMore -= isLarger ? 1 : 0;
            }
        }

        return owners;
    }
}
