using Concord.Cli.Orders;
using Concord.Cli.Tests.Fakes;

namespace Concord.Cli.Tests.Orders;

public sealed class InitialLoadTests
{
    private readonly FakeConcord _concord = new();

    [Fact]
    public async Task Everything_is_loaded_once_whatever_goes_wrong_and_however_often_it_is_begun()
    {
        _concord.Trouble = number => (Trouble)(number % 5);
        InitialState initial = Large();

        await LoadAsync(initial);
        await LoadAsync(initial);

        Assert.Equal(initial.Stock.Count + initial.Accounts.Count, _concord.Counters.Count);
        Assert.All(initial.Stock, stock => Assert.Equal(stock.Value, _concord.Counters[RecordNames.Stock(stock.Key)]));
        Assert.All(
            initial.Accounts,
            account => Assert.Equal(account.Value, _concord.Counters[RecordNames.Account(account.Key)]));
    }

    [Fact]
    public async Task A_load_that_was_broken_off_goes_on()
    {
        using CancellationTokenSource stop = new();
        _concord.Trouble = number =>
        {
            if (number == 4)
            {
                stop.Cancel();
            }

            return Trouble.None;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new InitialLoad(_concord, new InstantTime()).RunAsync(Large(), stop.Token));
        Assert.Equal(120, _concord.Counters.Count);

        await LoadAsync(Large());

        Assert.Equal(Large().Stock.Values.Sum() + Large().Accounts.Values.Sum(), _concord.Counters.Values.Sum());
    }

    [Fact]
    public async Task Another_initial_state_is_refused()
    {
        await LoadAsync(Given.Initial());

        CliException error = await Assert.ThrowsAsync<CliException>(() => LoadAsync(Large()));

        Assert.Equal(ExitCode.Environment, error.ExitCode);
        Assert.Contains("another initial state", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_shop_is_loaded_too()
    {
        InitialState empty = Given.Initial("""{"stock":{},"accounts":{}}""");

        await LoadAsync(empty);
        await LoadAsync(empty);

        Assert.Empty(_concord.Counters);
        await Assert.ThrowsAsync<CliException>(() => LoadAsync(Given.Initial()));
    }

    private Task LoadAsync(InitialState initial) =>
        new InitialLoad(_concord, new InstantTime()).RunAsync(initial, default);

    private static InitialState Large()
    {
        string Amounts(string prefix) =>
            string.Join(',', Enumerable.Range(1, 150).Select(i => $"\"{prefix}-{i}\":{i}"));
        return Given.Initial($$$"""{"stock":{{{{Amounts("s")}}}},"accounts":{{{{Amounts("c")}}}}}""");
    }
}
