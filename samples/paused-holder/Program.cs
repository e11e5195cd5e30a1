using System.Globalization;
using Concord;
using Concord.Samples;
using Microsoft.Extensions.DependencyInjection;

const string Checked = "has checked: ";

return args is ["holder", string name, string address, string database, string total]
    ? await HoldAsync(name, address, new Invoices(database), int.Parse(total, CultureInfo.InvariantCulture))
    : await Story.TellAsync(async (folder, told) =>
    {
        string[] members = Loopback.FreeAddresses(1);
        await using IConcordHost node = await ConcordHost.StartAsync(
            c => c.UseMember(Path.Combine(folder, "node"), members[0], members));
        string file = Path.Combine(folder, "shop.db");
        var invoices = new Invoices(file);
        await invoices.CreateAsync();

        Story.Step("The first takes the lock of invoice 42.");
        await using var first = ChildProcess.Start("first", told.Writer, "holder", "first", members[0], file, "100");
        await told.Reader.ExpectAsync(each => each.Line.StartsWith(Checked, StringComparison.Ordinal), "it holds");

        Story.Step("It is frozen before its next instruction. The second stands in line.");
        first.Freeze();
        await using var second = ChildProcess.Start("second", told.Writer, "holder", "second", members[0], file, "200");
        await told.Reader.ExpectAsync(each => each.Line.StartsWith(Checked, StringComparison.Ordinal), "it holds");
        second.Say("write");
        await told.Reader.ExpectAsync(each => each is ("second", "Concord: written"), "that it has written");

        Story.Step("The first wakes up, knows nothing of this, and writes.");
        first.Say("write");
        first.Thaw();
        await told.Reader.ExpectAsync(
            each => each.Name == "first" && each.Line.StartsWith("Concord: ", StringComparison.Ordinal), "how it went");

        (int inDatabase, long fence) = await invoices.ReadAsync();
        int inConcord = (await node.Concord.GetValue<int>("{invoice-42}/total").GetAsync()).Value;
        Story.Step($"The invoice: {inDatabase} in the database, with fence {fence}; {inConcord} in Concord.");
        Story.Check(inDatabase == 200 && inConcord == 200, "the late write has changed the invoice");
    });

static async Task<int> HoldAsync(string name, string address, Invoices invoices, int total)
{
    await using IConcordHost host = await ConcordHost.StartAsync(c => c.UseServer(address).Called(name));
    ILockHandle hold = await host.Concord.GetLock("{invoice-42}").AcquireAsync();
    hold.ThrowIfLost();
    Console.WriteLine($"{Checked}it holds the lock, token {hold.FencingToken.Value}; and now it will write {total}");

    // Between the check and the write. Here the first one is frozen.
    Console.ReadLine();

    int rows = await invoices.SetTotalAsync(total, hold.FencingToken);
    Console.WriteLine($"database: {rows} rows changed");
    try
    {
        await host.Concord.GetValue<int>("{invoice-42}/total").SetAsync(total, new WriteOptions { Fence = hold.Fence });
        Console.WriteLine("Concord: written");
    }
    catch (ConcordException exception) when (exception.Outcome == OperationOutcome.Refused)
    {
        Console.WriteLine($"Concord: refused. {exception.Message}");
    }

    // It keeps the lock until its input ends: nobody gave the first one's back.
    Console.ReadLine();
    return 0;
}
