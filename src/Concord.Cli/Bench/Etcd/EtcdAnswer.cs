using System.Buffers.Binary;

namespace Concord.Cli.Bench.Etcd;

/// <summary>What a call answered, as far as a load looks at it; default when there was no answer.</summary>
/// <param name="IsAnswered">Whether there is one.</param>
/// <param name="IsGood">Whether it is what was hoped for: a value, a leader, a comparison that held.</param>
/// <param name="Revision">Of the store.</param>
/// <param name="Record">The first record in it.</param>
/// <param name="Lease">That was granted.</param>
internal readonly record struct EtcdAnswer(
    bool IsAnswered, bool IsGood, ulong Revision, EtcdRecord Record, long Lease)
{
    public static EtcdAnswer Read(string path, ReadOnlySpan<byte> message)
    {
        EtcdAnswer answer = new()
        {
            IsAnswered = true,
            IsGood = true,
            Revision = EtcdMessages.Number(EtcdMessages.FindBytes(message, 1), 3),
        };
        return path switch
        {
            EtcdMessages.Range => answer with
            {
                IsGood = EtcdMessages.HasValue(message),
                Record = EtcdRecord.OfRange(message),
            },
            EtcdMessages.Status => answer with { IsGood = EtcdMessages.IsLeader(message) },
            EtcdMessages.Txn => answer with
            {
                IsGood = EtcdMessages.Number(message, 2) != 0,
                Record = EtcdRecord.OfRange(EtcdMessages.FindRange(message)),
            },
            EtcdMessages.LeaseGrant => answer with { Lease = (long)EtcdMessages.Number(message, 2) },
            _ => answer,
        };
    }
}

/// <summary>A record of etcd.</summary>
/// <param name="Created">The revision that made it; zero if it does not exist.</param>
/// <param name="Modified">The revision that changed it last.</param>
/// <param name="Number">Its value, where that is a number of 8 bytes.</param>
internal readonly record struct EtcdRecord(ulong Created, ulong Modified, long Number)
{
    /// <summary>The first of RangeResponse: kvs 2, each with create_revision 2, mod_revision 3, value 5.</summary>
    public static EtcdRecord OfRange(ReadOnlySpan<byte> response)
    {
        ReadOnlySpan<byte> record = EtcdMessages.FindBytes(response, 2);
        ReadOnlySpan<byte> value = EtcdMessages.FindBytes(record, 5);
        return new(
            EtcdMessages.Number(record, 2),
            EtcdMessages.Number(record, 3),
            value.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(value) : 0);
    }
}
