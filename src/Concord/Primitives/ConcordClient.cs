using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Concord.Engines;
using Concord.Hosting;
using Concord.Operations;
using Microsoft.Extensions.Logging;

namespace Concord.Primitives;

/// <summary>The root, over whatever engine. It has no state: what must be remembered, the engine's session
/// remembers.</summary>
internal sealed class ConcordClient : IConcord
{
    private readonly JsonSerializerOptions _json;
    private readonly ValueSerializers _serializers;

    public ConcordClient(
        IEngine engine,
        ConcordOptions options,
        TimeProvider time,
        ILogger logger,
        ValueSerializers? serializers = null)
    {
        Engine = engine;
        _json = FrozenJsonOptions.Of(options.JsonSerializerOptions);
        _serializers = serializers ?? ValueSerializers.None;
        Namespace = options.Namespace;
        ProcessName = options.ProcessName;
        OperationTimeout = options.OperationTimeout;
        Time = time;
        Logger = logger;
        Transactions = new TransactionRunner(this, engine, logger);
    }

    public IEngine Engine { get; }

    public string Namespace { get; }

    public string ProcessName { get; }

    public TimeSpan OperationTimeout { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public TransactionRunner Transactions { get; }

    public IConcordSession Session => Engine.Session;

    public ConcordCapabilities Capabilities => Engine.Capabilities;

    public IConcordLock GetLock(string name) => new ConcordLock(this, name);

    public IConcordElection GetElection(string name) => new ConcordElection(this, name);

    public IConcordSemaphore GetSemaphore(string name, int initialLimit) =>
        new ConcordSemaphore(this, name, initialLimit);

    public IConcordGroup GetGroup(string name) => new ConcordGroup(this, name);

    public IConcordPartitions GetPartitions(string name, int count) => new ConcordPartitions(this, name, count);

    public IConcordSequence GetSequence(string name) => new ConcordSequence(this, name);

    public IConcordCounter GetCounter(string name) => new Counter(this, name);

    public IConcordValue<T> GetValue<T>(string name, IConcordSerializer<T>? serializer = null)
        where T : notnull =>
        new StoredValue<T>(this, name, serializer ?? SerializerOf<T>());

    public IConcordQueue<T> GetQueue<T>(string name, IConcordSerializer<T>? serializer = null)
        where T : notnull =>
        new ConcordQueue<T>(this, name, serializer ?? SerializerOf<T>());

    public async Task RunTransactionAsync(
        Func<IConcordTransaction, CancellationToken, Task> body,
        TransactionRunOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        TransactionRun<bool> run = await RunAsync(body, options, cancellationToken).ConfigureAwait(false);
        run.EnsureCommitted();
    }

    public async Task<T> RunTransactionAsync<T>(
        Func<IConcordTransaction, CancellationToken, Task<T>> body,
        TransactionRunOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        TransactionRun<T> run = await Transactions.RunAsync(body, options, cancellationToken).ConfigureAwait(false);
        return run.EnsureCommitted();
    }

    public async Task<TransactionResult> TryRunTransactionAsync(
        Func<IConcordTransaction, CancellationToken, Task> body,
        TransactionRunOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        TransactionRun<bool> run = await RunAsync(body, options, cancellationToken).ConfigureAwait(false);
        return run.Result;
    }

    public async ValueTask<TransactionResult> GetTransactionResultAsync(
        TransactionId id, CancellationToken cancellationToken = default)
    {
        EngineAnswer answer = await SettleAsync(id.Value, nameof(id), cancellationToken).ConfigureAwait(false);
        return TransactionRunner.ResultOf(id, TransactionAnswer.Read(answer));
    }

    public async ValueTask<OperationOutcome> GetOutcomeAsync(
        RequestId request, CancellationToken cancellationToken = default)
    {
        EngineAnswer answer = await SettleAsync(
            request.Value, nameof(request), cancellationToken).ConfigureAwait(false);
        return answer.Status switch
        {
            AnswerStatus.Done => OperationOutcome.Done,
            AnswerStatus.Faulted or AnswerStatus.Cancelled => OperationOutcome.Refused,
            AnswerStatus.Refused when (RefusalCode)answer.Payload.Span[0] != RefusalCode.Forgotten =>
                OperationOutcome.Refused,
            _ => OperationOutcome.Unknown,
        };
    }

    /// <summary>Runs a write as one call of the user, with the fence that stands in the request.</summary>
    /// <exception cref="FenceRejectedException">What the fence is of is not held.</exception>
    public ValueTask<EngineAnswer> WriteAsync(
        string call, string name, OperationRequest request, Fence? fence, CancellationToken cancellationToken) =>
        fence is { } presented
            ? WriteFencedAsync(call, name, request, presented, cancellationToken)
            : ExecuteAsync(call, name, request, cancellationToken);

    /// <summary>Runs an operation as one call of the user.</summary>
    public async ValueTask<EngineAnswer> ExecuteAsync(
        string call, string name, OperationRequest request, CancellationToken cancellationToken)
    {
        CallTrace trace = CallTrace.Start(Time, call, name);
        try
        {
            EngineAnswer answer = await Engine.ExecuteAsync(request, cancellationToken).ConfigureAwait(false);
            trace.End();
            return answer;
        }
        catch (Exception exception)
        {
            trace.Fail(exception);
            throw;
        }
    }

    /// <summary>Runs an operation that only reads as one call of the user.</summary>
    public async ValueTask<EngineAnswer> QueryAsync(
        string call, string name, OperationRequest request, CancellationToken cancellationToken)
    {
        CallTrace trace = CallTrace.Start(Time, call, name);
        try
        {
            EngineAnswer answer = await Engine.QueryAsync(request, cancellationToken).ConfigureAwait(false);
            trace.End();
            return answer;
        }
        catch (Exception exception)
        {
            trace.Fail(exception);
            throw;
        }
    }

    /// <summary>Reads a record as one call of the user.</summary>
    public async ValueTask<EngineRecord> ReadAsync(
        string call, string name, ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        CallTrace trace = CallTrace.Start(Time, call, name);
        try
        {
            EngineRecord record = await Engine.ReadAsync(key, cancellationToken).ConfigureAwait(false);
            trace.End();
            return record;
        }
        catch (Exception exception)
        {
            trace.Fail(exception);
            throw;
        }
    }

    private IConcordSerializer<T> SerializerOf<T>()
        where T : notnull =>
        _serializers.Find<T>() ?? new JsonValueSerializer<T>((JsonTypeInfo<T>)_json.GetTypeInfo(typeof(T)));

    private Task<TransactionRun<bool>> RunAsync(
        Func<IConcordTransaction, CancellationToken, Task> body,
        TransactionRunOptions? options,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Transactions.RunAsync(
            async (transaction, token) =>
            {
                await body(transaction, token).ConfigureAwait(false);
                return true;
            },
            options,
            cancellationToken);
    }

    private async ValueTask<EngineAnswer> WriteFencedAsync(
        string call, string name, OperationRequest request, Fence fence, CancellationToken cancellationToken)
    {
        EngineAnswer answer = await ExecuteAsync(call, name, request, cancellationToken).ConfigureAwait(false);
        return FencedWrite.IsRejected(answer, out long current)
            ? throw EngineErrors.FenceRejected($"The write of '{name}'", fence, current)
            : answer;
    }

    private ValueTask<EngineAnswer> SettleAsync(string id, string parameter, CancellationToken cancellationToken) =>
        RequestKey.TryParse(id, out RequestKey request)
            ? Engine.SettleAsync(request, cancellationToken)
            : throw new ArgumentException($"'{id}' is not an id that Concord gave out.", parameter);
}
