namespace Concord.Client.Connections;

/// <summary>A connection to a node, over a socket or inside the process.</summary>
internal abstract class ClientLink
{
    public abstract string Address { get; }

    /// <summary>Takes bytes to send; never waits.</summary>
    public abstract void Send(ReadOnlyMemory<byte> frames);

    /// <summary>Ends it; <see cref="IClientLinkEvents.Closed"/> follows.</summary>
    public abstract void Close();
}

/// <summary>What happens on links. May come from any thread; for one link, one at a time.</summary>
internal interface IClientLinkEvents
{
    void Opened(ClientLink link);

    /// <summary>A whole frame has come; the body is valid during the call.</summary>
    /// <exception cref="Encoding.MalformedDataException">The other side does not speak the protocol: close
    /// it.</exception>
    void Received(ClientLink link, ReadOnlySpan<byte> body);

    void Closed(ClientLink link, string reason);
}

/// <summary>Makes links. A dial that fails ends in <see cref="IClientLinkEvents.Closed"/>, as a link that breaks
/// does.</summary>
internal interface IDialer
{
    ClientLink Dial(string address, IClientLinkEvents events);

    /// <summary>Whether sending is nothing but putting something into a queue: it is done at once then, and not a
    /// moment later on another thread, and <see cref="Sent"/> follows.</summary>
    bool SendsAtOnce => false;

    /// <summary>Something was sent at once; no lock is held.</summary>
    void Sent()
    {
    }
}
