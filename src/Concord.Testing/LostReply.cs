using Concord.Client.Connections;
using Concord.Client.Wire;
using Concord.Encoding;

namespace Concord.Testing;

/// <summary>
/// Loses the answer to the next write of a process: its call ends as unknown, and nothing asks again. The frame of a
/// write that shall not be applied gets lost before; what travels in it besides is sent again by the client.
/// </summary>
internal sealed class LostReply
{
    private readonly Lock _gate = new();
    private bool? _losesApplied;

    public Action<ulong>? Abandon { get; set; }

    public void LoseNext(bool applied)
    {
        lock (_gate)
        {
            _losesApplied = applied;
        }
    }

    /// <summary>Looks at what a process sends.</summary>
    /// <returns>False when it gets lost.</returns>
    public bool MayArrive(ReadOnlySpan<byte> body)
    {
        bool applied;
        ulong request = 0;
        lock (_gate)
        {
            if (_losesApplied is not { } loses || !TryFindWrite(body, out request))
            {
                return true;
            }

            applied = loses;
            _losesApplied = null;
        }

        // The caller is told before the node has it: so no answer can come first.
        Abandon!(request);
        return applied;
    }

    private static bool TryFindWrite(ReadOnlySpan<byte> body, out ulong request)
    {
        var messages = new MessageReader(body);
        while (messages.TryRead(out WireKind kind, out ByteReader message))
        {
            if (kind is WireKind.Execute or WireKind.Commit)
            {
                request = message.ReadUInt64();
                var command = new ByteReader(message.Rest[sizeof(uint)..]);
                bool isOfUser = kind == WireKind.Commit
                    || Engines.Command.Read(command.Rest).Request.Session.Value != 0;
                if (isOfUser)
                {
                    return true;
                }
            }
        }

        request = 0;
        return false;
    }
}
