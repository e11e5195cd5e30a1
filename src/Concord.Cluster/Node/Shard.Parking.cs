using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <content>
/// What waits for a transaction: proposed again, or read again, when it is resolved. Two transactions in each other's
/// way could wait for ever, each prepared where the other wants to be; so the older waits and the younger gives up
/// after a moment that is long enough for one that is decided already (wait-die, Rosenkrantz, Stearns and Lewis 1978).
/// </content>
internal sealed partial class Shard
{
    private readonly Dictionary<RequestKey, List<Parked>> _parked = [];
    private readonly List<RequestKey> _parkedOrder = [];
    private int _parkedCount;

    private void Park(RequestKey blocker, ReadOnlySpan<byte> command, ReplyTarget target)
    {
        if (IsLeader)
        {
            Park(blocker, new(command.ToArray(), null, target, _node.Now + PatienceOf(command, blocker)));
        }
        else
        {
            target.Refuse(ReplyStatus.LeadershipLost, Leader);
        }
    }

    private void ParkRead(RequestKey blocker, WaitingRead read) =>
        Park(blocker, new([], read, read.Target, _node.Now + _node.Settings.OperationWaits));

    private void Park(RequestKey blocker, Parked parked)
    {
        if (_parkedCount >= _node.Settings.ParkedMax)
        {
            parked.Target.Refuse(ReplyStatus.Overloaded);
            return;
        }

        if (!_parked.TryGetValue(blocker, out List<Parked>? list))
        {
            _parked.Add(blocker, list = []);
            _parkedOrder.Add(blocker);
        }

        list.Add(parked);
        _parkedCount++;
        _doubts.Blocking(blocker);
    }

    private TimeSpan PatienceOf(ReadOnlySpan<byte> payload, RequestKey blocker)
    {
        Command command = Command.Read(payload);
        var reader = new ByteReader(command.Arguments);
        LogTime age;
        RequestKey transaction;
        switch (command.Code)
        {
            case OperationCode.Prepare:
                transaction = PrepareTransaction.TransactionOf(ref reader);
                age = PreparedRecord.Read(reader.Rest).Age;
                break;
            case OperationCode.Decide:
                transaction = command.Request;
                age = DecideTransaction.ReadArguments(ref reader).Age;
                break;
            default:
                return _node.Settings.OperationWaits;
        }

        bool known = PreparedRecord.TryGet(new KeyspaceView(Keyspace, Now), blocker, out PreparedRecord other);
        bool isOlder = known && IsOlder(age, transaction, other.Age, blocker);
        return isOlder ? _node.Settings.OlderWaits : _node.Settings.YoungerWaits;
    }

    private static bool IsOlder(LogTime age, RequestKey transaction, LogTime otherAge, RequestKey other)
    {
        (long, ulong, ulong) own = (age.Milliseconds, transaction.Session.Value, transaction.Sequence);
        return own.CompareTo((otherAge.Milliseconds, other.Session.Value, other.Sequence)) < 0;
    }

    private void Unpark(RequestKey blocker)
    {
        if (!_parked.Remove(blocker, out List<Parked>? list))
        {
            return;
        }

        _parkedOrder.Remove(blocker);
        _parkedCount -= list.Count;
        foreach (Parked parked in list)
        {
            if (parked.Read is { } read)
            {
                AnswerRead(read);
            }
            else
            {
                Propose(parked.Command, parked.Target);
            }
        }
    }

    private void TickParked()
    {
        foreach (RequestKey blocker in _parkedOrder.ToArray())
        {
            List<Parked> list = _parked[blocker];
            for (int i = list.Count - 1; i >= 0; i--)
            {
                if (_node.Now >= list[i].Until)
                {
                    ReplyTarget target = list[i].Target;
                    list.RemoveAt(i);
                    _parkedCount--;
                    target.Refuse(ReplyStatus.Conflict);
                }
            }

            if (list.Count == 0)
            {
                _parked.Remove(blocker);
                _parkedOrder.Remove(blocker);
            }
        }
    }

    private void FailParked()
    {
        foreach (RequestKey blocker in _parkedOrder)
        {
            foreach (Parked parked in _parked[blocker])
            {
                // It ran, met the transaction, and left nothing behind.
                parked.Target.Refuse(ReplyStatus.NotLeader, Leader);
            }
        }

        _parked.Clear();
        _parkedOrder.Clear();
        _parkedCount = 0;
    }

    private sealed record Parked(byte[] Command, WaitingRead? Read, ReplyTarget Target, TimeSpan Until);
}
