namespace Concord.Tests;

/// <summary>Where a message of the model is.</summary>
internal enum ModelPlace
{
    Here,
    InFlight,
    Gone,
}

/// <summary>A message of the model.</summary>
internal sealed class ModelMessage
{
    public required string Text { get; init; }

    public string Group { get; init; } = "";

    public string Id { get; init; } = "";

    public ulong Order { get; set; }

    public long Due { get; set; }

    public int Deliveries { get; set; }

    public int Failures { get; set; }

    public ModelPlace Place { get; set; }

    /// <summary>The queue that it was dead-lettered from.</summary>
    public QueueModel? Source { get; set; }

    public (ulong Session, ulong Sequence) Holder { get; set; }

    public long Until { get; set; }
}

/// <summary>A queue as one would write it down: a list of messages and a list of those who wait.</summary>
internal sealed class QueueModel(Func<long> now, QueueModel? dead)
{
    private ulong _order = 1;

    public List<ModelMessage> Messages { get; } = [];

    public List<(ulong Session, ulong Sequence)> Line { get; } = [];

    public Dictionary<string, long> Ids { get; } = [];

    public long Visibility { get; set; } = 30_000;

    public int MaxFailures { get; set; } = 10;

    public int MaxLength { get; set; } = int.MaxValue;

    /// <summary>Sessions that are ending.</summary>
    public HashSet<ulong> Ending { get; init; } = [];

    /// <summary>Nobody has looked at what is due here since then; null: somebody has.</summary>
    public long? AsleepSince { get; set; }

    public IEnumerable<ModelMessage> Deliverable => Messages.Where(IsDeliverable).OrderBy(message => message.Order);

    public bool IsDeliverable(ModelMessage message) => message.Place == ModelPlace.Here
        && message.Due <= (AsleepSince ?? now())
        && IsFirst(message);

    /// <summary>Whether no earlier one of its group is in the queue.</summary>
    public bool IsFirst(ModelMessage message) => message.Group.Length == 0
        || !Messages.Any(other => other.Group == message.Group && other.Order < message.Order);

    public int Enqueue(IReadOnlyList<ModelMessage> messages)
    {
        var fresh = new List<ModelMessage>();
        foreach (ModelMessage message in messages)
        {
            bool isKnown = message.Id.Length > 0
                && (fresh.Any(other => other.Id == message.Id) || (Ids.TryGetValue(message.Id, out long until)
                    && until > now()));
            if (!isKnown)
            {
                fresh.Add(message);
            }
        }

        if (fresh.Count > 0 && Messages.Count + fresh.Count > MaxLength)
        {
            return -1;
        }

        foreach (ModelMessage message in fresh)
        {
            if (message.Id.Length > 0)
            {
                Ids[message.Id] = now() + (24 * 3_600_000);
            }

            Add(message);
        }

        return fresh.Count;
    }

    public ModelMessage? Receive((ulong Session, ulong Sequence) handle, bool waits)
    {
        ModelMessage? first = Deliverable.FirstOrDefault();
        if (first is not null)
        {
            Deliver(first, handle);
        }
        else if (waits)
        {
            Line.Add(handle);
        }

        return first;
    }

    /// <summary>One request for several, whose last has this number.</summary>
    public void ReceiveSeveral(ulong session, ulong sequence, int count)
    {
        for (int left = count; left > 0; left--)
        {
            Receive((session, sequence - (ulong)(left - 1)), waits: true);
        }
    }

    /// <summary>What is in line of such a request leaves, and what is delivered of it comes back.</summary>
    public void GiveUpSeveral(ulong session, ulong sequence, int count)
    {
        bool IsOfIt((ulong Session, ulong Sequence) handle) =>
            handle.Session == session && handle.Sequence <= sequence && sequence - handle.Sequence < (ulong)count;
        Line.RemoveAll(IsOfIt);
        foreach (ModelMessage message in Messages
            .Where(message => message.Place == ModelPlace.InFlight && IsOfIt(message.Holder))
            .OrderBy(message => message.Holder.Sequence)
            .ToList())
        {
            Return(message);
        }
    }

    public void Complete(ModelMessage message)
    {
        message.Place = ModelPlace.Gone;
        Messages.Remove(message);
        Match();
    }

    public void Return(ModelMessage message)
    {
        (message.Place, message.Due) = (ModelPlace.Here, 0);
        Match();
    }

    public void Fail(ModelMessage message, long retryAfter = 0, bool isFinal = false)
    {
        message.Failures++;
        if (dead is not null && (isFinal || message.Failures >= MaxFailures))
        {
            Messages.Remove(message);
            message.Source = this;
            dead.Take(message);
        }
        else
        {
            message.Place = ModelPlace.Here;
            message.Due = retryAfter == 0 ? 0 : now() + retryAfter;
        }

        Match();
    }

    /// <summary>Dead letters go back; stops at a queue that is full.</summary>
    public int Redrive()
    {
        int moved = 0;
        while (Deliverable.FirstOrDefault(message => message.Source is not null) is { } message)
        {
            QueueModel source = message.Source!;
            if (source.Messages.Count + 1 > source.MaxLength)
            {
                break;
            }

            Messages.Remove(message);
            message.Source = null;
            source.Take(message);
            Match();
            moved++;
        }

        return moved;
    }

    public int Purge() => Messages.RemoveAll(message => message.Place == ModelPlace.Here);

    /// <summary>A session ends: first its deliveries, in the order of their handles, then its places in line.</summary>
    public void EndSession(ulong session)
    {
        foreach (ModelMessage message in InFlight(session).OrderBy(message => message.Holder.Sequence).ToList())
        {
            Fail(message);
        }

        Line.RemoveAll(handle => handle.Session == session);
    }

    /// <summary>Time has passed: what has come due, in the order of the moments; then what has timed out, in the order
    /// of the handles.</summary>
    public void Pass(long before)
    {
        List<ModelMessage> due = [.. Messages
            .Where(message => message.Place == ModelPlace.Here && message.Due > before && message.Due <= now())
            .OrderBy(message => message.Due)
            .ThenBy(message => message.Order)];
        foreach (ModelMessage message in due.Where(IsDeliverable))
        {
            if (Line.Count > 0)
            {
                Deliver(message, Next());
            }
        }

        List<ModelMessage> ended = [.. Messages
            .Where(message => message.Place == ModelPlace.InFlight && message.Until <= now())
            .OrderBy(message => message.Holder)];
        foreach (ModelMessage message in ended)
        {
            Fail(message);
        }

        foreach (string id in Ids.Where(pair => pair.Value <= now()).Select(pair => pair.Key).ToList())
        {
            Ids.Remove(id);
        }
    }

    public IEnumerable<ModelMessage> InFlight(ulong session) =>
        Messages.Where(message => message.Place == ModelPlace.InFlight && message.Holder.Session == session);

    /// <summary>From another queue: last here, counted anew.</summary>
    private void Take(ModelMessage message)
    {
        (message.Place, message.Due, message.Deliveries, message.Failures) = (ModelPlace.Here, 0, 0, 0);
        Add(message);
    }

    private void Add(ModelMessage message)
    {
        message.Order = _order++;
        Messages.Add(message);
        Match();
    }

    private void Match()
    {
        Line.RemoveAll(handle => Ending.Contains(handle.Session) && Deliverable.Any());
        while (Line.Count > 0 && Deliverable.FirstOrDefault() is { } message)
        {
            Deliver(message, Next());
        }
    }

    private (ulong Session, ulong Sequence) Next()
    {
        (ulong Session, ulong Sequence) first = Line[0];
        Line.RemoveAt(0);
        return first;
    }

    private void Deliver(ModelMessage message, (ulong Session, ulong Sequence) handle)
    {
        message.Place = ModelPlace.InFlight;
        message.Holder = handle;
        message.Deliveries++;
        message.Until = now() + Visibility;
    }
}
