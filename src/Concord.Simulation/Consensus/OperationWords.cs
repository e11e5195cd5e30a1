using System.Globalization;

namespace Concord.Simulation.Consensus;

/// <summary>Commands of the imaginary state machine in words, for a picture.</summary>
internal static class OperationWords
{
    /// <summary>A client's operation and what became of it.</summary>
    public static string Of(in RegisterCommand command, ulong answer, ulong index, int attempts)
    {
        string answered = index > 0 ? $" → {Short(answer)} at {index}" : ": no answer";
        string tries = attempts > 1 ? string.Create(CultureInfo.InvariantCulture, $", {attempts} attempts") : "";
        return Of(command) + answered + tries;
    }

    /// <summary>What stands in an entry.</summary>
    public static string Entry(ReadOnlySpan<byte> payload) => Of(RegisterCommand.Read(payload));

    private static string Of(in RegisterCommand command) => command.Operation switch
    {
        RegisterOperation.Put => $"k{command.Key} := {Short(command.Value)}",
        RegisterOperation.Get => $"get k{command.Key}",
        RegisterOperation.Transfer => $"a{command.Key} → a{command.OtherKey}",
        RegisterOperation.Read => $"read k{command.Key}",
        _ => "read all accounts",
    };

    /// <summary>Values name the client that wrote them and its count.</summary>
    private static string Short(ulong value) => value >> 32 is > 0 and < 1000
        ? string.Create(CultureInfo.InvariantCulture, $"c{(value >> 32) - 1}.{(uint)value}")
        : value.ToString(CultureInfo.InvariantCulture);
}
