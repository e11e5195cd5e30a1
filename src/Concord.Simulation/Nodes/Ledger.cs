using Concord.Client.Routing;
using Concord.Engines;
using Concord.Operations;
using Concord.Simulation.Checking;
using Concord.Simulation.Pictures;

namespace Concord.Simulation.Nodes;

/// <summary>What clients asked for and were told, and whether all of it can be true.</summary>
internal sealed class Ledger(NodeWorld world)
{
    private readonly List<UserOperation> _operations = [];
    private readonly HashSet<(int Counter, long Value)> _values = [];

    public IReadOnlyList<UserOperation> Operations => _operations;

    public int OpenCount { get; private set; }

    /// <summary>How many ended without their client knowing what became of them.</summary>
    public int UnknownCount { get; private set; }

    public void Began(UserOperation operation)
    {
        _operations.Add(operation);
        OpenCount++;
    }

    /// <summary>Its client is gone.</summary>
    public void Lost(UserOperation operation)
    {
        OpenCount--;
        operation.Fate = operation.Call.SentOn is null && !operation.Call.MayHaveRun ? Fate.DidNot : Fate.Unknown;
        UnknownCount += operation.Fate == Fate.Unknown ? 1 : 0;
        Show(operation, OperationEnd.Unknown, "its client died");
    }

    /// <summary>The run ends while they wait.</summary>
    public void ShowOpen()
    {
        foreach (UserOperation operation in _operations)
        {
            if (operation.Fate == Fate.Pending && operation.Call.Outcome == CallOutcome.Pending)
            {
                Show(operation, OperationEnd.Open, "no answer yet");
            }
        }
    }

    public void Ended(UserOperation operation)
    {
        OpenCount--;
        ClientCall call = operation.Call;
        operation.Fate = call.Outcome switch
        {
            CallOutcome.Answered => FateOf(operation, call.Answer),
            CallOutcome.Unknown => Fate.Unknown,
            CallOutcome.Malformed => throw new ViolatedException(
                "requests-are-understood", $"{operation.What} was refused: {call.Detail}"),
            _ => Fate.DidNot,
        };
        if (call.Outcome == CallOutcome.Answered)
        {
            operation.Returned = world.Now;
        }

        if (operation.Fate == Fate.Unknown)
        {
            world.Faults.Count(FaultKind.OutcomeUnknown);
            UnknownCount++;
        }

        Show(
            operation,
            operation.Fate switch
            {
                Fate.Happened => OperationEnd.Done,
                Fate.DidNot => OperationEnd.Refused,
                _ => OperationEnd.Unknown,
            },
            $"{call.Outcome}, {operation.Fate}");

        world.Trace.Add((ulong)world.Now, call.WireId, ((ulong)operation.Fate << 8) | (ulong)call.Outcome);
        if (world.KeepsText)
        {
            world.Say($"{operation.What} {call.RequestKey}: {call.Outcome} at {call.AnswerIndex}, {operation.Fate}");
        }

        if (call.Code == OperationCode.AddCounter && operation.Fate == Fate.Happened && operation.Group is null)
        {
            CheckUnique(operation, call.Answer);
        }
    }

    /// <summary>What was asked for has been settled.</summary>
    public void Settled(UserOperation operation, in EngineAnswer settled)
    {
        operation.Fate = settled.Status == AnswerStatus.Cancelled ? Fate.DidNot : FateOf(operation, settled);
        if (world.KeepsText)
        {
            world.Say($"settled {operation.What} {operation.Call.RequestKey}: {settled.Status}, {operation.Fate}");
        }
    }

    /// <summary>The sums that a counter may hold in the end.</summary>
    public HashSet<long> SumsOf(int counter)
    {
        var sums = new HashSet<long> { 0 };
        var groups = new SortedDictionary<string, (Fate Fate, long Delta)>(StringComparer.Ordinal);
        foreach (UserOperation operation in _operations)
        {
            foreach ((int added, long delta) in operation.Additions)
            {
                if (added != counter)
                {
                    continue;
                }

                if (operation.Group is not { } group)
                {
                    Add(ref sums, operation.Fate, delta);
                    continue;
                }

                Fate known = groups.TryGetValue(group, out (Fate Fate, long Delta) other) ? other.Fate : Fate.DidNot;
                Fate fate = known == Fate.Happened || operation.Fate == Fate.DidNot ? known : operation.Fate;
                groups[group] = (fate, delta);
            }
        }

        foreach ((_, (Fate fate, long delta)) in groups)
        {
            Add(ref sums, fate, delta);
        }

        return sums;
    }

    /// <summary>Each register has an order in which all that was told of it is true.</summary>
    public void CheckRegisters()
    {
        for (int register = 0; register < Holdings.Registers; register++)
        {
            var history = new List<RegisterOperationRecord>();
            foreach (UserOperation operation in _operations)
            {
                if (operation.Sets.Contains(register) && operation.Fate != Fate.DidNot)
                {
                    history.Add(new(true, operation.Value, operation.Invoked, operation.Returned));
                }
                else if (operation.Reads == register && operation.Fate == Fate.Happened)
                {
                    history.Add(new(false, operation.Value, operation.Invoked, operation.Returned));
                }
            }

            CheckOutcome outcome = ZoneChecker.Check(history);
            NodeRules.Require(
                outcome.Verdict == CheckVerdict.Legal,
                "linearizable-registers",
                $"register {register}: {outcome.Reason}");
        }
    }

    private void Show(UserOperation operation, OperationEnd end, string outcome) => world.Trace.Picture?.Operation(
        operation.Client, operation.Invoked, world.Now, end, $"{operation.What}: {outcome}");

    private static void Add(ref HashSet<long> sums, Fate fate, long delta)
    {
        if (fate == Fate.Happened)
        {
            sums = [.. sums.Select(sum => sum + delta)];
        }
        else if (fate is Fate.Unknown or Fate.Pending)
        {
            sums.UnionWith(sums.Select(sum => sum + delta).ToArray());
        }
    }

    private static Fate FateOf(UserOperation operation, in EngineAnswer answer)
    {
        if (answer.Status == AnswerStatus.Faulted)
        {
            throw new ViolatedException("operations-do-not-fail", $"{operation.What} failed");
        }

        if (operation.Call.Kind == CallKind.Read)
        {
            return Fate.Happened;
        }

        if (answer.Status == AnswerStatus.Refused && answer.Payload.Span[0] == (byte)RefusalCode.Forgotten)
        {
            return Fate.Unknown;
        }

        if (operation.Call.Kind != CallKind.Commit)
        {
            return answer.Status == AnswerStatus.Done ? Fate.Happened : Fate.DidNot;
        }

        return TransactionAnswer.Read(answer).Decision switch
        {
            TransactionDecision.Committed or TransactionDecision.AlreadyCommitted => Fate.Happened,
            TransactionDecision.Aborted => Fate.DidNot,
            _ => Fate.Unknown,
        };
    }

    /// <summary>Of what is only added to, no two additions return the same value.</summary>
    private void CheckUnique(UserOperation operation, in EngineAnswer answer)
    {
        (int counter, long delta) = operation.Additions[0];
        (AdditionOutcome _, long value) = AddCounter.Read(answer);
        NodeRules.Require(
            counter >= Holdings.AddOnly || (_values.Add((counter, value)) && value >= delta),
            "additions-are-one-after-the-other",
            $"{operation.What} returned {value}, as another did");
    }
}
