using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Operations;

/// <summary>
/// Something that was done to others' holds or messages by hand. It stands in the log of the shard with the name of who
/// asked for it, behind the arguments of the operation; the leader tells its own log when it was done.
/// </summary>
/// <param name="Name">Of the lock, the queue, the election.</param>
/// <param name="By">Who asked, as he said.</param>
/// <param name="Session">The session that asked.</param>
/// <param name="What">What was done, for people.</param>
internal sealed record AdministrativeAct(string Name, string By, SessionId Session, string What)
{
    private const string Nobody = "somebody who gave no name";

    /// <summary>Who asks, at the end of the arguments; nothing if he does not say.</summary>
    public static void WriteBy(ByteWriter arguments, string by)
    {
        if (by.Length > 0)
        {
            arguments.WriteText(by);
        }
    }

    public static string ReadBy(ref ByteReader arguments)
    {
        string by = arguments.Remaining > 0 ? arguments.ReadText() : "";
        arguments.End();
        return by;
    }

    /// <summary>What a command did; null if it did nothing of this kind, or nothing at all.</summary>
    public static AdministrativeAct? Of(in Command command, AnswerStatus status, ReadOnlySpan<byte> payload)
    {
        if (status != AnswerStatus.Done
            || command.Code is not (
                OperationCode.ForceRelease or OperationCode.PurgeQueue or OperationCode.RedriveQueue))
        {
            return null;
        }

        var arguments = new ByteReader(command.Arguments);
        ReadOnlySpan<byte> root = arguments.ReadBytes();
        if (command.Code != OperationCode.PurgeQueue)
        {
            arguments.ReadInt64();
        }

        string by = ReadBy(ref arguments);
        EngineAnswer answer = new(status, 0, payload.ToArray());
        string kind = RecordKey.KindOf(root).ToString().ToLowerInvariant();
        return WhatOf(command.Code, answer) is { } what
            ? new($"{kind} '{RecordKey.NameOf(root).Name}'", by.Length > 0 ? by : Nobody, command.Request.Session, what)
            : null;
    }

    private static string? WhatOf(OperationCode code, in EngineAnswer answer)
    {
        switch (code)
        {
            case OperationCode.ForceRelease:
                IReadOnlyList<HoldDescription> taken = ForceRelease.Read(answer).Taken;
                return taken.Count == 0 ? null : "took " + string.Join(", ", taken.Select(
                    static hold => $"token {hold.Token} from session {hold.Session} ({hold.Process})"));
            case OperationCode.PurgeQueue:
                return PurgeQueue.Read(answer).Purged is var purged and > 0 ? $"deleted {purged} messages" : null;
            default:
                return RedriveQueue.Read(answer)?.Moved is { } moved and > 0
                    ? $"moved {moved} dead letters back to where they came from"
                    : null;
        }
    }
}
