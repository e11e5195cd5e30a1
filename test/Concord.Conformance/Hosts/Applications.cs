using System.Collections.Concurrent;
using System.Net;
using Concord.Conformance.Engines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Concord.Conformance.Hosts;

/// <summary>Real generic hosts, as applications have them, and the folders of their nodes.</summary>
internal sealed class Applications : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("concord-hosts-");
    private readonly List<IHost> _hosts = [];

    public ConcurrentQueue<string> Logged { get; } = new();

    /// <summary>Of the members.</summary>
    public IReadOnlyList<string> Addresses { get; private set; } = [];

    public string In(string name) => Path.Combine(_folder.FullName, name);

    public IHost Build(string environment, Action<IConcordBuilder> configure)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(
            new() { EnvironmentName = environment, ContentRootPath = _folder.FullName });
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(new Notes(Logged));
        configure(builder.Services.AddConcord());
        IHost host = builder.Build();
        _hosts.Add(host);
        return host;
    }

    /// <summary>Three members of a cluster, each a host of its own.</summary>
    public async Task<IHost[]> StartThreeAsync(Action<int, IConcordBuilder> configure)
    {
        IPEndPoint[] members = Nodes.FreeEndPoints(3);
        Addresses = [.. members.Select(static member => member.ToString())];
        IHost[] hosts = [.. members.Select((member, i) => Build("Production", builder =>
        {
            builder.UseCluster(options =>
            {
                options.DataDirectory = In($"node-{i}");
                options.ListenEndPoint = member;
                foreach (IPEndPoint one in members)
                {
                    options.InitialMembers.Add(one.ToString());
                }
            });
            builder.Services.Configure<ConcordOptions>(options =>
            {
                options.ProcessName = $"host-{i}";
                options.OperationTimeout = TimeSpan.FromSeconds(60);
            });
            configure(i, builder);
        }))];
        await Task.WhenAll(hosts.Select(static host => host.StartAsync()));
        return hosts;
    }

    public static IConcord ConcordOf(IHost host) => host.Services.GetRequiredService<IConcord>();

    public static async Task UntilAsync(Func<Task<bool>> isSo, string what)
    {
        using var deadline = new CancellationTokenSource(s_patience);
        while (!await isSo())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {s_patience}: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IHost host in _hosts)
        {
            await ((IAsyncDisposable)host).DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private sealed class Notes(ConcurrentQueue<string> logged) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) => logged.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
