using Concord.Client.Connections;

namespace Concord.Conformance.Engines;

/// <summary>A process's connections. Bytes get lost, in one direction or in both; or the process is gone as far as its
/// nodes can see, and nobody tells it.</summary>
internal sealed class Line(IDialer dialer) : IDialer
{
    private readonly Lock _lock = new();
    private readonly List<LossyLink> _links = [];
    private bool _isCut;

    public volatile bool LosesWhatIsSent;
    public volatile bool LosesWhatIsReceived;

    public ClientLink Dial(string address, IClientLinkEvents events)
    {
        var link = new LossyLink(this, address, events);
        bool isCut;
        lock (_lock)
        {
            _links.Add(link);
            isCut = _isCut;
        }

        if (isCut)
        {
            link.CloseReal();
        }
        else
        {
            link.Real = dialer.Dial(address, link);
        }

        return link;
    }

    /// <summary>A node in the same process vouches for as long as there is a connection: so that is closed, and not
    /// only deaf. The process is not told.</summary>
    public void Cut()
    {
        LosesWhatIsSent = LosesWhatIsReceived = true;
        foreach (LossyLink link in Take(isCut: true, forget: false))
        {
            link.CloseReal();
        }
    }

    /// <summary>Connections that were closed meanwhile are seen to be.</summary>
    public void Mend()
    {
        bool wasCut;
        lock (_lock)
        {
            wasCut = _isCut;
        }

        // Before: what is dialed from now on must not be deaf.
        LosesWhatIsSent = LosesWhatIsReceived = false;
        LossyLink[] broken = Take(isCut: false, forget: wasCut);
        if (wasCut)
        {
            foreach (LossyLink link in broken)
            {
                link.TellClosed();
            }
        }
    }

    private LossyLink[] Take(bool isCut, bool forget)
    {
        lock (_lock)
        {
            _isCut = isCut;
            LossyLink[] links = [.. _links];
            if (forget)
            {
                _links.Clear();
            }

            return links;
        }
    }

    private sealed class LossyLink(Line line, string address, IClientLinkEvents events) : ClientLink, IClientLinkEvents
    {
        private readonly ManualResetEventSlim _isDialed = new();
        private volatile ClientLink? _real;
        private volatile bool _isGone;

        public ClientLink Real
        {
            set
            {
                _real = value;
                _isDialed.Set();
                if (_isGone)
                {
                    value.Close();
                }
            }
        }

        public override string Address { get; } = address;

        public override void Send(ReadOnlyMemory<byte> frames)
        {
            if (!line.LosesWhatIsSent && !_isGone)
            {
                // Opened on another thread, perhaps before the dialer has returned.
                _isDialed.Wait();
                _real!.Send(frames);
            }
        }

        public override void Close()
        {
            _isGone = true;
            CloseReal();
        }

        public void CloseReal()
        {
            _isGone = true;
            _real?.Close();
        }

        public void TellClosed() => events.Closed(this, "the line was cut");

        public void Opened(ClientLink link) => events.Opened(this);

        public void Received(ClientLink link, ReadOnlySpan<byte> body)
        {
            if (!line.LosesWhatIsReceived && !_isGone)
            {
                events.Received(this, body);
            }
        }

        public void Closed(ClientLink link, string reason)
        {
            if (!_isGone)
            {
                events.Closed(this, reason);
            }
        }
    }
}
