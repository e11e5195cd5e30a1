using Concord.Consensus;
using Concord.Simulation.Checking;

namespace Concord.Simulation.Consensus;

/// <summary>What the clients saw, checked at the end of a seed against the log and against real time.</summary>
internal static class HistoryRules
{
    public static void Check(SimClient[] clients, SafetyRules rules, CoreProfile profile)
    {
        var operations = new List<WitnessedOperation<RegisterCommand>>();
        var histories = new List<RegisterOperationRecord>[profile.Keys];
        for (int i = 0; i < histories.Length; i++)
        {
            histories[i] = [];
        }

        foreach (SimClient client in clients)
        {
            foreach (WitnessedOperation<RegisterCommand> operation in client.History)
            {
                if (operation.Returned != long.MaxValue)
                {
                    operations.Add(operation);
                }

                RegisterCommand command = operation.Command;
                if (command.Operation is RegisterOperation.Put or RegisterOperation.Get or RegisterOperation.Read)
                {
                    bool isWrite = command.Operation == RegisterOperation.Put;
                    histories[command.Key].Add(new(
                        isWrite, isWrite ? command.Value : operation.Answer, operation.Invoked, operation.Returned));
                }
            }
        }

        var log = new RegisterCommand[rules.Committed.Last];
        for (int i = 0; i < log.Length; i++)
        {
            LogEntry entry = rules.Committed.At((ulong)i + 1)!;
            log[i] = entry.Kind == EntryKind.Command ? RegisterCommand.Read(entry.Payload) : default;
        }

        Fail("witness", WitnessChecker.Check(operations, log, new RegisterModel()));
        foreach (List<RegisterOperationRecord> history in histories)
        {
            Fail("register-zones", ZoneChecker.Check(history));
        }
    }

    private static void Fail(string rule, CheckOutcome outcome)
    {
        if (outcome.Verdict != CheckVerdict.Legal)
        {
            throw new ViolatedException(rule, outcome.Reason);
        }
    }
}
