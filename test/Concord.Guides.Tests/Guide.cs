using System.Net;
using Concord.Cli.Processes;
using Microsoft.Data.Sqlite;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Guides;

/// <summary>What the code of a guide finds: a cluster of one node in a folder of its own, which is also the current
/// one.</summary>
public abstract class Guide : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("concord-guide-").FullName;
    private readonly string _before = Environment.CurrentDirectory;
    private readonly List<IConcordHost> _hosts = [];
    private HostApplicationBuilder? _builder;

    // What hosts log is not what is looked at here.
    static Guide() => Environment.SetEnvironmentVariable("Logging__LogLevel__Default", "None");
    private string _address = "";

    /// <summary>How long anything may take.</summary>
    protected static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    /// <summary>This process.</summary>
    protected IConcord concord { get; private set; } = null!;

    /// <summary>Ends when the test does.</summary>
    protected CancellationToken cancellationToken => TestContext.Current.CancellationToken;

    /// <summary>A host that is being built. Started and stopped at the end, if it was used.</summary>
    protected HostApplicationBuilder builder => _builder ??= Host.CreateApplicationBuilder(
        new HostApplicationBuilderSettings { EnvironmentName = "Development", ContentRootPath = _folder });

    /// <summary>Where the cluster listens.</summary>
    protected string Address => _address;

    protected async Task StartAsync()
    {
        Environment.CurrentDirectory = _folder;
        _address = FreeAddress();
        IConcordHost host = await ConcordHost.StartAsync(
            c => c.UseCluster(o =>
            {
                o.DataDirectory = "node";
                o.ListenEndPoint = IPEndPoint.Parse(_address);
                o.InitialMembers.Add(_address);
                o.ElectionTimeout = TimeSpan.FromMilliseconds(100);
            }),
            cancellationToken);
        _hosts.Add(host);
        concord = host.Concord;
    }

    /// <summary>Another process of the same application.</summary>
    protected async Task<IConcord> OtherAsync()
    {
        IConcordHost host = await ConcordHost.StartAsync(c => c.UseServer(_address), cancellationToken);
        _hosts.Add(host);
        return host.Concord;
    }

    /// <summary>Waits for what must become true.</summary>
    protected static async Task UntilAsync(Func<Task<bool>> isTrue)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (!await isTrue())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), deadline.Token);
        }
    }

    protected async Task EndAsync()
    {
        if (_builder is not null)
        {
            using IHost host = _builder.Build();
            await host.StartAsync(cancellationToken);
            await host.StopAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IConcordHost host in Enumerable.Reverse(_hosts))
        {
            await host.DisposeAsync();
        }

        // A pool would hand a file of this folder to the next guide that gives the same name.
        SqliteConnection.ClearAllPools();
        Environment.CurrentDirectory = _before;
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected static string FreeAddress() => LoopbackPorts.Pick(1)[0];
}
