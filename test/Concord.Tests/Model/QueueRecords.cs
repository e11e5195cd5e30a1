using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Tests;

/// <summary>Compares every record of a queue with the model, those that must not be there included.</summary>
internal static class QueueRecords
{
    /// <returns>How many records the queue has.</returns>
    public static int Check(QueueRoom room, byte[] root, QueueModel model)
    {
        List<ModelMessage> messages = [.. model.Messages.OrderBy(message => message.Order)];
        List<ModelMessage> here = [.. messages.Where(message => message.Place == ModelPlace.Here)];
        ILookup<string, ModelMessage> parts = here.ToLookup(message =>
            !model.IsFirst(message) ? "behind" : message.Due > room.Now ? "delayed" : "ready");
        byte[] buffer = new byte[QueueKey.BytesMax];
        CheckMessages(room, QueueKey.Ready(buffer, root).ToArray(), parts["ready"]);
        CheckMessages(room, QueueKey.Behind(buffer, root).ToArray(), parts["behind"]);
        CheckMessages(room, QueueKey.Delayed(buffer, root).ToArray(), parts["delayed"]);
        CheckHolds(room, root, [.. messages.Where(message => message.Place == ModelPlace.InFlight)]);
        int places = CheckLine(room, root, model);

        List<string> groups = [.. messages.Select(message => message.Group).Where(group => group != "").Distinct()];
        foreach (string group in groups)
        {
            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(group);
            Assert.True(room.Keys.TryGet(QueueKey.Group(buffer, root, bytes), out _));
        }

        int index = All(room, HoldKey.Prefix(buffer, RecordKind.QueueIndex, root).ToArray()).Count;
        Assert.Equal(groups.Count + (2 * model.Ids.Count), index);
        bool exists = room.Keys.TryGet(root, out RecordView stored);
        QueueRoot state = exists ? QueueRoot.Read(stored.Value) : new();
        int inFlight = messages.Count - here.Count;
        Assert.Equal(
            (parts["ready"].Count(), parts["behind"].Count(), parts["delayed"].Count(), inFlight),
            (state.Ready, state.Behind, state.Delayed, state.InFlight));
        Assert.Equal(messages.Sum(message => message.Text.Length + 2), state.Bytes);
        CheckTimer(room, root, model, state);
        return messages.Count + index + (2 * places) + (exists ? 1 : 0) + (state.Timer == 0 ? 0 : 1);
    }

    private static void CheckMessages(QueueRoom room, byte[] prefix, IEnumerable<ModelMessage> expected)
    {
        List<string> found = [];
        foreach (byte[] key in All(room, prefix))
        {
            Assert.True(room.Keys.TryGet(key, out RecordView view));
            QueueMessage message = QueueMessage.Read(view.Value);
            Assert.Equal(message.Order, QueueKey.OrderOf(key));
            Assert.True(view.Owner.IsNone);
            found.Add(Describe(message));
        }

        Assert.Equal(
            expected.Select(message => Describe(message)).Order(StringComparer.Ordinal),
            found.Order(StringComparer.Ordinal));
    }

    private static void CheckHolds(QueueRoom room, byte[] root, List<ModelMessage> expected)
    {
        byte[] buffer = new byte[QueueKey.BytesMax];
        List<string> found = [];
        foreach (byte[] key in All(room, HoldKey.Prefix(buffer, RecordKind.Hold, root).ToArray()))
        {
            (SessionId session, ulong sequence) = HoldKey.HandleOf(key);
            Assert.True(room.Keys.TryGet(key, out RecordView view));
            Assert.Equal(session, view.Owner);
            DeliveryRecord record = DeliveryRecord.Read(view.Value);
            found.Add($"{session.Value} {sequence} until {record.Until.Milliseconds}: {Describe(record.Message)}");
        }

        IEnumerable<string> described = expected.Select(message =>
            $"{message.Holder.Session} {message.Holder.Sequence} until {message.Until}: {Describe(message, 0)}");
        Assert.Equal(described.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    /// <returns>How many places there are: one for all that a request still waits for.</returns>
    private static int CheckLine(QueueRoom room, byte[] root, QueueModel model)
    {
        byte[] buffer = new byte[QueueKey.BytesMax];
        List<(ulong, ulong)> line = [];
        int places = 0;
        ulong from = 0;
        while (HoldLine.TryFirst(room.Keys, root, from, out LinePlace place))
        {
            (ulong session, ulong sequence) = (place.Session.Value, place.Sequence);
            int left = ReceiveRequest.ReadPlace(place.Request).Left;
            line.AddRange(Enumerable.Range(1, left).Select(i => (session, sequence - (ulong)(left - i))));
            places++;
            from = place.Number + 1;
        }

        Assert.Equal(model.Line, line);
        Assert.Equal(places, All(room, HoldKey.Prefix(buffer, RecordKind.Claim, root).ToArray()).Count);
        return places;
    }

    /// <summary>The timer is there when something will come due, and not late.</summary>
    private static void CheckTimer(QueueRoom room, byte[] root, QueueModel model, QueueRoot state)
    {
        Assert.Equal(state.Timer == 0 ? null : state.Timer, room.Timer(root));
        IEnumerable<long> moments = model.Messages
            .Where(message => message.Place == ModelPlace.Here && message.Due > room.Now && model.IsFirst(message))
            .Select(message => message.Due)
            .Concat(model.Messages
                .Where(message => message.Place == ModelPlace.InFlight)
                .Select(message => Math.Max(message.Until, room.Now + 100)))
            .Concat(model.Ids.Values);
        if (moments.Any())
        {
            Assert.InRange(state.Timer, 1, moments.Min());
        }
    }

    private static string Describe(in QueueMessage message) =>
        $"{message.Order} {QueueRoom.TextOf(message.Content)} {message.Id.ToText()} {message.Group.ToText()} "
        + $"{message.Due.Milliseconds} {message.Deliveries} {message.Failures} {!message.Note.IsEmpty}";

    private static string Describe(ModelMessage message, long? due = null) =>
        $"{message.Order} {message.Text} {message.Id} {message.Group} "
        + $"{due ?? message.Due} {message.Deliveries} {message.Failures} {message.Source is not null}";

    private static List<byte[]> All(QueueRoom room, byte[] prefix)
    {
        List<byte[]> keys = [];
        byte[] after = prefix;
        while (room.Keys.TryNext(prefix, after, out RecordView record))
        {
            after = record.Key.ToArray();
            keys.Add(after);
        }

        return keys;
    }
}
