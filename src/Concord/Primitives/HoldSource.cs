using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Primitives;

/// <summary>Something that can be held, under its name: asks for holds of it, and about them.</summary>
internal sealed class HoldSource(ConcordClient client, RecordKind kind, string name)
{
    public ConcordClient Client { get; } = client;

    public RecordKind Kind { get; } = kind;

    public string Name { get; } = name;

    public byte[] Root { get; } = RecordKey.Named(kind, client.Namespace, name);

    public Slot Slot => RecordKey.SlotOf(Root);

    /// <summary>The kind, for calls and metrics.</summary>
    public string Label { get; } = kind switch
    {
        RecordKind.Lock => "lock",
        RecordKind.Election => "election",
        RecordKind.Semaphore => "semaphore",
        RecordKind.Queue => "queue",
        RecordKind.Group => "group",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "It is not the root of holds."),
    };

    /// <summary>What taking one is called, in traces and metrics.</summary>
    public string AcquireCall => field ??= $"{Label}.acquire";

    /// <summary>What giving one back is called.</summary>
    public string ReleaseCall => field ??= $"{Label}.release";

    /// <summary>Asks for a hold of a lock, an election, a semaphore or a group.</summary>
    /// <param name="mode">Exclusive or shared.</param>
    /// <param name="count">How many permits; one of anything else.</param>
    /// <param name="initialLimit">Of a semaphore; zero for anything else.</param>
    /// <param name="timeout">How long to stand in line; null for as long as the caller waits, zero for not at
    /// all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public ValueTask<EngineHold?> AcquireAsync(
        HoldMode mode, int count, int initialLimit, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> arguments = AcquireHold.Arguments(
            Root, mode, count, initialLimit, waits: timeout != TimeSpan.Zero, Client.ProcessName);
        return AcquireAsync(new(Root, OperationCode.Acquire, arguments, timeout), cancellationToken);
    }

    public async ValueTask<EngineHold?> AcquireAsync(HoldRequest request, CancellationToken cancellationToken)
    {
        long started = Client.Time.GetTimestamp();
        EngineHold? hold = await RunAsync(
            request.Code,
            request,
            static (engine, request, token) => engine.AcquireAsync(request, token),
            cancellationToken).ConfigureAwait(false);
        if (hold is not null)
        {
            RecordWait(started);
        }

        return hold;
    }

    /// <summary>Asks for several; <see cref="IEngine.AcquireSeveralAsync"/> says when each is told, and how.</summary>
    public async ValueTask AcquireSeveralAsync(
        SeveralRequest request, Action<EngineHold> granted, CancellationToken cancellationToken)
    {
        await RunAsync(
            request.Several.Code,
            request,
            async (engine, request, token) =>
            {
                await engine.AcquireSeveralAsync(request, granted, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Somebody has waited for a hold since then, and has it.</summary>
    public void RecordWait(long started) =>
        Instruments.HoldWait.Record(Client.Time.GetElapsedTime(started).TotalSeconds, Instruments.Kind(Label));

    private async ValueTask<TAnswer> RunAsync<TRequest, TAnswer>(
        OperationCode code,
        TRequest request,
        Func<IEngine, TRequest, CancellationToken, ValueTask<TAnswer>> run,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CallTrace trace = CallTrace.Start(Client.Time, AcquireCall, Name);
        try
        {
            TAnswer answer = await run(Client.Engine, request, cancellationToken).ConfigureAwait(false);
            trace.End();
            return answer;
        }
        catch (HoldRefusedException refused)
        {
            Exception exception = Refusal(code, refused.Answer);
            trace.Fail(exception);
            throw exception;
        }
        catch (Exception exception)
        {
            trace.Fail(exception);
            throw;
        }
    }

    public async ValueTask<HoldsDescription> DescribeAsync(CancellationToken cancellationToken)
    {
        EngineAnswer answer = await Client.QueryAsync(
            $"{Label}.describe",
            Name,
            new(Slot, OperationCode.DescribeHolds, DescribeHolds.Arguments(Root), null),
            cancellationToken).ConfigureAwait(false);
        return DescribeHolds.Read(answer);
    }

    /// <summary>The records of all holds, now and after each change.</summary>
    public IAsyncEnumerable<EngineRecords> WatchAsync(CancellationToken cancellationToken)
    {
        byte[] prefix = new byte[Root.Length + 2];
        HoldKey.Prefix(prefix, RecordKind.Hold, Root);
        return Client.Engine.WatchAsync(prefix, cancellationToken);
    }

    private Exception Refusal(OperationCode code, in EngineAnswer answer)
    {
        try
        {
            if (Reply.IsDone(answer, code, out ByteReader body, out RefusalCode refusal))
            {
                return Reply.Unexpected(code, refusal);
            }

            return refusal switch
            {
                RefusalCode.LimitExceeded => new TooManyPermitsException(body.ReadInt32()),
                RefusalCode.LineFull => EngineErrors.Overloaded(
                    $"{body.ReadInt32()} wait for {Label} '{Name}': no more are taken. Nothing happened.",
                    TimeSpan.FromSeconds(1)),
                _ => Reply.Unexpected(code, refusal),
            };
        }
        catch (Exception exception) when (exception is ConcordException or InvalidOperationException)
        {
            return exception;
        }
    }
}

/// <summary>More permits were asked for than there are; the semaphore tells its caller.</summary>
internal sealed class TooManyPermitsException(int limit) : Exception("More permits than there are.")
{
    public int Limit { get; } = limit;
}
