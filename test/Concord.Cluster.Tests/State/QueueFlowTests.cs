using Concord.Cluster.State;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Cluster.Tests.State;

/// <summary>Queues on the real keyspace.</summary>
public sealed class QueueFlowTests
{
    private static readonly byte[] s_root = RecordKey.Named(RecordKind.Queue, "", "{flow}q");
    private static readonly SessionId s_session = new(7);
    private readonly Keyspace _keyspace = new();
    private readonly KeyspaceOperation _operation;
    private readonly OperationAnswer _answer = new();
    private long _now = 1_000_000;
    private ulong _sequence;

    public QueueFlowTests() => _operation = new(_keyspace);

    [Fact]
    public void A_message_that_comes_back_in_the_entry_that_delivers_it_again_has_a_new_token()
    {
        var content = new ByteWriter();
        ValueRecord.WriteHead(content, "t");
        Run(OperationCode.Enqueue, EnqueueMessages.Arguments(s_root, [new(content.WrittenMemory)]));
        long token = Run(OperationCode.Receive, ReceiveMessage.Arguments(s_root, noWait: true, "test"));
        ulong first = _sequence;
        Run(OperationCode.Receive, ReceiveMessage.Arguments(s_root, noWait: false, "test"));
        ulong second = _sequence;
        _now += 30_000;
        Run(OperationCode.Wake, WakeRoot.Arguments(s_root));
        byte[] key = new byte[HoldKey.BytesMax];
        Assert.False(_keyspace.TryGet(HoldKey.Write(key, RecordKind.Hold, s_root, s_session, first), out _));
        Assert.True(_keyspace.TryGet(
            HoldKey.Write(key, RecordKind.Hold, s_root, s_session, second), out RecordView again));
        Assert.True(again.CreateRevision > token);
        Assert.Equal(1, DeliveryRecord.Read(again.Value).Message.Failures);
    }

    private long Run(OperationCode code, ReadOnlyMemory<byte> arguments)
    {
        _answer.Reset();
        var reader = new ByteReader(arguments.Span);
        _operation.Begin(new(_now));
        var context = new OperationContext(new(RecordKey.SlotOf(s_root), s_session, ++_sequence));
        OperationTable.Find(code)!.Body(ref reader, context, _operation, _answer);
        Assert.Equal(AnswerStatus.Done, _answer.Status);
        return _operation.Commit();
    }
}
