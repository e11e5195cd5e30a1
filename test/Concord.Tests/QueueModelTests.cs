using Concord.Operations.Queues;

namespace Concord.Tests;

/// <summary>Random sequences of everything that can be done to a queue and its dead letters, compared record by record
/// with two lists.</summary>
public sealed class QueueModelTests
{
    private const int Steps = 60;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_queue_does_what_a_list_would_do(int part)
    {
        for (int seed = part; seed < 2000; seed += 4)
        {
            var run = new ModelRun(seed);
            try
            {
                run.Go(Steps);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                throw new InvalidOperationException($"Seed {seed}, after: {run.Story}", exception);
            }
        }
    }

    private sealed class ModelRun
    {
        private readonly Random _random;
        private readonly QueueRoom _room = new();
        private readonly HashSet<ulong> _ending = [];
        private readonly QueueModel _queue;
        private readonly QueueModel _dead;
        private readonly HashSet<ulong> _sessions = [];
        private readonly Dictionary<(ulong Session, ulong Sequence), int> _several = [];
        private readonly HashSet<ulong> _forbidding = [];
        private readonly List<string> _story = [];
        private int _enqueued;
        private int _left;
        private ulong _nextSession = 10;

        public ModelRun(int seed)
        {
            _random = new(seed);
            _room.Now = 100_000;
            _dead = new(() => _room.Now, null) { Ending = _ending };
            _queue = new(() => _room.Now, _dead) { Ending = _ending };
            if (_random.Next(3) > 0)
            {
                _queue.Visibility = 1000 * _random.Next(1, 5);
                _queue.MaxFailures = _random.Next(1, 4);
                _queue.MaxLength = _random.Next(3, 20);
                _room.Configure(_queue.Visibility, _queue.MaxFailures, _queue.MaxLength);
            }
        }

        public string Story => string.Join("; ", _story);

        public void Go(int steps)
        {
            for (int step = 0; step < steps; step++)
            {
                Step();
                Check();
            }

            Drain();
        }

        private void Step()
        {
            bool isDead = _random.Next(6) == 0;
            QueueModel model = isDead ? _dead : _queue;
            byte[] root = isDead ? QueueRoom.Dead : QueueRoom.Queue;
            switch (_random.Next(25))
            {
                case < 6:
                    Enqueue(model, root);
                    break;
                case < 10:
                    Receive(model, root);
                    break;
                case < 12:
                    ReceiveSeveral();
                    break;
                case < 19:
                    Settle(model, root);
                    break;
                case 19:
                    GiveUpWaiting(model, root);
                    break;
                case 20:
                    GiveUpSeveral();
                    break;
                case 21:
                    EndSession();
                    break;
                case < 24:
                    Pass(_random.Next(20) == 0 ? 24 * 3_600_000 : 100 * _random.Next(1, 40));
                    break;
                default:
                    Administer();
                    break;
            }
        }

        private void Enqueue(QueueModel model, byte[] root)
        {
            var batch = new List<ModelMessage>();
            int count = _random.Next(3) == 0 ? _random.Next(1, 5) : 1;
            for (int i = 0; i < count; i++)
            {
                batch.Add(new()
                {
                    Text = $"{_enqueued + i}",
                    Group = _random.Next(2) == 0 ? "" : $"g{_random.Next(3)}",
                    Id = _random.Next(3) == 0 ? $"id{_random.Next(12)}" : "",
                    Due = _random.Next(4) == 0 ? _room.Now + (100 * _random.Next(1, 30)) : 0,
                });
            }

            _story.Add($"enqueue {string.Join(',', batch.Select(m => $"{m.Text}/{m.Group}/{m.Id}/{m.Due}"))}");
            NewMessage[] messages =
            [
                .. batch.Select(m => QueueRoom.Message(m.Text, m.Id, m.Group, m.Due == 0 ? 0 : m.Due - _room.Now)),
            ];
            int expected = model.Enqueue(batch);
            Assert.Equal(expected, _room.EnqueueAt(root, messages));
            _enqueued += Math.Max(0, expected);
        }

        private void Receive(QueueModel model, byte[] root)
        {
            ulong session = Session();
            bool waits = _random.Next(3) == 0;
            _story.Add($"{session} receives{(waits ? " or waits" : "")}");
            if (waits)
            {
                ulong sequence = _room.Wait(session, root);
                model.Receive((session, sequence), waits: true);
                return;
            }

            Delivered? delivered = _room.TryReceive(session, root);
            ModelMessage? expected = model.Receive((session, delivered?.Sequence ?? 0), waits: false);
            Assert.Equal(expected?.Text, delivered?.Text);
        }

        /// <summary>Not of the dead letters: in which order they and what is due there go to those in line is not
        /// said.</summary>
        private void ReceiveSeveral()
        {
            ulong session = Session();
            int count = _random.Next(1, 6);
            ulong sequence = _room.ReceiveSeveral(count, session);
            _story.Add($"{session} receives {count}, the last is {sequence}");
            _queue.ReceiveSeveral(session, sequence, count);
            _several.Add((session, sequence), count);
        }

        /// <summary>Also one of which nothing is left: then it is forbidden, which is kept among the answers of the
        /// session.</summary>
        private void GiveUpSeveral()
        {
            if (_several.Count == 0)
            {
                return;
            }

            ((ulong session, ulong sequence), int count) = _several.ElementAt(_random.Next(_several.Count));
            _story.Add($"{session} gives up {count} until {sequence}");
            if (!_queue.Line.Contains((session, sequence)))
            {
                _forbidding.Add(session);
            }

            _room.GiveUpSeveral(session, sequence, (1UL << count) - 1);
            _queue.GiveUpSeveral(session, sequence, count);
            _several.Remove((session, sequence));
        }

        private void Settle(QueueModel model, byte[] root)
        {
            List<ModelMessage> held = [.. model.Messages.Where(message => message.Place == ModelPlace.InFlight)];
            if (held.Count == 0)
            {
                return;
            }

            ModelMessage message = held[_random.Next(held.Count)];
            Delivered delivery = _room.Find(message.Holder.Session, message.Holder.Sequence, root)!;
            int action = _random.Next(8);
            _story.Add($"{action}: {message.Text}");
            switch (action)
            {
                case < 3:
                    Assert.True(_room.Complete(delivery));
                    model.Complete(message);
                    _left++;
                    break;
                case 3:
                    long retryAfter = _random.Next(2) == 0 ? 0 : 100 * _random.Next(1, 20);
                    Assert.True(_room.Fail(delivery, retryAfter));
                    model.Fail(message, retryAfter);
                    break;
                case 4 when model == _queue:
                    Assert.True(FailDelivery.Read(_room.DeadLetter(delivery, "because")));
                    model.Fail(message, isFinal: true);
                    break;
                case 5:
                    long visibility = 100 * _random.Next(1, 50);
                    Assert.True(_room.Extend(delivery, visibility));
                    message.Until = _room.Now + visibility;
                    break;
                case 6:
                    Assert.False(_room.Complete(delivery with { Token = delivery.Token - 1 }));
                    Assert.False(_room.Fail(delivery, session: 5));
                    break;
                default:
                    _room.Release(delivery);
                    model.Return(message);
                    break;
            }
        }

        private void GiveUpWaiting(QueueModel model, byte[] root)
        {
            (ulong Session, ulong Sequence)[] alone = [.. model.Line.Where(handle => !_several.Any(request =>
                request.Key.Session == handle.Session && request.Key.Sequence >= handle.Sequence
                && request.Key.Sequence - handle.Sequence < (ulong)request.Value))];
            if (alone.Length > 0)
            {
                (ulong session, ulong sequence) = alone[_random.Next(alone.Length)];
                _story.Add($"{session} gives up {sequence}");
                _room.TryRelease(session, sequence, root);
                model.Line.Remove((session, sequence));
            }
        }

        private void EndSession()
        {
            if (_sessions.Count == 0)
            {
                return;
            }

            ulong session = _sessions.ElementAt(_random.Next(_sessions.Count));
            _story.Add($"{session} ends");
            _ending.Add(session);
            _room.EndSession(session);
            _sessions.Remove(session);
            _forbidding.Remove(session);
            foreach ((ulong, ulong) request in _several.Keys.Where(request => request.Session == session).ToList())
            {
                _several.Remove(request);
            }

            // What it holds comes in the order of the keys: the shorter name first, for it ends with a zero.
            _queue.EndSession(session);
            _dead.EndSession(session);
        }

        private void Pass(long milliseconds)
        {
            _story.Add($"{milliseconds} ms pass");
            long before = _room.Now;
            _room.Pass(milliseconds);
            _dead.AsleepSince = before;
            _queue.Pass(before);
            _dead.AsleepSince = null;
            _dead.Pass(before);
        }

        private void Administer()
        {
            if (_random.Next(3) == 0)
            {
                _story.Add("purge");
                (int purged, bool hasMore) = PurgeQueue.Read(_room.Run(PurgeQueue.Request(QueueRoom.Queue)));
                Assert.Equal((_queue.Purge(), false), (purged, hasMore));
                _left += purged;
                return;
            }

            _story.Add("redrive");
            int expected = _dead.Redrive();
            (int Moved, ulong? Next)? moved = RedriveQueue.Read(_room.Run(RedriveQueue.Request(QueueRoom.Dead)));
            Assert.Equal(expected, moved?.Moved ?? 0);
        }

        private ulong Session()
        {
            if (_sessions.Count < 3)
            {
                _sessions.Add(_nextSession);
                _room.OpenSession(_nextSession++);
            }

            return _sessions.ElementAt(_random.Next(_sessions.Count));
        }

        private void Check()
        {
            int records = QueueRecords.Check(_room, QueueRoom.Queue, _queue)
                + QueueRecords.Check(_room, QueueRoom.Dead, _dead);

            // Each session has a record, and there is one floor once any has ended.
            records += _sessions.Count + _forbidding.Count + (_ending.Count > 0 ? 1 : 0);
            Assert.Equal(records, _room.Keys.Count);
            Assert.InRange(_room.Keys.SeenByLastRun, 0, 2048);
            int there = _queue.Messages.Count + _dead.Messages.Count;
            Assert.Equal(_enqueued, there + _left);
        }

        /// <summary>Everything is completed, everything is forgotten: only the roots are left.</summary>
        private void Drain()
        {
            foreach (ulong session in _sessions.ToList())
            {
                _ending.Add(session);
                _room.EndSession(session);
            }

            foreach (byte[] root in new[] { QueueRoom.Queue, QueueRoom.Dead })
            {
                _room.Pass(60_000);
                while (_room.TryReceive(root: root) is { } delivery)
                {
                    Assert.True(_room.Complete(delivery));
                    _left++;
                }
            }

            Assert.Equal(_enqueued, _left);
            _room.Pass(25 * 3_600_000);
            Assert.InRange(_room.Keys.Count, 0, 3);
            Assert.Equal(0, _room.Describe().Bytes + _room.Describe(QueueRoom.Dead).Bytes);
        }
    }
}
