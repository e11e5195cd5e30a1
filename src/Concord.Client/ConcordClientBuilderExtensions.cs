using Concord;
using Concord.Client.Connections;
using Concord.Client.Routing;
using Concord.Engines;
using Concord.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses a cluster that runs elsewhere.</summary>
public static class ConcordClientBuilderExtensions
{
    /// <summary>This process is a client of a cluster. Connections are made when they are needed and made again when
    /// they break; a call waits for them up to its timeout.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="connectionString">Addresses of one or more nodes, <c>host:port</c>, separated by commas.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">There is no address, or one without a port.</exception>
    public static IConcordBuilder UseServer(this IConcordBuilder builder, string connectionString)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        string[] addresses =
            connectionString.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (string address in addresses)
        {
            try
            {
                SocketLink.Parse(address);
            }
            catch (FormatException e)
            {
                throw new ArgumentException(e.Message, nameof(connectionString), e);
            }
        }

        builder.AddEngine(new EngineRegistration(nameof(UseServer), (provider, _) =>
        {
            IEngine engine = ClientEngine.Create(provider, addresses, new SocketDialer());
            return Task.FromResult(new EngineStart(engine, new TaskCompletionSource<string?>().Task));
        }));
        return builder;
    }
}

/// <summary>Makes the engine of a client from the options in the services.</summary>
internal static class ClientEngine
{
    public static ClusterClient Create(IServiceProvider provider, IReadOnlyList<string> addresses, IDialer dialer)
    {
        ConcordOptions options = provider.GetRequiredService<IOptions<ConcordOptions>>().Value;
        return new(
            new(addresses, options.OperationTimeout, options.SessionTimeout, ClientOptions.NewSeed()),
            dialer,
            provider.GetRequiredService<TimeProvider>());
    }
}
