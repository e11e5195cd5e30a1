using Concord.Cluster.State;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <summary>Runs an operation that only reads, on the applied state and outside the log.</summary>
internal sealed class QueryRunner(Keyspace keyspace, LogTime now)
{
    /// <summary>Whether an operation changes nothing: only such are run here.</summary>
    public static bool IsQuery(OperationCode code) =>
        code is OperationCode.DescribeHolds or OperationCode.VerifyHold or OperationCode.DescribeQueue;

    public EngineAnswer Run(Slot slot, OperationCode code, ReadOnlyMemory<byte> arguments)
    {
        var answer = new OperationAnswer();
        answer.Reset();
        var reader = new ByteReader(arguments.Span);
        try
        {
            OperationTable.Find(code)!.Body(
                ref reader, new(new(slot, default, 0)), new KeyspaceView(keyspace, now), answer);
        }
        catch (Exception e) when (
            e is MalformedDataException or InvalidOperationException or ArgumentException or OverflowException)
        {
            answer.Fault(e.Message);
        }

        return new(answer.Status, keyspace.Revision, answer.Payload.ToArray());
    }
}
