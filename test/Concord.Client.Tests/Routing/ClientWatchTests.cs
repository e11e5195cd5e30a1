using Concord.Client.Routing;
using Concord.Client.Wire;
using Concord.Engines;

namespace Concord.Client.Tests.Routing;

/// <summary>What a watch is told, by one leader and by the next.</summary>
public sealed class ClientWatchTests
{
    [Fact]
    public void A_watch_is_never_told_an_older_state_after_a_newer_one()
    {
        (ClientHarness harness, Sent first) = Watching();
        harness.TellWatch(first, revision: 9);
        harness.Disconnect(first.Node);
        harness.GiveTopology(2, leader: 2);
        harness.Tick(TimeSpan.FromMilliseconds(50));
        Sent again = Asked(harness);

        harness.TellWatch(again, revision: 8);
        harness.TellWatch(again, revision: 9);
        harness.TellWatch(again, revision: 10);

        Assert.Equal([9, 10], harness.Core.Told.Select(static told => told.Records.Revision));
    }

    private static (ClientHarness Harness, Sent Asked) Watching()
    {
        ClientHarness harness = ClientHarness.Ready(leader: 1);
        harness.Core.Watch(RecordKey.Named(new Slot(0), RecordKind.Counter, "", "c"), new object(), harness.Now);
        return (harness, Asked(harness));
    }

    private static Sent Asked(ClientHarness harness) =>
        harness.TakeSent().First(static sent => sent.Kind == WireKind.Subscribe);
}
