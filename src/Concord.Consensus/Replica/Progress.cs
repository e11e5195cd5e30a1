namespace Concord.Consensus;

/// <summary>How a leader sends to a follower.</summary>
internal enum ProgressState
{
    /// <summary>It does not know where the follower's log ends: one message at a time until one is accepted.</summary>
    Probe,

    /// <summary>The follower accepts: messages follow each other without waiting, within the in-flight
    /// limits.</summary>
    Replicate,

    /// <summary>The follower is behind what the leader holds and fetches a snapshot; nothing is sent until it has
    /// it.</summary>
    Snapshot,
}

/// <summary>What a leader knows of one follower. Begins anew with each term.</summary>
internal sealed class Progress(NodeId node, LogIndex next, TimeSpan now)
{
    private readonly Queue<(LogIndex Last, int Bytes)> _inflight = new();

    public NodeId Node { get; } = node;

    /// <summary>Its place among the members; -1 when it is none any more.</summary>
    public int Place { get; set; }

    /// <summary>When it last answered; the beginning of the term counts.</summary>
    public TimeSpan LastHeard { get; private set; } = now;

    /// <summary>It may have forgotten what it acknowledged: it counts for nothing in this term any more. What it says
    /// once it has recovered could not be told from what it said before the loss and arrives late.</summary>
    public bool IsImpaired { get; private set; }

    /// <summary>How far it is known to know the log to be committed.</summary>
    public LogIndex KnownCommit { get; private set; }

    public ProgressState State { get; private set; } = ProgressState.Probe;

    /// <summary>Everything up to here is durable at the follower and equal to the leader's log.</summary>
    public LogIndex Match { get; private set; }

    /// <summary>The next entry to send.</summary>
    public LogIndex Next { get; private set; } = next;

    /// <summary>The newest round of reads that the follower has confirmed.</summary>
    public ulong ReadSequence { get; set; }

    /// <summary>When the follower last made progress, or something was first sent after a pause.</summary>
    public TimeSpan LastProgress { get; private set; }

    /// <summary>A probe is on its way and not answered.</summary>
    public bool ProbeSent { get; private set; }

    public int InflightMessages => _inflight.Count;

    public int InflightBytes { get; private set; }

    public void Sent(LogRange entries, int bytes, TimeSpan now)
    {
        if (State == ProgressState.Replicate)
        {
            if (_inflight.Count == 0)
            {
                LastProgress = now;
            }

            _inflight.Enqueue((entries.Last, bytes));
            InflightBytes += bytes;
            Next = entries.Last + 1;
        }
        else
        {
            ProbeSent = true;
            LastProgress = now;
        }
    }

    /// <summary>Whether it has everything up to <paramref name="last"/> and knows that <paramref name="commit"/> is
    /// committed: nothing is left to tell it.</summary>
    public bool HasAll(LogIndex last, LogIndex commit) =>
        State == ProgressState.Replicate && Match >= last && KnownCommit >= commit && !IsImpaired;

    public void Heard(TimeSpan now) => LastHeard = now > LastHeard ? now : LastHeard;

    /// <summary>Its node told where it stands.</summary>
    public void Stands(bool follows, LogIndex commit, TimeSpan now)
    {
        KnownCommit = follows ? commit : LogIndex.Zero;
        if (follows)
        {
            Heard(now);
        }
    }

    public void ForgetsCommit() => KnownCommit = default;

    public void KnowsCommit(LogIndex commit) => KnownCommit = LogIndex.Max(KnownCommit, commit);

    /// <summary>Whether it says of itself that it may have forgotten something; then nothing that it acknowledged
    /// before is relied on.</summary>
    public void TellsImpaired(bool isImpaired)
    {
        if (isImpaired && !IsImpaired)
        {
            Forget(Next);
            IsImpaired = true;
        }
    }

    /// <summary>Nothing that it acknowledged is relied on any more.</summary>
    public void Forget(LogIndex next)
    {
        (Match, KnownCommit, ReadSequence) = (default, default, 0);
        Probe(next);
    }

    /// <summary>The follower has everything up to <paramref name="match"/> and knows what is committed up to
    /// <paramref name="commit"/>.</summary>
    /// <returns>Whether the first is news.</returns>
    public bool Accepted(LogIndex match, LogIndex commit, TimeSpan now)
    {
        LastProgress = now;
        KnowsCommit(commit);
        while (_inflight.TryPeek(out (LogIndex Last, int Bytes) oldest) && oldest.Last <= match)
        {
            InflightBytes -= oldest.Bytes;
            _inflight.Dequeue();
        }

        bool isNews = match > Match;
        Match = LogIndex.Max(Match, match);
        Next = LogIndex.Max(Next, Match + 1);
        if (State != ProgressState.Replicate && Match + 1 >= Next)
        {
            State = ProgressState.Replicate;
            ProbeSent = false;
        }

        return isNews;
    }

    /// <summary>Goes back to finding where the follower's log ends.</summary>
    public void Probe(LogIndex next)
    {
        State = ProgressState.Probe;
        ProbeSent = false;
        Next = LogIndex.Max(next, Match + 1);
        _inflight.Clear();
        InflightBytes = 0;
    }

    /// <summary>Where its log ends is known.</summary>
    public void Replicate(LogIndex next)
    {
        Probe(next);
        State = ProgressState.Replicate;
    }

    /// <summary>It lacks something from <paramref name="next"/> on: no more than what lies before is counted on until
    /// it says so again.</summary>
    public void Rewind(LogIndex next)
    {
        Match = LogIndex.Min(Match, next - 1);
        Probe(next);
    }

    public void AwaitSnapshot(TimeSpan now)
    {
        Probe(Next);
        State = ProgressState.Snapshot;
        LastProgress = now;
    }
}
