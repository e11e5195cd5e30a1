using Ascii = System.Text.Encoding;

namespace Concord.Cli.Bench.Etcd;

/// <summary>
/// The headers of gRPC requests on one connection, compressed (HPACK, RFC 7541): what was sent once is a byte
/// afterwards, as with every client of etcd. Blocks must be sent in the order of their making.
/// </summary>
/// <param name="authority">The host of the connection.</param>
internal sealed class HeaderBlocks(string authority)
{
    private const int StaticAuthority = 1;
    private const int StaticPath = 4;
    private const int StaticContentType = 31;
    private const int FirstDynamic = 62;
    private const byte MethodPost = 0x83;
    private const byte SchemeHttp = 0x86;
    private const byte Indexed = 0x80;
    private const byte WithIndexing = 0x40;

    private readonly List<string> _sent = [];

    /// <summary>The headers of a call of <paramref name="path"/>.</summary>
    /// <returns>How many bytes.</returns>
    public int Write(Span<byte> target, string path)
    {
        target[0] = MethodPost;
        target[1] = SchemeHttp;
        int at = 2;
        at += WriteHeader(target[at..], StaticPath, "", path);
        at += WriteHeader(target[at..], StaticAuthority, "", authority);
        at += WriteHeader(target[at..], StaticContentType, "", "application/grpc");
        return at + WriteHeader(target[at..], 0, "te", "trailers");
    }

    private int WriteHeader(Span<byte> target, int staticName, string name, string value)
    {
        int known = _sent.IndexOf(value);
        if (known >= 0)
        {
            // The newest entry of the table comes first.
            target[0] = (byte)(Indexed | (FirstDynamic + _sent.Count - 1 - known));
            return 1;
        }

        _sent.Add(value);
        target[0] = (byte)(WithIndexing | staticName);
        int at = 1;
        at += staticName == 0 ? WriteText(target[at..], name) : 0;
        return at + WriteText(target[at..], value);
    }

    private static int WriteText(Span<byte> target, string text)
    {
        int bytes = Ascii.ASCII.GetBytes(text, target[1..]);
        target[0] = (byte)bytes;
        return bytes + 1;
    }
}
