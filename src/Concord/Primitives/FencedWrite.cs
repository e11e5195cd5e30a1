using System.Buffers.Binary;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Primitives;

/// <summary>A write that carries a fence: in its own entry where what is held lies beside it, as a transaction where it
/// lies elsewhere.</summary>
internal static class FencedWrite
{
    /// <summary>A revision that no value has: it was written, and with which revision is not known.</summary>
    private static readonly Revision s_unknown = new(-1);

    /// <summary>Puts the fence into the request. False when what is held lies in another slot.</summary>
    public static bool TryBeside(ConcordClient client, WriteOptions options, ref OperationRequest request)
    {
        if (options.Fence is not { } fence)
        {
            return true;
        }

        EngineFence parsed = HoldName.Parse(fence, client.Namespace);
        if (RecordKey.SlotOf(parsed.Root.Span) != request.Slot)
        {
            return false;
        }

        request = request with { Fence = parsed };
        return true;
    }

    /// <summary>Whether an operation refused because of its fence, and the newest token that it knew.</summary>
    public static bool IsRejected(in EngineAnswer answer, out long current)
    {
        ReadOnlySpan<byte> payload = answer.Payload.Span;
        bool isRejected = answer.Status == AnswerStatus.Refused
            && payload.Length > 0
            && (RefusalCode)payload[0] == RefusalCode.FenceRejected;
        current = isRejected && payload.Length >= 1 + sizeof(long)
            ? BinaryPrimitives.ReadInt64LittleEndian(payload[1..])
            : 0;
        return isRejected;
    }

    /// <summary>Runs the write as a transaction that requires the hold.</summary>
    /// <param name="client">The root.</param>
    /// <param name="call">For the trace.</param>
    /// <param name="name">Of what is written.</param>
    /// <param name="options">With a fence.</param>
    /// <param name="write">Reads, writes, and says what the caller wants to know; may run several times.</param>
    /// <param name="cancellationToken">Stops waiting; the write may still happen.</param>
    /// <returns>What <paramref name="write"/> said, and the revision of what it wrote; zero when it is not
    /// known.</returns>
    public static async ValueTask<(T Value, long Revision)> ElsewhereAsync<T>(
        ConcordClient client,
        string call,
        string name,
        WriteOptions options,
        Func<IConcordTransaction, CancellationToken, ValueTask<T>> write,
        CancellationToken cancellationToken)
    {
        Fence fence = options.Fence!.Value;
        if (options.IdempotencyKey is not null)
        {
            throw new ArgumentException(
                $"'{name}' and {fence.HoldName} do not lie together, so that the first answer to an idempotency key "
                + "could not be kept with the write. Give both names the same {tag}, or run a transaction with the "
                + "key.",
                nameof(options));
        }

        var run = new TransactionRunOptions { Timeout = client.OperationTimeout, MaxAttempts = int.MaxValue };
        TransactionRun<T> ended = await client.Transactions.RunAsync(
            async (transaction, token) =>
            {
                transaction.Require(fence);
                return await write(transaction, token).ConfigureAwait(false);
            },
            run,
            cancellationToken,
            call,
            name).ConfigureAwait(false);
        TransactionResult result = ended.Result;
        return result.Outcome switch
        {
            TransactionOutcome.Committed => (ended.Value!, ended.Revision),
            TransactionOutcome.InDoubt => throw new OutcomeUnknownException(
                $"The write of '{name}' was sent and not answered in time.", new(result.Id.Value), ended.Doubt)
            {
                ErrorCode = EngineErrors.OutcomeUnknownCode,
            },
            _ when result.AbortReason == TransactionAbortReason.FenceRejected => throw EngineErrors.FenceRejected(
                $"The write of '{name}'",
                fence,
                await NewestToken.OfAsync(client, HoldName.Parse(fence, client.Namespace).Root, cancellationToken)
                    .ConfigureAwait(false)),
            _ => throw Refusal(name, result),
        };
    }

    public static Revision RevisionOf(long revision) => revision > 0 ? new(revision) : s_unknown;

    private static ConcordException Refusal(string name, TransactionResult result) =>
        result.AbortReason switch
        {
            TransactionAbortReason.QueueFull => EngineErrors.QueueFull(name),
            _ => EngineErrors.Overloaded(
                $"'{name}' was changed or held by others for as long as the write could wait. {result.Detail}",
                TimeSpan.FromMilliseconds(100)),
        };
}
