using Concord.Simulation.Checking;

namespace Concord.Simulation.Consensus;

/// <summary>
/// What the state machine should do, said a second time and differently: requests are remembered by number for ever,
/// and a session is just the highest of them.
/// </summary>
internal sealed class RegisterModel : ISequentialModel<RegisterCommand>
{
    private readonly Dictionary<int, ulong> _registers = [];
    private readonly Dictionary<int, ulong> _accounts = [];
    private readonly Dictionary<int, uint> _newest = [];

    public ulong Apply(RegisterCommand command)
    {
        if (command.Operation == 0 || command.Sequence <= _newest.GetValueOrDefault(command.Client))
        {
            return 0;
        }

        _newest[command.Client] = command.Sequence;
        ulong before = _registers.GetValueOrDefault(command.Key);
        if (command.Operation == RegisterOperation.Put)
        {
            _registers[command.Key] = command.Value;
        }

        return command.Operation == RegisterOperation.Transfer ? Transfer(command) : before;
    }

    public ulong Read(RegisterCommand command) => command.Operation == RegisterOperation.ReadTotal
        ? RegisterMachine.Accounts * RegisterMachine.AccountStart
        : _registers.GetValueOrDefault(command.Key);

    private ulong Transfer(RegisterCommand command)
    {
        ulong amount = command.Value % 64;
        ulong source = _accounts.GetValueOrDefault(command.Key, RegisterMachine.AccountStart);
        if (source < amount)
        {
            return 0;
        }

        _accounts[command.Key] = source - amount;
        ulong target = _accounts.GetValueOrDefault(command.OtherKey, RegisterMachine.AccountStart);
        _accounts[command.OtherKey] = target + amount;
        return 1;
    }
}
