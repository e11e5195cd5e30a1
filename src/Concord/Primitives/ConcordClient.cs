using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Concord.Engines;
using Concord.Operations;
using Microsoft.Extensions.Logging;

namespace Concord.Primitives;

/// <summary>The root, over whatever engine. It has no state: what must be remembered, the engine's session
/// remembers.</summary>
internal sealed class ConcordClient : IConcord
{
    private readonly IEngine _engine;
    private readonly JsonSerializerOptions _json;
    private readonly TransactionRunner _transactions;

    public ConcordClient(IEngine engine, ConcordOptions options, TimeProvider time, ILogger logger)
    {
        _engine = engine;
        _json = FrozenJsonOptions.Of(options.JsonSerializerOptions);
        Namespace = options.Namespace;
        OperationTimeout = options.OperationTimeout;
        Time = time;
        _transactions = new TransactionRunner(this, engine, logger);
    }

    public string Namespace { get; }

    public TimeSpan OperationTimeout { get; }

    public TimeProvider Time { get; }

    public IConcordCounter GetCounter(string name) => new Counter(this, name);

    public IConcordValue<T> GetValue<T>(string name, IConcordSerializer<T>? serializer = null)
        where T : notnull =>
        new StoredValue<T>(
            this, name, serializer ?? new JsonValueSerializer<T>((JsonTypeInfo<T>)_json.GetTypeInfo(typeof(T))));

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
        TransactionRun<T> run = await _transactions.RunAsync(body, options, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Runs an operation as one call of the user.</summary>
    public async ValueTask<EngineAnswer> ExecuteAsync(
        string call, string name, OperationRequest request, CancellationToken cancellationToken)
    {
        CallTrace trace = CallTrace.Start(Time, call, name);
        try
        {
            EngineAnswer answer = await _engine.ExecuteAsync(request, cancellationToken).ConfigureAwait(false);
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
            EngineRecord record = await _engine.ReadAsync(key, cancellationToken).ConfigureAwait(false);
            trace.End();
            return record;
        }
        catch (Exception exception)
        {
            trace.Fail(exception);
            throw;
        }
    }

    private Task<TransactionRun<bool>> RunAsync(
        Func<IConcordTransaction, CancellationToken, Task> body,
        TransactionRunOptions? options,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        return _transactions.RunAsync(
            async (transaction, token) =>
            {
                await body(transaction, token).ConfigureAwait(false);
                return true;
            },
            options,
            cancellationToken);
    }

    private ValueTask<EngineAnswer> SettleAsync(string id, string parameter, CancellationToken cancellationToken) =>
        RequestKey.TryParse(id, out RequestKey request)
            ? _engine.SettleAsync(request, cancellationToken)
            : throw new ArgumentException($"'{id}' is not an id that Concord gave out.", parameter);
}
