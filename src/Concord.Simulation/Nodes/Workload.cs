using Concord.Client.Routing;
using Concord.Engines;
using Concord.Operations;
using Concord.Simulation.Consensus;
using Concord.Simulation.Nodes.Primitives;
using Concord.Simulation.Shrinking;

namespace Concord.Simulation.Nodes;

/// <summary>What one client does all the time: counts, sets, reads, moves money, and commits things together.</summary>
internal sealed class Workload(NodeWorld world, SimUser user, int number, SimRandom random)
{
    private const int OpenMax = 6;

    private readonly Requests _requests = new(world, user);
    private readonly HoldWorkload _holds = new(world, user, new(world, user));
    private readonly QueueWorkload _queues = new(world, user, new(world, user));
    private readonly SequenceWorkload _sequences = new(world, new(world, user));
    private bool _funded;
    private uint _turn;
    private SimRandom? _current;

    /// <summary>What the current turn draws from.</summary>
    private SimRandom Draw => _current!;

    public void Begin(bool funds)
    {
        if (funds)
        {
            for (int account = 0; account < Holdings.Accounts; account++)
            {
                Fund(account);
            }

            _queues.Configure();
        }

        Next();
    }

    private void Next()
    {
        if (world.IsHealing)
        {
            return;
        }

        // From its number alone: what it does stays the same when others before it are left out.
        _current = random.Fork(++_turn);
        bool isFree = user.OpenCalls < OpenMax && user.PausedUntil <= world.Now;
        if (isFree && world.Decisions.Make(Decisions.Operation(number, _turn)))
        {
            Act();
        }

        world.Schedule(1 + random.Exponential(world.Profile.ThinkMean), Next);
    }

    private void Act()
    {
        switch (Draw.Next(50))
        {
            case >= 36:
                _queues.Act(Draw);
                break;
            case >= 22:
                _holds.Act(Draw);
                break;
            case >= 20:
                _sequences.Act(Draw);
                break;
            case < 3:
                Add(Draw.Next(Holdings.AddOnly), 1 + Draw.Next(9), group: null);
                break;
            case < 5:
                SetOne();
                break;
            case < 9:
                Read(Draw.Next(Holdings.Registers));
                break;
            case < 12:
                SetTogether();
                break;
            case < 15:
                Transfer();
                break;
            case < 17:
                ReadAccounts(CommitTransfer);
                break;
            case < 18:
                ReadAccounts(CheckSum);
                break;
            case < 19:
                CommitOnce();
                break;
            default:
                Withdraw();
                break;
        }
    }

    /// <summary>With a key, again and again until there is an answer: it must count once.</summary>
    private void Fund(int account) => Add(
        Holdings.Account(account),
        Holdings.Balance,
        $"fund-{account}",
        operation =>
        {
            if (operation.Fate != Fate.Happened)
            {
                world.Schedule(50_000, () => Fund(account));
            }
            else if (++world.Funded == Holdings.Accounts)
            {
                _funded = true;
            }
        });

    private void Add(int counter, long delta, string? group, Action<UserOperation>? then = null)
    {
        OperationRequest request = AddCounter.Request(
            world.Holdings.CounterKeys[counter], new(delta, 0, long.MaxValue), group);
        Execute($"add {delta} to {counter}", request, [(counter, delta)], [], 0, group, then);
    }

    /// <summary>Out of an account and into another, in two steps: between them the money is on its way.</summary>
    private void Withdraw()
    {
        int from = Holdings.Account(Draw.Next(Holdings.Accounts));
        Add(from, -1 - Draw.Next(6), group: null, operation =>
        {
            if (operation.Fate == Fate.Happened)
            {
                Add(from, -operation.Additions[0].Delta, group: null);
            }
        });
    }

    private void SetOne()
    {
        int register = Draw.Next(Holdings.Registers);
        ulong value = world.NextValue();
        OperationRequest request = SetValue.Request(world.Holdings.RegisterKeys[register], ValueOf(value));
        Execute($"set {register} to {value}", request, [], [register], value, group: null, then: null);
    }

    private void Execute(
        string what,
        OperationRequest request,
        IReadOnlyList<(int, long)> additions,
        IReadOnlyList<int> sets,
        ulong value,
        string? group,
        Action<UserOperation>? then) => user.Call(new()
        {
            What = what,
            Invoked = world.Now,
            Additions = additions,
            Sets = sets,
            Value = value,
            Group = group,
            Then = then,
            Call = Requests.CallOf(request, group),
        });

    private void Read(int register) => user.Call(new()
    {
        What = $"read {register}",
        Invoked = world.Now,
        Reads = register,
        Call = Requests.ReadCall(world.Holdings.RegisterKeys[register]),
        Then = static operation =>
        {
            if (operation.Fate == Fate.Happened && operation.Call.Answer.Status == AnswerStatus.Done)
            {
                operation.Value = Requests.NumberIn(operation.Call.Answer.Payload);
            }
        },
    });

    private void SetTogether()
    {
        int first = Draw.Next(Holdings.Registers);
        int second = (first + 1 + Draw.Next(Holdings.Registers - 1)) % Holdings.Registers;
        ulong value = world.NextValue();
        Commit(
            $"set {first} and {second} to {value}",
            [Set(first, value), Set(second, value)],
            [],
            [first, second],
            value);
    }

    private void Transfer()
    {
        (int from, int to, long amount) = DrawTransfer();
        Commit($"move {amount} from {from} to {to}", Move(from, to, amount), [(from, -amount), (to, amount)]);
    }

    private void CommitOnce()
    {
        string key = $"once-{world.Now / 40_000}";
        int counter = Holdings.OnceCounter((int)(world.Now / 40_000 % Holdings.Once));
        int other = Holdings.OnceCounter((int)((world.Now / 40_000) + 1) % Holdings.Once);
        Commit(
            key, [Addition(counter, 1), Addition(other, 1)], [(counter, 1), (other, 1)], group: key);
    }

    private void ReadAccounts(Action<List<UserOperation>> then)
    {
        var reads = new List<UserOperation>();
        ReadAccount(reads, then);
    }

    private void ReadAccount(List<UserOperation> reads, Action<List<UserOperation>> then) => user.Call(new()
    {
        What = $"read account {reads.Count}",
        Invoked = world.Now,
        Call = Requests.ReadCall(world.Holdings.CounterKeys[Holdings.Account(reads.Count)]),
        Then = operation =>
        {
            reads.Add(operation);
            if (operation.Fate != Fate.Happened)
            {
                return;
            }

            if (reads.Count < Holdings.Accounts)
            {
                ReadAccount(reads, then);
            }
            else
            {
                then(reads);
            }
        },
    });

    private void CommitTransfer(List<UserOperation> reads)
    {
        (int from, int to, long _) = DrawTransfer();
        long amount = BalanceIn(reads[from - Holdings.AddOnly]);
        if (amount > 0)
        {
            TransactionAction[] checks = [Validate(reads, from), Validate(reads, to)];
            Commit(
                $"move all {amount} from {from} to {to}",
                [.. checks, .. Move(from, to, amount)],
                [(from, -amount), (to, amount)]);
        }
    }

    /// <summary>What was read was all true at one moment if this commits.</summary>
    private void CheckSum(List<UserOperation> reads)
    {
        if (!_funded)
        {
            return;
        }

        long sum = reads.Sum(BalanceIn);
        TransactionAction[] checks =
        [
            .. Enumerable.Range(0, Holdings.Accounts).Select(account => Validate(reads, Holdings.Account(account))),
        ];
        Commit($"all accounts hold {sum}", checks, [], then: operation =>
        {
            // What a client withdraws is on its way for a while.
            NodeRules.Require(
                operation.Fate != Fate.Happened || sum <= Holdings.Accounts * Holdings.Balance,
                "money-is-conserved",
                $"{operation.Call.RequestKey} saw {sum} in all accounts");
        });
    }

    private void Commit(
        string what,
        TransactionAction[] actions,
        IReadOnlyList<(int, long)> additions,
        IReadOnlyList<int>? sets = null,
        ulong value = 0,
        string? group = null,
        Action<UserOperation>? then = null)
    {
        IdempotencyName? name = group is null ? null : new IdempotencyName("", group);
        Slot slot = group is null
            ? RecordKey.SlotOf(actions[Draw.Next(actions.Length)].Key.Span)
            : RecordKey.SlotOf(RecordKey.Named(RecordKind.Idempotency, "", group));
        _requests.Commit(slot, actions, name, call => new()
        {
            What = what,
            Invoked = world.Now,
            Additions = additions,
            Sets = sets ?? [],
            Value = value,
            Group = group,
            Then = then,
            Call = call,
        });
    }

    private (int From, int To, long Amount) DrawTransfer()
    {
        int from = Draw.Next(Holdings.Accounts);
        int to = (from + 1 + Draw.Next(Holdings.Accounts - 1)) % Holdings.Accounts;
        return (Holdings.Account(from), Holdings.Account(to), 1 + Draw.Next((int)Holdings.Balance));
    }

    private TransactionAction[] Move(int from, int to, long amount) => [Addition(from, -amount), Addition(to, amount)];

    private TransactionAction Addition(int counter, long delta) =>
        new(ActionKind.Add, world.Holdings.CounterKeys[counter], 0, delta, 0, long.MaxValue, default);

    private TransactionAction Set(int register, ulong value) =>
        new(ActionKind.Set, world.Holdings.RegisterKeys[register], 0, 0, 0, 0, ValueOf(value));

    private TransactionAction Validate(List<UserOperation> reads, int counter) => new(
        ActionKind.Validate,
        world.Holdings.CounterKeys[counter],
        reads[counter - Holdings.AddOnly].Call.Answer.Revision,
        0, 0, 0, default);

    public static long BalanceIn(UserOperation read) => read.Call.Answer.Status == AnswerStatus.Done
        ? CounterRecord.Decode(read.Call.Answer.Payload.Span)
        : 0;

    private byte[] ValueOf(ulong number) => Requests.ContentOf(number, Draw.Next(200));
}
