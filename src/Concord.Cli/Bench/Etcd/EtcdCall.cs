using System.Buffers.Binary;
using System.Threading.Tasks.Sources;

namespace Concord.Cli.Bench.Etcd;

/// <summary>One call under way; used again for the next.</summary>
internal sealed class EtcdCall : IValueTaskSource<EtcdAnswer>
{
    /// <summary>Before each message: whether it is compressed 1, length 4.</summary>
    public const int PrefixBytes = 5;

    private ManualResetValueTaskSourceCore<EtcdAnswer> _source;
    private byte[] _response = new byte[1024];
    private int _held;

    /// <summary>Gives the object back.</summary>
    public required Action<EtcdCall> Return { get; init; }

    /// <summary>The method, which says how the answer is read.</summary>
    public string Path { get; private set; } = "";

    /// <summary>The request with its prefix, while it waits for room.</summary>
    public byte[] Request { get; private set; } = [];

    public int RequestLength { get; private set; }

    public ValueTask<EtcdAnswer> Task => new(this, _source.Version);

    public Span<byte> Begin(string path, int bodyBytesMax)
    {
        _source.Reset();
        (Path, _held) = (path, 0);
        if (Request.Length < PrefixBytes + bodyBytesMax)
        {
            Request = new byte[PrefixBytes + bodyBytesMax];
        }

        return Request.AsSpan(PrefixBytes);
    }

    public void Seal(int bodyBytes)
    {
        Request[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(Request.AsSpan(1), bodyBytes);
        RequestLength = PrefixBytes + bodyBytes;
    }

    public void Receive(ReadOnlySpan<byte> data)
    {
        if (_held + data.Length > _response.Length)
        {
            Array.Resize(ref _response, Math.Max(_held + data.Length, _response.Length * 2));
        }

        data.CopyTo(_response.AsSpan(_held));
        _held += data.Length;
    }

    /// <summary>The stream has ended. A call that failed has no message: its status is in the trailers.</summary>
    public void End(bool isBroken)
    {
        bool hasMessage = !isBroken && _held >= PrefixBytes
            && BinaryPrimitives.ReadInt32BigEndian(_response.AsSpan(1)) == _held - PrefixBytes;
        _source.SetResult(
            hasMessage ? EtcdAnswer.Read(Path, _response.AsSpan(PrefixBytes, _held - PrefixBytes)) : default);
    }

    EtcdAnswer IValueTaskSource<EtcdAnswer>.GetResult(short token)
    {
        EtcdAnswer result = _source.GetResult(token);
        Return(this);
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<EtcdAnswer>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<EtcdAnswer>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
