using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <content>Clients' requests, applying, answers.</content>
internal sealed partial class SimReplica
{
    private readonly Dictionary<ulong, (Request Request, Stamp Stamp)> _proposals = [];
    private readonly Dictionary<ulong, Request> _reads = [];
    private readonly List<(ulong Index, Request Request)> _confirmedReads = [];
    private readonly byte[] _payload = new byte[128];
    private RegisterMachine _machine = new();
    private ulong _nextRead;

    private void OnRequest(Request request)
    {
        RegisterCommand command = request.Command;
        ProposeResult result;
        if (command.Operation is RegisterOperation.Read or RegisterOperation.ReadTotal)
        {
            ulong context = ++_nextRead;
            bool mayRead = _world.Profile.FollowerReads || Core!.Status.Role == Role.Leader;
            result = mayRead ? Core!.Read(context, Clock) : ProposeResult.NotLeader;
            if (result == ProposeResult.Accepted)
            {
                _reads.Add(context, request);
                _world.Rules.ReadRequested(this, context);
            }
        }
        else
        {
            Stamp stamp = Core!.Status.Stamp;
            command.Write(_payload);
            result = Core.Propose(_payload.AsSpan(0, command.Length), out LogIndex index);
            if (result == ProposeResult.Accepted)
            {
                _proposals[index.Value] = (request, stamp);
            }
        }

        if (result != ProposeResult.Accepted)
        {
            Answer(request, new(request.Attempt, IsDone: false, 0, 0, Core!.Status.Leader.Value - 1));
        }
    }

    private void ApplyThrough(ulong index)
    {
        while (Applied < index)
        {
            Applied++;
            LogIndex at = new(Applied);
            Stamp stamp = Core!.Log.OriginAt(at);
            (ulong Answer, ulong Index) result = default;
            if (Core.Log.KindAt(at) == EntryKind.Command)
            {
                result = _machine.Apply(RegisterCommand.Read(Core.Log.PayloadAt(at)), Applied);
            }

            _world.Rules.Applied(this, Applied, _machine.Digest);
            if (_proposals.Remove(Applied, out (Request Request, Stamp Stamp) proposal)
                && proposal.Stamp == stamp
                && result.Index > 0)
            {
                Request request = proposal.Request;
                Answer(request, new(request.Attempt, IsDone: true, result.Answer, result.Index, Place));
            }
        }

        TakeSnapshotIfDue();
    }

    private void OnReadResult(in ReadResult read)
    {
        if (!_reads.Remove(read.Context, out Request? request))
        {
            throw new ViolatedException(
                "read-answered-once", $"{Id} answered read {read.Context}, which does not wait");
        }

        if (read.Failed)
        {
            Answer(request, new(request.Attempt, IsDone: false, 0, 0, Core!.Status.Leader.Value - 1));
            return;
        }

        _world.Rules.ReadAnswered(this, read);
        _confirmedReads.Add((read.Index.Value, request));
    }

    private void AnswerReads()
    {
        for (int i = 0; i < _confirmedReads.Count; i++)
        {
            (ulong index, Request request) = _confirmedReads[i];
            if (index <= Applied)
            {
                Answer(request, new(request.Attempt, IsDone: true, _machine.Read(request.Command), Applied, Place));
                _confirmedReads.RemoveAt(i--);
            }
        }
    }

    private void Answer(Request request, Reply reply)
    {
        if (_random.Chance(_world.Profile.ReplyLossChance))
        {
            _world.Faults.Count(FaultKind.ReplyLost);
            return;
        }

        _world.Schedule(_world.ClientDelay(), new(CoreEventKind.Reply, request.Client, request.Attempt, reply));
    }

    private void ForgetRequests()
    {
        _proposals.Clear();
        _reads.Clear();
        _confirmedReads.Clear();
    }
}
