using System.Globalization;
using Concord.Simulation.Checking;
using Concord.Simulation.Pictures;
using Concord.Simulation.Shrinking;

namespace Concord.Simulation.Consensus;

/// <summary>
/// A client that does one thing at a time: sends it, waits, tries it again elsewhere under the same number, and now and
/// then gives up without knowing what became of it.
/// </summary>
internal sealed class SimClient(CoreWorld world, int number, SimRandom random)
{
    private const long Patience = 250_000;
    private const int FinalOperations = 3;

    private readonly List<WitnessedOperation<RegisterCommand>> _history = [];
    private RegisterCommand _command;
    private uint _sequence;
    private long _attempt;
    private int _attempts;
    private long _invoked;
    private int _target;
    private int _finalOperations;
    private bool _isWaiting;

    /// <summary>What it did, in its own order; what is unknown returns never.</summary>
    public IReadOnlyList<WitnessedOperation<RegisterCommand>> History => _history;

    public bool IsFinished => !_isWaiting && _finalOperations >= FinalOperations;

    public void Begin()
    {
        _target = world.PickTarget(random);
        world.Schedule(random.Exponential(world.Profile.ThinkMean), new(CoreEventKind.ClientWake, number));
    }

    public void OnWake()
    {
        if (_isWaiting)
        {
            Send();
            return;
        }

        if (world.IsHealed && ++_finalOperations > FinalOperations)
        {
            return;
        }

        _command = Draw();
        if (!world.Decisions.Make(Decisions.Operation(number, _sequence)))
        {
            world.Schedule(random.Exponential(world.Profile.ThinkMean), new(CoreEventKind.ClientWake, number));
            return;
        }

        _invoked = world.Now;
        _isWaiting = true;
        _attempts = 0;
        Send();
    }

    public void OnReply(Reply reply)
    {
        if (!_isWaiting || reply.Attempt != _attempt)
        {
            return;
        }

        if (reply.IsDone)
        {
            _target = reply.LeaderHint;
            Finish(reply.Answer, reply.Index, world.Now);
            return;
        }

        _attempt++;
        bool hintIsNews = reply.LeaderHint >= 0 && reply.LeaderHint != _target;
        _target = hintIsNews ? reply.LeaderHint : world.PickTarget(random);
        world.Schedule(random.Between(1000, 20_000), new(CoreEventKind.ClientWake, number));
    }

    public void OnTimeout(long attempt)
    {
        if (!_isWaiting || attempt != _attempt)
        {
            return;
        }

        if (random.Chance(world.Profile.AbandonChance))
        {
            Finish(0, 0, long.MaxValue);
            return;
        }

        _target = world.PickTarget(random);
        Send();
    }

    /// <summary>The run ends while it waits.</summary>
    public void ShowOpen()
    {
        if (_isWaiting)
        {
            world.Trace.Picture!.Operation(
                number, _invoked, world.Now, OperationEnd.Open, OperationWords.Of(_command, 0, 0, _attempts));
        }
    }

    public string Describe() => string.Create(
        CultureInfo.InvariantCulture, $"client {number} {_command.Operation} #{_command.Sequence} attempt {_attempts}");

    private void Send()
    {
        _attempt++;
        _attempts++;
        Request request = new(number, _attempt, _command);
        world.Schedule(world.ClientDelay(), new(CoreEventKind.Request, _target, Subject: request));
        world.Schedule(Patience, new(CoreEventKind.ClientTimeout, number, _attempt));
    }

    private void Finish(ulong answer, ulong index, long returned)
    {
        _isWaiting = false;
        _history.Add(new(_command, IsRead(_command.Operation), answer, index, _invoked, returned));
        if (world.Trace.KeepsText)
        {
            world.Note(
                $"client {number} {_command.Operation} key {_command.Key} "
                + $"value {_command.Value} -> {answer} at {index}");
        }

        world.Trace.Picture?.Operation(
            number, _invoked, returned == long.MaxValue ? world.Now : returned,
            returned == long.MaxValue ? OperationEnd.Unknown : OperationEnd.Done,
            OperationWords.Of(_command, answer, index, _attempts));
        world.Trace.Add(index, answer, _command.Sequence);
        world.Schedule(random.Exponential(world.Profile.ThinkMean), new(CoreEventKind.ClientWake, number));
    }

    private RegisterCommand Draw()
    {
        CoreProfile profile = world.Profile;
        _sequence++;

        // From its number alone: what it does stays the same when others before it are left out.
        SimRandom draw = random.Fork(_sequence);
        ulong unique = ((ulong)(number + 1) << 32) | _sequence;
        byte key = (byte)draw.Next(profile.Keys);
        double ticket = draw.NextDouble();
        if (ticket < profile.ReadShare)
        {
            RegisterOperation read = draw.Chance(0.15) ? RegisterOperation.ReadTotal : RegisterOperation.Read;
            return new(number, _sequence, read, key, 0, 0);
        }

        if (ticket < profile.ReadShare + ((1 - profile.ReadShare) * profile.TransferShare))
        {
            byte source = (byte)draw.Next(RegisterMachine.Accounts);
            byte target = (byte)draw.Next(RegisterMachine.Accounts);
            return new(number, _sequence, RegisterOperation.Transfer, source, target, draw.Next());
        }

        RegisterOperation operation = draw.Chance(0.15) ? RegisterOperation.Get : RegisterOperation.Put;
        return new(number, _sequence, operation, key, 0, unique);
    }

    private static bool IsRead(RegisterOperation operation) =>
        operation is RegisterOperation.Read or RegisterOperation.ReadTotal;
}
