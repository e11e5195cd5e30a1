using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Client.Routing;

/// <content>What the leaders of shards tell by themselves: what the session holds, and what is watched.</content>
internal sealed partial class ClientCore
{
    private readonly Dictionary<ulong, ClientSubscription> _subscriptions = [];

    private bool _isSubscribing;

    /// <summary>What watches have been told since the shell last looked.</summary>
    public List<(ClientSubscription Watch, EngineRecords Records)> Told { get; } = [];

    /// <summary>Begins to watch the records behind a prefix.</summary>
    public ClientSubscription Watch(ReadOnlyMemory<byte> prefix, object owner, TimeSpan now)
    {
        Advance(now);
        var watch = new ClientSubscription
        {
            Id = _nextWireId++,
            Kind = SubscriptionKind.Watch,
            Prefix = prefix,
            Owner = owner,
        };
        _subscriptions.Add(watch.Id, watch);
        TickSubscriptions();
        return watch;
    }

    /// <summary>Watches no more.</summary>
    public void Unwatch(ClientSubscription watch)
    {
        if (_subscriptions.Remove(watch.Id) && watch.SentOn is { } connection)
        {
            ByteWriter writer = connection.Output.Begin(WireKind.Unsubscribe);
            writer.WriteUInt64(watch.Id);
            writer.WriteUInt32(ShardOf(watch));
            connection.Output.End();
            MarkDirty(connection);
        }
    }

    /// <summary>Sees to it that grants in a shard are heard of.</summary>
    private void OpenInbox(ClientSession session, uint shard)
    {
        if (session.In(shard).Inbox is not null)
        {
            return;
        }

        var inbox = new ClientSubscription
        {
            Id = _nextWireId++,
            Kind = SubscriptionKind.Inbox,
            Session = session,
            Shard = shard,
        };
        session.In(shard).Inbox = inbox;
        _subscriptions.Add(inbox.Id, inbox);
        TickSubscriptions();
    }

    private void CloseInboxes(ClientSession session)
    {
        foreach (ClientSubscription inbox in _subscriptions.Values.Where(one => one.Session == session).ToArray())
        {
            Unwatch(inbox);
        }
    }

    private void TickSubscriptions()
    {
        if (_topology is null)
        {
            return;
        }

        _isSubscribing = false;
        foreach (ClientSubscription subscription in _subscriptions.Values.OrderBy(static one => one.Id).ToArray())
        {
            if (subscription.SentOn is { } asked && _now >= subscription.AnswerDue)
            {
                ForgetLeaderAt(asked);
                subscription.SentOn = null;
            }

            bool isDue = subscription.SentOn is null ? _now >= subscription.RetryAt
                : subscription.Kind == SubscriptionKind.Watch && _now >= subscription.RefreshAt;
            if (isDue)
            {
                Subscribe(subscription);
            }

            _isSubscribing |= subscription.AnswerDue != TimeSpan.MaxValue;
        }
    }

    private void TellAgain(ClientSubscription inbox)
    {
        inbox.SentOn = null;
        inbox.RetryAt = _now;
        TickSubscriptions();
    }

    private uint ShardOf(ClientSubscription subscription) =>
        subscription.Shard ?? _topology!.ShardOf(RecordKey.SlotOf(subscription.Prefix.Span));

    private void Subscribe(ClientSubscription subscription)
    {
        uint shard = ShardOf(subscription);
        subscription.RetryAt = _now + _options.RetryDelay;
        if (subscription.Session is { } session && !session.In(shard).IsOpen)
        {
            return;
        }

        if (LeaderConnection(shard) is not { } connection)
        {
            subscription.SentOn = null;
            return;
        }

        subscription.SentOn = connection;
        subscription.AnswerDue = _now + _options.AttemptTimeout;
        subscription.RefreshAt = TimeSpan.MaxValue;
        subscription.Whole = null;
        new SubscribeRequest
        {
            Id = subscription.Id,
            Shard = shard,
            Kind = subscription.Kind,
            Session = subscription.Session?.Id ?? default,
            Prefix = subscription.Prefix.Span,
        }.Write(connection.Output);
        MarkDirty(connection);
    }

    /// <summary>The connection that subscriptions were made on is gone.</summary>
    private void LoseSubscriptions(ClientConnection connection)
    {
        foreach (ClientSubscription subscription in _subscriptions.Values)
        {
            if (subscription.SentOn == connection)
            {
                subscription.SentOn = null;
                subscription.RetryAt = _now;
            }
        }
    }

    private void HandleSubscriptionEnded(ClientConnection connection, ulong id)
    {
        if (_subscriptions.TryGetValue(id, out ClientSubscription? ended) && ended.SentOn == connection)
        {
            uint shard = ShardOf(ended);
            if (_leaders.GetValueOrDefault(shard) == connection.Node)
            {
                _leaders.Remove(shard);
            }

            ended.SentOn = null;
            ended.RetryAt = _now + _options.RetryDelay;
        }
    }

    private void HandleWatched(ClientConnection connection, ref ByteReader message)
    {
        if (!_subscriptions.TryGetValue(message.ReadUInt64(), out ClientSubscription? watch)
            || watch.SentOn != connection)
        {
            return;
        }

        EngineRecords records = WatchedRecords.Read(ref message);
        watch.AnswerDue = TimeSpan.MaxValue;
        watch.RefreshAt = _now + (_options.SessionTimeout / 4);
        if (records.Revision > watch.Revision)
        {
            watch.Revision = records.Revision;
            Told.Add((watch, records));
        }
    }

    private void HandleInbox(ClientConnection connection, ref ByteReader message)
    {
        InboxEvent told = InboxEvent.Read(ref message);
        if (!_subscriptions.TryGetValue(told.Subscription, out ClientSubscription? inbox)
            || inbox.SentOn != connection || inbox.Session is not { } session)
        {
            return;
        }

        if (inbox.AnswerDue != TimeSpan.MaxValue)
        {
            // News may overtake nothing, but be all that arrives: due is the end of the whole.
            inbox.AnswerDue = told.Kind == InboxEventKind.End ? TimeSpan.MaxValue : _now + _options.AttemptTimeout;
        }

        switch (told.Kind)
        {
            case InboxEventKind.Begin:
                inbox.Whole = [];
                break;
            case InboxEventKind.Put:
                Granted(session, inbox, told);
                break;
            case InboxEventKind.InLine:
                InLine(session, inbox, told);
                break;
            case InboxEventKind.Gone:
                Gone(session, told.Key);
                break;
            case InboxEventKind.End:
                Reconcile(session, inbox, told.Revision);
                break;
        }
    }
}
