namespace Concord.Commit;

/// <summary>
/// What a coordinator wants done after one event. The host does it in any order and clears the outbox before the next
/// event; drained that way, one outbox serves any number of coordinators. Nothing here waits for anything else: what
/// rests on a decision appears only after the host reported that decision as applied from the anchor's log.
/// </summary>
public sealed class CommitOutbox
{
    /// <summary>Participants to ask, for the first time or again. Not durable before: nothing.</summary>
    public List<int> Prepares { get; } = [];

    /// <summary>
    /// The decision to propose to the anchor's log as a write to the absent register; null when there is none. Durable,
    /// and applied, before anybody hears of it.
    /// </summary>
    public Decision? Proposal { get; internal set; }

    /// <summary>Participants to tell the decision, for the first time or again.</summary>
    public List<Resolution> Resolutions { get; } = [];

    /// <summary>What to tell whoever waits; null when there is nothing new. At most once in a run.</summary>
    public Outcome? Report { get; internal set; }

    /// <summary>
    /// Every participant has acknowledged the commit, durably: the record of the decision may go. What the request's
    /// session remembers stays until the client has acknowledged it.
    /// </summary>
    public bool Forget { get; internal set; }

    /// <summary>Forgets what has been done.</summary>
    public void Clear()
    {
        Prepares.Clear();
        Proposal = null;
        Resolutions.Clear();
        Report = null;
        Forget = false;
    }
}

/// <summary>The decision, for one participant.</summary>
/// <param name="Participant">Its place among the participants, from 0.</param>
/// <param name="Decision">What was decided.</param>
public readonly record struct Resolution(int Participant, Decision Decision);
