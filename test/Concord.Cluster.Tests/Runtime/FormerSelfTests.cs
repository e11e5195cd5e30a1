using Microsoft.Extensions.DependencyInjection;

namespace Concord.Cluster.Tests.Runtime;

/// <summary>A program on a single node that starts again, and what it held before.</summary>
public sealed class FormerSelfTests : IDisposable
{
    private static readonly TimeSpan s_session = TimeSpan.FromSeconds(4);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>What is on the disk while it runs is what a power loss leaves.</summary>
    [Fact]
    public async Task Who_was_killed_stands_in_line_behind_his_former_self_until_its_session_is_over()
    {
        FencingToken before;
        await using (IConcordHost running = await StartAsync("running"))
        {
            before = (await running.Concord.GetLock("l").AcquireAsync()).FencingToken;
            Copy("running", "killed");
        }

        await using IConcordHost again = await StartAsync("killed");
        Assert.Null(await again.Concord.GetLock("l").TryAcquireAsync());

        await using ILockHandle hold = await again.Concord.GetLock("l").AcquireAsync(
            new LockAcquireOptions { Timeout = TimeSpan.FromMinutes(1) });

        Assert.True(hold.FencingToken > before);
    }

    [Fact]
    public async Task Who_stopped_in_order_finds_everything_given_back()
    {
        await using (IConcordHost running = await StartAsync("node"))
        {
            await running.Concord.GetLock("l").AcquireAsync();
        }

        await using IConcordHost again = await StartAsync("node");
        Assert.NotNull(await again.Concord.GetLock("l").TryAcquireAsync());
    }

    /// <summary>All but the lock that keeps another process from the folder.</summary>
    private void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(_folder.In(from), "*", SearchOption.AllDirectories)
            .Where(static file => Path.GetFileName(file) != "LOCK"))
        {
            string copy = Path.Combine(_folder.In(to), Path.GetRelativePath(_folder.In(from), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private Task<IConcordHost> StartAsync(string folder) => ConcordHost.StartAsync(builder =>
    {
        builder.Services.Configure<ConcordOptions>(static options => options.SessionTimeout = s_session);
        builder.UseSingleNode(_folder.In(folder));
    });
}
