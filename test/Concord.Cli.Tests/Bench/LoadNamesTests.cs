using Concord.Cli.Bench;

namespace Concord.Cli.Tests.Bench;

/// <summary>A load of many records that all have one name measures something else.</summary>
public sealed class LoadNamesTests
{
    [Fact]
    public void Every_record_and_every_lock_has_a_name_of_its_own()
    {
        Assert.Equal(LoadCaller.Keys, LoadNames.Values.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(LoadCaller.Locks, LoadNames.Locks.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal("bench/00042", LoadNames.Values[42]);
    }

    [Fact]
    public void What_is_measured_and_what_with_has_the_names_of_the_command_line()
    {
        Assert.Equal(
            ["put", "get", "lock", "lock-contended", "counter", "queue"],
            Enum.GetValues<BenchOperation>().Select(BenchNames.NameOf));
        Assert.Equal(
            ["etcd", "zookeeper", "rabbitmq"], Enum.GetValues<BenchPeer>().Select(BenchNames.NameOf));
        Assert.All(Enum.GetValues<BenchOperation>(), each => Assert.NotEmpty(BenchNames.PeersOf(each)));
    }
}
