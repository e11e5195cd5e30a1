using Concord.Conformance.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Conformance.Cases;

/// <summary>What becomes of transactions over several shards when the leader of one is killed, twice.</summary>
public abstract class ShardCrashCases(KilledNodes engine)
{
    private const int Crashes = 2;
    private const int Callers = 4;
    private const int Accounts = 6;

    /// <summary>An attempt that met a leader's death waits for the next one.</summary>
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Transfers_that_were_under_way_happen_wholly_or_not_at_all()
    {
        await using FaultyStage stage = engine.Open();
        IConcord process = await stage.ConnectAsync("teller", builder => builder.Services.Configure<ConcordOptions>(
            static options => (options.OperationTimeout, options.SessionTimeout) = (s_long, s_long)));
        IConcordQueue<int> journal = process.GetQueue<int>("journal");
        var committed = new List<int>();
        int begun = 0;
        bool stops = false;
        Task[] tellers = [.. Enumerable.Range(0, Callers).Select(_ => TransferAsync())];
        await engine.CrashAsync(Crashes, ProgressAsync);
        Volatile.Write(ref stops, true);
        await stage.SoonAsync(Task.WhenAll(tellers));
        long[] balances = await stage.SoonAsync(process.RunTransactionAsync(
            async (transaction, token) =>
            {
                long[] read = new long[Accounts];
                for (int i = 0; i < Accounts; i++)
                {
                    read[i] = await transaction.GetAsync(Account(i), token);
                }

                return read;
            },
            new() { Timeout = s_long }));
        Assert.Equal(0, balances.Sum());
        Assert.Equal(
            Enumerable.Range(0, Accounts).Select(i => (long)committed.Sum(number => ChangeOf(number, i))), balances);

        // What is decided is told to the other shards afterwards.
        await stage.UntilAsync(
            async () => (await journal.DescribeAsync()).Ready == committed.Count, "the journal has what was committed");
        var written = new List<int>();
        while (await stage.SoonAsync(journal.TryReceiveAsync(TimeSpan.Zero)) is { } entry)
        {
            written.Add(entry.Message);
            await stage.SoonAsync(entry.CompleteAsync());
        }

        Assert.Equal(committed.Order(), written.Order());

        IConcordCounter Account(int number) => process.GetCounter($"account {number}");

        static int ChangeOf(int number, int account) =>
            (account == (number + 1) % Accounts ? 1 : 0) - (account == number % Accounts ? 1 : 0);

        async Task TransferAsync()
        {
            while (!Volatile.Read(ref stops))
            {
                int number = Interlocked.Increment(ref begun);
                TransactionResult result = await process.TryRunTransactionAsync(
                    (transaction, _) =>
                    {
                        transaction.Add(Account(number % Accounts), -1);
                        transaction.Add(Account((number + 1) % Accounts), 1);
                        transaction.Enqueue(journal, number);
                        return Task.CompletedTask;
                    },
                    new() { Timeout = s_long });
                if (result.Outcome == TransactionOutcome.InDoubt)
                {
                    result = await process.GetTransactionResultAsync(result.Id);
                }

                Assert.NotEqual(TransactionOutcome.InDoubt, result.Outcome);
                if (result.Outcome == TransactionOutcome.Committed)
                {
                    lock (committed)
                    {
                        committed.Add(number);
                    }
                }
            }
        }

        Task ProgressAsync(string when)
        {
            int enough = Count() + (5 * Callers);
            return stage.UntilAsync(
                () => Count() >= enough || tellers.Any(static teller => teller.IsFaulted),
                $"transfers {when} the crash");
        }

        int Count()
        {
            lock (committed)
            {
                return committed.Count;
            }
        }
    }
}
