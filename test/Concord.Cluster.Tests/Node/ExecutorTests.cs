using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Cluster.State;
using Concord.Cluster.Tests.State;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Cluster.Tests.Node;

public sealed class ExecutorTests
{
    private static readonly SessionId s_session = new(9);
    private static readonly byte[] s_key = RecordKey.Named(new Slot(1), RecordKind.Counter, "", "c");

    [Fact]
    public void A_retry_gets_the_first_answer_and_does_not_run()
    {
        CommandExecutor executor = Opened();
        (long first, long revision) = Add(executor, sequence: 1);
        Assert.Equal(2, Add(executor, sequence: 2).Value);

        Assert.Equal((first, revision), Add(executor, sequence: 1));

        Assert.Equal(3, Add(executor, sequence: 3).Value);
    }

    [Fact]
    public void A_retry_gets_the_first_answer_from_a_snapshot_too()
    {
        CommandExecutor executor = Opened();
        (long Value, long Revision) first = Add(executor, sequence: 1);
        var loaded = new CommandExecutor(SnapshotFile.Read(SnapshotFile.Write(executor.Keyspace)));

        Assert.Equal(first, Add(loaded, sequence: 1));
        Assert.Equal(Add(executor, sequence: 2), Add(loaded, sequence: 2));
        Assert.Equal(executor.Keyspace.Digest, loaded.Keyspace.Digest);
    }

    [Fact]
    public void A_retry_of_a_delivery_is_sent_to_the_inbox_for_the_message()
    {
        CommandExecutor executor = Opened();
        byte[] queue = RecordKey.Named(new Slot(1), RecordKind.Queue, "", "q");
        byte[] content = [.. Enumerable.Repeat((byte)7, 3000)];
        executor.Execute(CommandBytes(
            OperationCode.Enqueue,
            new(new(1), s_session, 1),
            EnqueueMessages.Arguments(queue, [new(content)]).ToArray()));
        byte[] receive = CommandBytes(
            OperationCode.Receive,
            new(new(1), s_session, 2),
            ReceiveMessage.Request(queue, TimeSpan.Zero, "process").Arguments.ToArray());

        Assert.True(IsGranted(executor.Execute(receive), out int first));
        long kept = executor.Keyspace.Bytes;
        Assert.False(IsGranted(executor.Execute(receive), out _), "as one in line, whom the inbox tells what it holds");
        Assert.True(first > content.Length);

        // The message is there once: with the delivery, and not among the answers of the session too.
        Assert.InRange(kept, content.Length, 2 * content.Length);
    }

    private static bool IsGranted(in Execution execution, out int length)
    {
        Assert.Equal(AnswerStatus.Done, execution.Answer);
        var body = new ByteReader(execution.Payload);
        body.ReadUInt16();
        bool isGranted = ClaimAnswer.IsGranted(ref body, out ReadOnlySpan<byte> hold);
        length = hold.Length;
        return isGranted;
    }

    [Fact]
    public void What_was_acknowledged_is_forgotten_and_refused()
    {
        CommandExecutor executor = Opened();
        Add(executor, sequence: 1);
        Add(executor, sequence: 2, acknowledged: 1);

        Assert.Equal(ReplyStatus.Forgotten, executor.Execute(AddCommand(1, 0)).Status);
        Assert.Equal(3, Add(executor, sequence: 3).Value);
    }

    [Fact]
    public void A_session_that_is_not_registered_does_nothing()
    {
        var executor = new CommandExecutor(new Keyspace());

        Assert.Equal(ReplyStatus.SessionUnknown, executor.Execute(AddCommand(1, 0)).Status);
        Assert.Equal(0, executor.Keyspace.Count);
    }

    [Fact]
    public void An_operation_that_is_not_known_halts()
    {
        CommandExecutor executor = Opened();

        var halted = Assert.Throws<UnknownOperationException>(
            () => { executor.Execute(CommandBytes((OperationCode)900, new(new(1), s_session, 1), default)); });

        Assert.Contains("operation 900", halted.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_that_are_none_fault_the_same_every_time_and_write_nothing()
    {
        CommandExecutor executor = Opened();
        byte[] command = CommandBytes(OperationCode.AddCounter, new(new(1), s_session, 1), new byte[] { 1, 2 });

        Assert.Equal(AnswerStatus.Faulted, executor.Execute(command).Answer);
        Assert.Equal(AnswerStatus.Faulted, executor.Execute(command).Answer);
        Assert.False(executor.Keyspace.TryGet(s_key, out _));
    }

    /// <summary>An executor remembers what it has kept; one that is made anew for each command remembers
    /// nothing.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_an_executor_remembers_changes_no_answer_and_no_state(int seed)
    {
        var random = new Random(seed);
        CommandExecutor remembers = Opened();
        CommandExecutor forgets = Opened();
        ulong next = 1;
        ulong acknowledged = 0;
        var seen = new HashSet<(ReplyStatus, AnswerStatus)>();
        for (int i = 0; i < 3000; i++)
        {
            // Mostly a new one; else one that came before, was passed by, or is yet to come.
            ulong sequence = random.Next(4) > 0 ? next++ : (ulong)random.NextInt64(1, (long)next + 3);
            acknowledged = random.Next(6) > 0 || next < 8
                ? acknowledged
                : (ulong)random.NextInt64((long)acknowledged, (long)next - 1);
            var slot = new Slot((ushort)random.Next(1, 3));
            byte[] command = random.Next(8) > 0
                ? AddCommand(sequence, (ulong)random.NextInt64((long)acknowledged + 1), slot)
                : CommandBytes(
                    OperationCode.Settle,
                    new(slot, default, 0),
                    SettleRequest.Arguments(new(slot, s_session, sequence)));

            Execution one = remembers.Execute(command);
            forgets = new(forgets.Keyspace) { Now = forgets.Now };
            Execution other = forgets.Execute(command);

            Assert.Equal((other.Status, other.Answer, other.Revision), (one.Status, one.Answer, one.Revision));
            Assert.Equal(other.Payload, one.Payload);
            Assert.Equal(forgets.Keyspace.Digest, remembers.Keyspace.Digest);
            seen.Add((one.Status, one.Answer));
        }

        Assert.Contains((ReplyStatus.Forgotten, default), seen);
        Assert.Contains((ReplyStatus.Answered, AnswerStatus.Cancelled), seen);
    }

    private static CommandExecutor Opened()
    {
        var executor = new CommandExecutor(new Keyspace());
        Assert.Equal(AnswerStatus.Done, executor.Execute(CommandBytes(
            OperationCode.OpenSession,
            new(Slot.OfShard, default, 0),
            OpenSession.Arguments(s_session, 0, TimeSpan.FromMinutes(1)))).Answer);
        return executor;
    }

    private static (long Value, long Revision) Add(CommandExecutor executor, ulong sequence, ulong acknowledged = 0)
    {
        Execution execution = executor.Execute(AddCommand(sequence, acknowledged));
        Assert.Equal(ReplyStatus.Answered, execution.Status);
        var answer = new EngineAnswer(execution.Answer, execution.Revision, execution.Payload.ToArray());
        return (AddCounter.Read(answer).Value, execution.Revision);
    }

    private static byte[] AddCommand(ulong sequence, ulong acknowledged) =>
        AddCommand(sequence, acknowledged, new(1));

    private static byte[] AddCommand(ulong sequence, ulong acknowledged, Slot slot) => CommandBytes(
        OperationCode.AddCounter,
        new(slot, s_session, sequence),
        AddCounter.Request(
            RecordKey.Named(slot, RecordKind.Counter, "", "c"), new(1, long.MinValue, long.MaxValue)).Arguments,
        acknowledged);

    private static byte[] CommandBytes(
        OperationCode code, RequestKey request, ReadOnlyMemory<byte> arguments, ulong acknowledged = 0)
    {
        var writer = new ByteWriter();
        Command.WriteHead(writer, code, request, acknowledged);
        writer.WriteRaw(arguments.Span);
        return writer.ToArray();
    }
}
