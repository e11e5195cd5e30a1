using Concord.Client.Wire;
using Concord.Cluster.State;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Cluster.Node;

/// <summary>What became of a command, the same on every replica.</summary>
internal readonly ref struct Execution
{
    public ReplyStatus Status { get; init; }

    public AnswerStatus Answer { get; init; }

    public long Revision { get; init; }

    public ReadOnlySpan<byte> Payload { get; init; }
}

/// <summary>
/// Runs the commands of a shard's log on its keyspace, one after the other: has the request been answered before, then
/// the same answer again; else the operation runs, and its answer is kept in the same step. A pure function of the log.
/// </summary>
internal sealed class CommandExecutor(Keyspace keyspace, IRecordWatcher? watcher = null)
{
    private readonly KeyspaceOperation _keys = new(keyspace) { Watcher = watcher };
    private readonly OperationAnswer _answer = new();
    private readonly ByteWriter _scratch = new();
    private readonly AnswersMemo _answers = new();
    private readonly List<(RequestKey Transaction, bool Commit)> _resolved = [];

    public Keyspace Keyspace { get; } = keyspace;

    /// <summary>The time of the last command; never goes back.</summary>
    public LogTime Now { get; set; }

    /// <summary>The transactions that the last command resolved.</summary>
    public IReadOnlyList<(RequestKey Transaction, bool Commit)> Resolved => _resolved;

    /// <exception cref="UnknownOperationException">This build does not know the operation: the node must
    /// halt.</exception>
    public Execution Execute(ReadOnlySpan<byte> payload)
    {
        _resolved.Clear();
        Command command = Command.Read(payload);
        Now = new(Math.Max(Now.Milliseconds, command.Time.Milliseconds));
        _answer.Reset();
        _keys.Begin(Now);
        OperationDefinition definition = DefinitionOf(command.Code);
        if (command.Request.Session.IsNone)
        {
            return command.Code == OperationCode.Resolve ? Resolve(command) : Finish(Run(definition, command));
        }

        switch (SessionAnswers.Find(
            _keys, command.Request, out AnswerStatus status, out long revision, out ReadOnlySpan<byte> kept, _answers))
        {
            case AnswerFound.Kept:
                _keys.Discard();
                return new() { Status = ReplyStatus.Answered, Answer = status, Revision = revision, Payload = kept };
            case AnswerFound.Forgotten:
                _keys.Discard();
                return new() { Status = ReplyStatus.Forgotten };
        }

        if (!SessionRecord.MayRun(_keys, command.Request.Session))
        {
            _keys.Discard();
            return new() { Status = ReplyStatus.SessionUnknown };
        }

        return RunNumbered(definition, command);
    }

    private Execution RunNumbered(OperationDefinition definition, Command command)
    {
        if (IdempotencyRecord.TryGetAnswer(
            _keys, command.Request.Slot, command.IdempotencyTail, out AnswerStatus first, out long revision,
                out ReadOnlySpan<byte> earlier))
        {
            _scratch.Clear();
            _scratch.WriteRaw(earlier);
            byte[] payload = _scratch.ToArray();
            return Keep(command, first, revision, payload, payload);
        }

        AnswerStatus status = Run(definition, command);
        if (status == AnswerStatus.Blocked)
        {
            // Nothing is remembered: it runs again when the transaction in its way is resolved.
            _keys.Discard();
            return new() { Status = ReplyStatus.Answered, Answer = status, Payload = _answer.Payload.Written };
        }

        if (status != AnswerStatus.Done)
        {
            _keys.Discard();
            _keys.Begin(Now);
        }
        else if (!command.IdempotencyTail.IsEmpty)
        {
            IdempotencyRecord.PutAnswer(
                _keys, command.Request.Slot, command.IdempotencyTail, status, Keyspace.Revision
                    + 1, _answer.Payload.Written);
        }

        ReadOnlySpan<byte> answer = _answer.Payload.Written;
        ReadOnlySpan<byte> retry = _answer.Retry.Length > 0 ? _answer.Retry.Written : answer;
        return Keep(command, status, Keyspace.Revision + 1, answer, retry);
    }

    /// <summary>Whether the hold that the command rests on, if any, is held; else the answer says so.</summary>
    private bool IsFenced(Command command)
    {
        if (command.Fence.IsEmpty)
        {
            return true;
        }

        FenceView fence = FenceView.Read(command.Fence, command.Request.Slot);
        if (FenceCheck.IsHeld(_keys, fence.Root, fence.Token, fence.Session, fence.Sequence, out long current))
        {
            return true;
        }

        FenceCheck.Refuse(_answer, current);
        return false;
    }

    /// <summary>Keeps what a retry is answered, together with what the operation wrote.</summary>
    private Execution Keep(
        Command command, AnswerStatus status, long revision, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> retry)
    {
        if (!SessionAnswers.TryAdd(_keys, command.Request, command.AcknowledgedThrough, status, revision, retry,
            _scratch, _answers))
        {
            _keys.Discard();
            return new() { Status = ReplyStatus.Overloaded };
        }

        _answers.Committed(_keys.Commit());
        return new() { Status = ReplyStatus.Answered, Answer = status, Revision = revision, Payload = payload };
    }

    private AnswerStatus Run(OperationDefinition definition, Command command)
    {
        var arguments = new ByteReader(command.Arguments);
        try
        {
            if (IsFenced(command))
            {
                definition.Body(ref arguments, new(command.Request), _keys, _answer);
            }
        }
        catch (Exception e) when (
            e is MalformedDataException or InvalidOperationException or ArgumentException or OverflowException)
        {
            // Deterministic: the same arguments on the same records throw the same on every replica.
            _answer.Fault(e.Message);
        }

        return _answer.Status;
    }

    private Execution Finish(AnswerStatus status)
    {
        long revision = Keyspace.Revision;
        if (status == AnswerStatus.Done)
        {
            revision = _keys.Commit();
        }
        else
        {
            _keys.Discard();
        }

        return new() { Status = ReplyStatus.Answered, Answer = status, Revision = revision, Payload =
            _answer.Payload.Written };
    }

    /// <summary>Many resolutions travel in one entry; each takes effect by itself, so that the entry may be
    /// long.</summary>
    private Execution Resolve(Command command)
    {
        var arguments = new ByteReader(command.Arguments);
        foreach ((RequestKey transaction, bool commit) in ResolveTransactions.ReadArguments(ref arguments))
        {
            ResolveTransactions.Resolve(_keys, transaction, commit);
            _keys.Commit();
            _keys.Begin(Now);
            _resolved.Add((transaction, commit));
        }

        Operations.Reply.Done(_answer, OperationCode.Resolve);
        return Finish(AnswerStatus.Done);
    }

    private static OperationDefinition DefinitionOf(OperationCode code) =>
        OperationTable.Find(code) ?? throw new UnknownOperationException(code);
}

/// <summary>The log holds an operation that this build does not know. To skip it would be to disagree with those who
/// ran it.</summary>
internal sealed class UnknownOperationException(OperationCode code) : Exception(
    $"The log holds operation {(ushort)code}, which this build does not know: the cluster has been raised to a "
        + "newer level. "
    + "Nothing is lost. Start this node with the build of the others.");
