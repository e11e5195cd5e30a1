using Concord.Engines;

namespace Concord.Operations;

/// <summary>What a list of answers holds.</summary>
/// <param name="Lowest">The lowest number of a request in it.</param>
/// <param name="Highest">The highest.</param>
/// <param name="Count">How many answers; without any the other two say nothing.</param>
internal readonly record struct AnswersHead(ulong Lowest, ulong Highest, int Count)
{
    public AnswersHead With(ulong sequence) => Count == 0
        ? new(sequence, sequence, 1)
        : new(Math.Min(Lowest, sequence), Math.Max(Highest, sequence), Count + 1);
}

/// <summary>
/// What is known of the lists of <see cref="SessionAnswers"/> that were written last, beside the state: each operation
/// looks into one and adds to it, and nearly always what stands here spares it reading what others were answered. What
/// is forgotten here is read again; nothing that is answered or written depends on it.
/// </summary>
internal sealed class AnswersMemo
{
    private const int PlacesBits = 8;

    private readonly Known[] _places = new Known[1 << PlacesBits];
    private Known _written;

    /// <summary>Of the list in which the request belongs, if it is still as it was written at this revision.</summary>
    public bool TryGet(RequestKey request, long revision, out AnswersHead head)
    {
        ref readonly Known known = ref PlaceOf(request.Slot, request.Session);
        head = known.Head;
        return known.Revision == revision && known.Session == request.Session && known.Slot == request.Slot;
    }

    /// <summary>The list was written, and is not committed yet.</summary>
    public void Written(RequestKey request, AnswersHead head) => _written = new(request.Slot, request.Session, 0, head);

    /// <summary>What was written has been committed at this revision.</summary>
    public void Committed(long revision) =>
        PlaceOf(_written.Slot, _written.Session) = _written with { Revision = revision };

    private ref Known PlaceOf(Slot slot, SessionId session) =>
        ref _places[((session.Value ^ slot.Value) * 0x9E3779B97F4A7C15UL) >> (64 - PlacesBits)];

    private readonly record struct Known(Slot Slot, SessionId Session, long Revision, AnswersHead Head);
}
