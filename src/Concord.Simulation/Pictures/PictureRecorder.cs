using Concord.Consensus;

namespace Concord.Simulation.Pictures;

/// <summary>
/// Takes down what a picture of a run shows. A world has one only when a picture was asked for; without it, a run pays
/// for looking whether there is one. Lanes are replicas, counted from 0; times are in microseconds.
/// </summary>
internal sealed partial class PictureRecorder
{
    private const int ArrivesColumn = 1;
    private const int FateColumn = 7;
    private const int UntilColumn = 3;

    private readonly TextTable _texts = new();
    private readonly EntryTable _entries;
    private readonly SortedDictionary<(int Lane, int Group), ReplicaTrack> _tracks = [];
    private readonly Columns _messages = new("t", "u", "from", "to", "group", "kind", "term", "fate", "brief", "text");
    private readonly Columns _operations = new("client", "t", "u", "outcome", "text");
    private readonly Columns _spans = new("kind", "lane", "t", "u", "text");
    private readonly Columns _marks = new("kind", "lane", "t", "text");
    private readonly Columns _promises = new("lane", "group", "t", "term");
    private readonly HashSet<(int Lane, int Group, Stamp Ballot)> _promised = [];
    private readonly List<Cut> _cuts = [];
    private readonly List<StoryStep> _steps = [];
    private readonly Dictionary<int, (long Since, string Why)> _down = [];
    private readonly List<string> _kinds = [];
    private int[]? _sides;

    public PictureRecorder(EntryWords words) => _entries = new(words, _texts);

    public bool HasOperations => _operations.Count > 0;

    /// <summary>A message leaves.</summary>
    /// <param name="group">The group that it belongs to.</param>
    /// <param name="message">Its head.</param>
    /// <param name="entries">Its entries.</param>
    /// <param name="now">When.</param>
    /// <param name="origin">Whether it is a copy, or an old one.</param>
    /// <returns>Its number.</returns>
    public int Sent(int group, in Message message, EntryReader entries, long now, MessageFate origin = default)
    {
        if (message is { Kind: MessageKind.Promise, Rejected: false })
        {
            Promised(message.From.Value - 1, group, message.Stamp, now);
        }

        string terms = MessageWords.Stamps(entries);
        return _messages.Add(
            now, now, message.From.Value - 1, message.To.Value - 1, group, KindOf(message.Kind.ToString()),
            StampNumber.Of(message.Stamp), (int)(origin | MessageFate.UnderWay),
            _texts.Find(MessageWords.Brief(message, terms)), _texts.Find(MessageWords.Full(message, terms)));
    }

    /// <summary>A message that is still bytes leaves.</summary>
    public int Sent(int group, ReadOnlySpan<byte> bytes, long now, MessageFate origin = default) =>
        MessageCodec.TryRead(bytes, out Message message, out EntryReader entries)
            ? Sent(group, message, entries, now, origin)
            : throw new ArgumentException("Not a message.", nameof(bytes));

    /// <summary>A state travels beside the protocol.</summary>
    public int Transfer(int group, int from, int to, ulong index, Stamp stamp, long now) => _messages.Add(
        now, now, from, to, group, KindOf("Snapshot"), StampNumber.Of(stamp), (int)MessageFate.UnderWay,
        _texts.Find($"state at {index}"), _texts.Find($"A snapshot: the state after entry {index}."));

    public void Arrived(int message, long now) => End(message, now, MessageFate.Arrived);

    public void Lost(int message, long now, bool atTheEnd) =>
        End(message, now, atTheEnd ? MessageFate.LostAtTheEnd : MessageFate.LostOnTheWay);

    /// <summary>Something may have changed at a replica.</summary>
    public void Observe(int lane, int group, IReplicatedLog core, ulong applied, long now)
    {
        LookAgain(now);
        if (!_tracks.TryGetValue((lane, group), out ReplicaTrack? track))
        {
            track = new(lane, group, _entries);
            _tracks.Add((lane, group), track);
        }

        track.Observe(core, applied, now);
    }

    public void Down(int lane, string why, long now)
    {
        foreach (((int Lane, int Group) key, ReplicaTrack track) in _tracks)
        {
            if (key.Lane == lane)
            {
                track.Down(now);
            }
        }

        _down[lane] = (now, why);
    }

    public void Up(int lane, long now)
    {
        if (_down.Remove(lane, out (long Since, string Why) down))
        {
            Span(SpanKind.Down, lane, down.Since, now, down.Why);
        }
    }

    /// <summary>Something holds for a while at one replica.</summary>
    public void Span(SpanKind kind, int lane, long from, long until, string text) =>
        _spans.Add((int)kind, lane, from, until, _texts.Find(text));

    /// <summary>What holds for a while ends here: everything is healed.</summary>
    public void Healed(long now)
    {
        Mark(MarkKind.Healed, -1, now, "everything is healed");
        for (int i = 0; i < _spans.Count; i++)
        {
            _spans[i, UntilColumn] = Math.Min(_spans[i, UntilColumn], now);
        }
    }

    /// <summary>Something happens at one replica, or, with lane -1, to all.</summary>
    public void Mark(MarkKind kind, int lane, long now, string text) =>
        _marks.Add((int)kind, lane, now, _texts.Find(text));

    /// <summary>A client's operation has ended, or was given up.</summary>
    public void Operation(int client, long invoked, long returned, OperationEnd outcome, string text) =>
        _operations.Add(client, invoked, returned, (int)outcome, _texts.Find(text));

    /// <summary>From here on, the story says this.</summary>
    public void Step(StoryStep step) => _steps.Add(step);

    /// <summary>A promise is told for the first time: it is durable by now.</summary>
    private void Promised(int lane, int group, Stamp ballot, long now)
    {
        if (_promised.Add((lane, group, ballot)))
        {
            _promises.Add(lane, group, now, StampNumber.Of(ballot));
        }
    }

    private int KindOf(string name)
    {
        int kind = _kinds.IndexOf(name);
        if (kind < 0)
        {
            kind = _kinds.Count;
            _kinds.Add(name);
        }

        return kind;
    }

    private void End(int message, long now, MessageFate fate)
    {
        long origin = _messages[message, FateColumn] & ~(long)MessageFate.UnderWay;
        _messages[message, FateColumn] = origin | (long)fate;
        _messages[message, ArrivesColumn] = now;
    }
}
