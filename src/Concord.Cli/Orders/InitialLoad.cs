using System.Globalization;

namespace Concord.Cli.Orders;

/// <summary>
/// Brings the initial state into the cluster, exactly once, however often it is begun: a record says which state is
/// being loaded and how far, and every step reads it and moves it on in the transaction that adds.
/// </summary>
/// <param name="concord">The cluster.</param>
/// <param name="time">The clock of the pauses.</param>
internal sealed class InitialLoad(IConcord concord, TimeProvider time)
{
    /// <summary>How many counters one transaction fills: well below what one may
    /// do.</summary>
    private const int StepSize = 40;

    /// <param name="initial">What to load.</param>
    /// <param name="cancellationToken">Gives up; a later load goes on where this one was.</param>
    /// <exception cref="CliException">The cluster was loaded with another state.</exception>
    public async Task RunAsync(InitialState initial, CancellationToken cancellationToken)
    {
        List<(string Counter, long Amount)> amounts =
        [
            .. initial.Stock.Select(stock => (RecordNames.Stock(stock.Key), stock.Value)),
            .. initial.Accounts.Select(account => (RecordNames.Account(account.Key), account.Value)),
        ];
        TransientRetry retry = new(time);
        bool done = false;
        while (!done)
        {
            // Each step reads how far it is, whatever became of the one before.
            done = await retry.RunAsync(
                () => concord.RunTransactionAsync(
                    (transaction, token) => StepAsync(transaction, initial.Fingerprint, amounts, token),
                    cancellationToken: cancellationToken),
                cancellationToken);
        }
    }

    /// <returns>Whether everything is loaded.</returns>
    private async Task<bool> StepAsync(
        IConcordTransaction transaction,
        string fingerprint,
        List<(string Counter, long Amount)> amounts,
        CancellationToken cancellationToken)
    {
        IConcordValue<string> progress = concord.GetValue(RecordNames.Load, TextSerializer.Instance);
        Versioned<string> current = await transaction.GetAsync(progress, cancellationToken);
        int loaded = current.Exists ? LoadedOf(current.Value!, fingerprint) : 0;
        if (current.Exists && loaded >= amounts.Count)
        {
            return true;
        }

        int end = Math.Min(amounts.Count, loaded + StepSize);
        for (int i = loaded; i < end; i++)
        {
            transaction.Add(concord.GetCounter(amounts[i].Counter), amounts[i].Amount);
        }

        transaction.Set(progress, string.Create(CultureInfo.InvariantCulture, $"{fingerprint} {end}"));
        return end == amounts.Count;
    }

    private static int LoadedOf(string progress, string fingerprint)
    {
        int space = progress.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && progress.AsSpan(0, space).SequenceEqual(fingerprint)
            ? int.Parse(progress.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture)
            : throw new CliException(
                "The data folder was loaded from another initial state; "
                + "name the same --initial as then, or another --data folder.");
    }
}
