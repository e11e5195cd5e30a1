namespace Concord.Client.Connections;

/// <summary>Dials TCP addresses of the form <c>host:port</c>.</summary>
internal sealed class SocketDialer : IDialer
{
    public ClientLink Dial(string address, IClientLinkEvents events)
    {
        var link = new SocketLink(address, events);
        link.Start();
        return link;
    }
}
