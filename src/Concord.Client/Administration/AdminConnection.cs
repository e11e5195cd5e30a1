using Concord.Client.Connections;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Client.Administration;

/// <summary>What a node answered.</summary>
internal readonly record struct AdminReply(ReplyStatus Status, AnswerStatus Answer, byte[] Payload);

/// <summary>
/// A connection to one node for questions about itself: one question at a time, no session, no routing. What breaks is
/// an <see cref="EngineUnavailableException"/>: whoever asks may ask again.
/// </summary>
internal sealed class AdminConnection : IClientLinkEvents, IDisposable
{
    private readonly Lock _lock = new();
    private readonly ClientLink _link;
    private readonly FrameWriter _frames = new();
    private TaskCompletionSource<AdminReply>? _waiting;
    private ulong _request;
    private string? _closed;

    public AdminConnection(string address, IDialer dialer)
    {
        _link = dialer.Dial(address, this);
        new Hello(HelloRole.Client, default, 0, 0, OperationTable.KnownLevel).Write(_frames, WireKind.Hello);
    }

    /// <param name="kind">What is asked.</param>
    /// <param name="write">Writes what stands behind the number of the request.</param>
    /// <param name="cancellationToken">Stops waiting; the connection is of no use afterwards.</param>
    /// <exception cref="EngineUnavailableException">The node is not there, or will not talk.</exception>
    public async Task<AdminReply> AskAsync(WireKind kind, Action<ByteWriter> write, CancellationToken cancellationToken)
    {
        TaskCompletionSource<AdminReply> waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_closed is not null)
            {
                throw Unavailable(_closed);
            }

            _waiting = waiting;
            ByteWriter writer = _frames.Begin(kind);
            writer.WriteUInt64(++_request);
            write(writer);
            _frames.End();
            _link.Send(_frames.Take());
            _frames.Clear();
        }

        return await waiting.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _link.Close();

    void IClientLinkEvents.Opened(ClientLink link)
    {
        // The hello goes in one frame with the first question, which waits in the link until it is open.
    }

    void IClientLinkEvents.Received(ClientLink link, ReadOnlySpan<byte> body)
    {
        var messages = new MessageReader(body);
        while (messages.TryRead(out WireKind kind, out ByteReader message))
        {
            switch (kind)
            {
                case WireKind.Welcome:
                    break;
                case WireKind.Refused:
                    throw new MalformedDataException(message.ReadText());
                case WireKind.Reply:
                    NodeReply reply = NodeReply.Read(ref message, out ulong request);
                    Complete(request, new AdminReply(reply.Status, reply.Answer, reply.Payload.ToArray()));
                    break;
                default:
                    throw new MalformedDataException($"Malformed data: message {(byte)kind} to an administrator.");
            }
        }
    }

    void IClientLinkEvents.Closed(ClientLink link, string reason)
    {
        lock (_lock)
        {
            _closed = reason;
            _waiting?.TrySetException(Unavailable(reason));
        }
    }

    private void Complete(ulong request, AdminReply reply)
    {
        lock (_lock)
        {
            if (request == _request)
            {
                _waiting?.TrySetResult(reply);
            }
        }
    }

    private EngineUnavailableException Unavailable(string reason) =>
        EngineErrors.Unavailable($"The node at {_link?.Address ?? "that address"} does not answer: {reason.TrimEnd('.')}.");
}
