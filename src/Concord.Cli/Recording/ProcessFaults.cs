using Concord.Simulation;

namespace Concord.Cli.Recording;

/// <summary>SIGKILL, and a start after a while: what was not on the disk is gone, as after a crash of the
/// process.</summary>
internal sealed class KillFault : Fault
{
    private RecordedNode[] _killed = [];

    public override string Kind => "kill";

    public override TimeSpan Duration(SimRandom random) => TimeSpan.FromMilliseconds(random.Next(1_500));

    public override async Task<string> StrikeAsync(RecordedCluster cluster, SimRandom random)
    {
        _killed = Some(cluster, random);
        await Task.WhenAll(_killed.Select(static node => node.KillAsync()));
        return Names(_killed);
    }

    public override Task HealAsync(RecordedCluster cluster) =>
        Task.WhenAll(_killed.Select(static node => node.Start()));
}

/// <summary>SIGSTOP, and SIGCONT after a while: the node does not know that time has passed.</summary>
internal sealed class PauseFault : Fault
{
    private RecordedNode[] _paused = [];

    public override string Kind => "pause";

    public override Task<string> StrikeAsync(RecordedCluster cluster, SimRandom random)
    {
        _paused = Some(cluster, random);
        foreach (RecordedNode node in _paused)
        {
            node.Pause();
        }

        return Task.FromResult(Names(_paused));
    }

    public override Task HealAsync(RecordedCluster cluster)
    {
        foreach (RecordedNode node in _paused)
        {
            node.Resume();
        }

        return Task.CompletedTask;
    }
}
