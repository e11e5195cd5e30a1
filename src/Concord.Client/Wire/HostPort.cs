using System.Globalization;

namespace Concord.Client.Wire;

/// <summary>Where a node listens, as text: <c>host:port</c>, an IPv6 address as host in brackets.</summary>
internal static class HostPort
{
    public static bool TryParse(string address, out string host, out ushort port)
    {
        int colon = address.LastIndexOf(':');
        host = colon > 0 ? address[..colon] : "";
        bool isBracketed = host.StartsWith('[') && host.EndsWith(']');
        host = isBracketed ? host[1..^1] : host;
        UriHostNameType kind = Uri.CheckHostName(host);
        bool isHost = isBracketed ? kind == UriHostNameType.IPv6
            : kind is UriHostNameType.Dns or UriHostNameType.IPv4;
        bool isPort = ushort.TryParse(
            address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port > 0;
        return isHost && isPort;
    }
}
