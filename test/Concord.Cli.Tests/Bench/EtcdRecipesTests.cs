using Concord.Cli.Bench.Etcd;

namespace Concord.Cli.Tests.Bench;

/// <summary>The bytes of locks and counters; the end-to-end test shows that etcd takes them.</summary>
public sealed class EtcdRecipesTests
{
    [Fact]
    public void A_mutex_makes_its_key_if_it_is_not_there_and_asks_for_the_oldest()
    {
        byte[] target = new byte[EtcdRecipes.MessageBytesMax];

        int length = EtcdRecipes.WriteMutex(target, "a/7"u8, "a/"u8, lease: 7);

        byte[] oldest = [0x0A, 2, (byte)'a', (byte)'/', 0x12, 2, (byte)'a', (byte)'0', 0x18, 1, 0x28, 1, 0x30, 2];
        byte[] put = [0x0A, 3, (byte)'a', (byte)'/', (byte)'7', 0x18, 7];
        byte[] compare = [0x10, 1, 0x1A, 3, (byte)'a', (byte)'/', (byte)'7', 0x28, 0];
        byte[] ask = [0x0A, (byte)oldest.Length, .. oldest];
        byte[] expected =
        [
            0x0A, (byte)compare.Length, .. compare,
            0x12, (byte)(put.Length + 2), 0x12, (byte)put.Length, .. put,
            0x12, (byte)ask.Length, .. ask,
            0x1A, (byte)ask.Length, .. ask,
        ];
        Assert.Equal(expected, target[..length]);
    }

    [Fact]
    public void An_exchange_compares_the_revision_of_the_last_change()
    {
        byte[] target = new byte[EtcdRecipes.MessageBytesMax];

        int length = EtcdRecipes.WriteExchange(target, "n"u8, modified: 300, number: 5);

        byte[] compare = [0x10, 2, 0x1A, 1, (byte)'n', 0x30, 0xAC, 0x02];
        byte[] put = [0x0A, 1, (byte)'n', 0x12, 8, 5, 0, 0, 0, 0, 0, 0, 0];
        byte[] expected =
        [
            0x0A, (byte)compare.Length, .. compare,
            0x12, (byte)(put.Length + 2), 0x12, (byte)put.Length, .. put,
            0x1A, 5, 0x0A, 3, 0x0A, 1, (byte)'n',
        ];
        Assert.Equal(expected, target[..length]);
    }

    [Fact]
    public void The_record_in_the_answer_of_a_transaction_is_found()
    {
        // Header with revision 9; succeeded; a put's answer; a range's answer with one record.
        byte[] record = [0x0A, 1, (byte)'k', 0x10, 4, 0x18, 9, 0x20, 1, 0x2A, 8, 6, 0, 0, 0, 0, 0, 0, 0];
        byte[] range = [0x12, (byte)record.Length, .. record];
        byte[] response =
        [
            0x0A, 2, 0x18, 9, 0x10, 1,
            0x1A, 2, 0x12, 0,
            0x1A, (byte)(range.Length + 2), 0x0A, (byte)range.Length, .. range,
        ];

        EtcdAnswer answer = EtcdAnswer.Read(EtcdMessages.Txn, response);

        Assert.Equal(new EtcdAnswer(true, true, 9, new(4, 9, 6), 0), answer);
        Assert.False(EtcdAnswer.Read(EtcdMessages.Txn, [0x0A, 2, 0x18, 9]).IsGood);
        Assert.Equal(77, EtcdAnswer.Read(EtcdMessages.LeaseGrant, [0x0A, 0, 0x10, 77]).Lease);
    }
}
