using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Cluster.State;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Cluster.Tests.State;

/// <summary>Alone, for it measures the memory of the process.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryTestsAlone;

/// <summary>
/// A replica runs the commands of a million locks, and of a million messages, answers and all: its records are as many
/// and as large as after the first tenth, and so is the heap.
/// </summary>
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    private const int Million = 1_000_000;

    /// <summary>One byte per lock or message would be as much.</summary>
    private const long HeapBytesMax = Million;

    private static readonly SessionId s_first = new(7);
    private static readonly SessionId s_second = new(8);

    private readonly CommandExecutor _replica = new(new Keyspace());
    private readonly ByteWriter _command = new();
    private ulong _sequence;
    private long _milliseconds = 1_000_000;
    private EngineAnswer _last;

    public MemoryTests()
    {
        foreach (SessionId session in (SessionId[])[s_first, s_second])
        {
            Run(
                OperationCode.OpenSession,
                new(Slot.OfShard, default, 0),
                OpenSession.Arguments(session, 0, TimeSpan.FromMinutes(1)).Span);
        }
    }

    /// <summary>Each name is new. Whoever comes second waits in line and is granted by who gives back.</summary>
    [Fact]
    public void A_million_locks_taken_and_given_back_leave_memory_where_it_was() => Compare(Million / 2, round =>
    {
        byte[] root = RecordKey.Named(RecordKind.Lock, "", $"lock-{round}");
        ulong held = Send(OperationCode.Acquire, root, s_first, Ask(root));
        ulong waiting = Send(OperationCode.Acquire, root, s_second, Ask(root));
        Send(OperationCode.Release, root, s_first, ReleaseHold.Arguments(root, held));
        Send(OperationCode.Release, root, s_second, ReleaseHold.Arguments(root, waiting));
        Assert.Equal(ReleaseOutcome.Released, ReleaseHold.Read(_last));
        Assert.False(_replica.Keyspace.TryGet(root, out _), "Nobody holds it, and it is still there.");
    });

    /// <summary>Of five messages four are in groups. Each is received, and completed by its receipt.</summary>
    [Fact]
    public void A_million_messages_through_a_queue_leave_memory_where_it_was()
    {
        const int BatchMessages = 100;
        byte[] root = RecordKey.Named(RecordKind.Queue, "", "q");
        var content = new ByteWriter();
        ValueRecord.WriteHead(content, "t");
        content.WriteRaw(new byte[64]);
        ReadOnlyMemory<byte> batch = EnqueueMessages.Arguments(root, [
            .. Enumerable.Range(0, BatchMessages).Select(i => new NewMessage(
                content.WrittenMemory, Group: i % 5 == 0 ? null : $"group-{i % 5}"))]);
        ReadOnlyMemory<byte> receive = ReceiveMessage.Arguments(root, noWait: true, "test");
        Compare(Million / BatchMessages, _ =>
        {
            Send(OperationCode.Enqueue, root, s_first, batch);
            for (int i = 0; i < BatchMessages; i++)
            {
                ulong handle = Send(OperationCode.Receive, root, s_second, receive);
                ReadOnlyMemory<byte> done = CompleteDelivery.Request(root, handle, _last.Revision).Arguments;
                Send(OperationCode.CompleteDelivery, root, s_second, done);
            }

            Assert.True(_replica.Keyspace.TryGet(root, out RecordView record));
            var queue = QueueRoot.Read(record.Value);
            Assert.Equal((0, 0, 0), (queue.Ready, queue.Delayed, queue.InFlight));
        });

        // The timer of the deliveries is looked at once more. What stays: two sessions with an answer each, the queue.
        _milliseconds += 60_000;
        Run(OperationCode.Wake, new(RecordKey.SlotOf(root), default, 0), WakeRoot.Arguments(root).Span);
        Assert.Equal(5, _replica.Keyspace.Count);
    }

    private void Compare(int rounds, Action<int> round)
    {
        int warm = rounds / 10;
        for (int i = 0; i < warm; i++)
        {
            round(i);
        }

        Keyspace keyspace = _replica.Keyspace;
        (int count, long bytes, long held) = (keyspace.Count, keyspace.Bytes, keyspace.HeldBytes);
        long heap = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = warm; i < rounds; i++)
        {
            _milliseconds++;
            round(i);
        }

        Assert.Equal((count, bytes, held), (keyspace.Count, keyspace.Bytes, keyspace.HeldBytes));
        long grown = GC.GetTotalMemory(forceFullCollection: true) - heap;
        Assert.True(grown < HeapBytesMax, $"The heap has grown by {grown} bytes from {heap}.");
    }

    private static ReadOnlyMemory<byte> Ask(byte[] root) =>
        AcquireHold.Arguments(root, HoldMode.Exclusive, 1, 0, waits: true, "test");

    /// <returns>The number of the request.</returns>
    private ulong Send(OperationCode code, byte[] root, SessionId session, ReadOnlyMemory<byte> arguments)
    {
        ulong sequence = ++_sequence;
        Run(code, new(RecordKey.SlotOf(root), session, sequence), arguments.Span);
        return sequence;
    }

    private void Run(OperationCode code, RequestKey request, ReadOnlySpan<byte> arguments)
    {
        _command.Clear();
        Command.WriteHead(_command, code, request, acknowledgedThrough: _sequence == 0 ? 0 : _sequence - 1);
        _command.WriteRaw(arguments);
        Command.SetTime(_command.Buffer.AsSpan(0, _command.Length), new(_milliseconds));
        Execution execution = _replica.Execute(_command.Written);
        Assert.Equal((ReplyStatus.Answered, AnswerStatus.Done), (execution.Status, execution.Answer));
        _last = new(execution.Answer, execution.Revision, execution.Payload.ToArray());
    }
}
