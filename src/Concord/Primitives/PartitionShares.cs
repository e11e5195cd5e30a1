using Concord.Engines;

namespace Concord.Primitives;

/// <summary>
/// Who gets which partition: the same answer for all who see the same members. Each member gets the same number, the
/// first who joined one more while it does not come out even; and each partition goes to the member that its hash likes
/// best among those who still want one. So a member that comes or goes moves little besides its own share.
/// </summary>
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
        int[] room = new int[members.Count];
        for (int member = 0; member < room.Length; member++)
        {
            room[member] = (count / room.Length) + (member < count % room.Length ? 1 : 0);
        }

        int[] owners = new int[count];
        Array.Fill(owners, -1);
        foreach ((_, int partition, int member) in wishes)
        {
            if (owners[partition] < 0 && room[member] > 0)
            {
                owners[partition] = member;
                room[member]--;
            }
        }

        return owners;
    }
}
