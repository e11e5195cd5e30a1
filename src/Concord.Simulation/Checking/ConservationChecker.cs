namespace Concord.Simulation.Checking;

/// <summary>The bank: money moves between accounts, and every read of all of them at once finds the same sum.</summary>
public static class ConservationChecker
{
    /// <summary>Checks reads of all accounts.</summary>
    /// <param name="total">The sum that was there at the beginning.</param>
    /// <param name="reads">What was read: the balances of all accounts, each time.</param>
    public static CheckOutcome Check(long total, IEnumerable<IReadOnlyList<long>> reads)
    {
        ArgumentNullException.ThrowIfNull(reads);
        foreach (IReadOnlyList<long> balances in reads)
        {
            long sum = 0;
            foreach (long balance in balances)
            {
                if (balance < 0)
                {
                    return CheckOutcome.Illegal($"an account holds {balance}: [{string.Join(", ", balances)}]");
                }

                sum += balance;
            }

            if (sum != total)
            {
                return CheckOutcome.Illegal($"the accounts hold {sum}, not {total}: [{string.Join(", ", balances)}]");
            }
        }

        return CheckOutcome.Legal;
    }
}
