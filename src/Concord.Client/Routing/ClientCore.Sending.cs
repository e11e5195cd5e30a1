using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Client.Routing;

/// <content>From a call to bytes on the connection of the leader.</content>
internal sealed partial class ClientCore
{
    private void TrySend(ClientCall call)
    {
        if (_now < call.RetryAt || _topology is not { } topology)
        {
            Wait(call);
            return;
        }

        uint shard = call.Shard ?? topology.ShardOf(call.Slot);
        bool registered = call.Kind switch
        {
            CallKind.Execute when call.IsNumbered => IsRegistered(call.Session!, shard),
            CallKind.Commit => AreRegistered(call, topology),
            _ => true,
        };
        if (!registered || LeaderConnection(shard) is not { } connection)
        {
            Wait(call);
            return;
        }

        if (call.Claim is not null)
        {
            OpenInbox(call.Session!, shard);
        }

        call.SentOn = connection;
        call.SentAt = _now;
        call.FirstSentAt ??= _now;
        connection.Waiting++;
        Write(call, shard, topology, connection.Output);
        MarkDirty(connection);
    }

    private static void Write(ClientCall call, uint shard, Topology topology, FrameWriter frames)
    {
        ByteWriter writer = frames.Begin(call.Kind switch
        {
            CallKind.Read => WireKind.Read,
            CallKind.Commit => WireKind.Commit,
            CallKind.Query => WireKind.Query,
            _ => WireKind.Execute,
        });
        writer.WriteUInt64(call.WireId);
        writer.WriteUInt32(shard);
        switch (call.Kind)
        {
            case CallKind.Read:
                writer.WriteRaw(call.Body.Span);
                break;
            case CallKind.Commit:
                CommitRequest.Write(writer, call.Transaction!, Parts(call, topology));
                break;
            default:
                RequestKey request = call.IsNumbered
                    ? new(call.Slot, call.Session!.Id, call.Sequence)
                    : new(call.Slot, default, 0);
                ulong acknowledged = call.IsNumbered ? call.Session!.AcknowledgedThrough(call.Slot) : 0;
                Command.WriteHead(writer, call.Code, request, acknowledged, call.IdempotencyKey, call.Fence);
                writer.WriteRaw(call.Body.Span);
                break;
        }

        frames.End();
    }

    /// <summary>Splits a transaction by shard, the anchor first, and opens its number on each part's slot.</summary>
    private static List<TransactionPart> Parts(ClientCall call, Topology topology)
    {
        TransactionRequest transaction = call.Transaction!;
        uint anchor = topology.ShardOf(transaction.Id.Slot);
        var ordinals = new SortedDictionary<(bool IsFurther, uint Shard), List<int>> { [(false, anchor)] = [] };
        for (int i = 0; i < transaction.Actions.Count; i++)
        {
            uint shard = topology.ShardOf(RecordKey.SlotOf(transaction.Actions[i].Key.Span));
            if (!ordinals.TryGetValue((shard != anchor, shard), out List<int>? own))
            {
                ordinals.Add((true, shard), own = []);
            }

            own.Add(i);
        }

        bool first = call.Tickets.Count == 0;
        var parts = new List<TransactionPart>(ordinals.Count);
        foreach (((bool isFurther, uint shard), List<int> own) in ordinals)
        {
            Slot slot = isFurther ? RecordKey.SlotOf(transaction.Actions[own[0]].Key.Span) : transaction.Id.Slot;
            if (first)
            {
                call.Tickets.Add(call.Session!.Open(slot, transaction.Id.Sequence));
            }

            parts.Add(new(shard, slot, call.Session!.AcknowledgedThrough(slot), own));
        }

        if (first)
        {
            call.Session!.GiveUp(transaction.Id.Sequence);
            for (int i = 0; i < parts.Count; i++)
            {
                parts[i] = parts[i] with { AcknowledgedThrough = call.Session.AcknowledgedThrough(parts[i].Slot) };
            }
        }

        return parts;
    }

    private bool AreRegistered(ClientCall call, Topology topology)
    {
        bool all = IsRegistered(call.Session!, topology.ShardOf(call.Slot));
        foreach (TransactionAction action in call.Transaction!.Actions)
        {
            all &= IsRegistered(call.Session!, topology.ShardOf(RecordKey.SlotOf(action.Key.Span)));
        }

        return all;
    }

    /// <summary>Whether the session may be used in a shard; begins its registration if not.</summary>
    private bool IsRegistered(ClientSession session, uint shard)
    {
        ShardRegistration registration = session.In(shard);
        if (!registration.IsOpen && !registration.IsOpening)
        {
            registration.IsOpening = true;
            Call(
                new()
                {
                    Kind = CallKind.OpenSession,
                    Code = OperationCode.OpenSession,
                    Slot = Slot.OfShard,
                    Shard = shard,
                    Session = session,
                    Body = OpenSession.Arguments(session.Id, registration.Token, _options.SessionTimeout),
                    Deadline = TimeSpan.MaxValue,
                },
                _now);
        }

        return registration.IsOpen;
    }

    private void MarkDirty(ClientConnection connection)
    {
        if (!Dirty.Contains(connection))
        {
            Dirty.Add(connection);
        }
    }
}
