using Concord.Engines;
using Concord.Operations;

namespace Concord.Tests;

public sealed class SessionTests
{
    private static readonly TimeSpan s_timeToLive = TimeSpan.FromSeconds(10);
    private readonly ModelKeyspace _keys = new();

    [Fact]
    public void A_session_is_registered_once_and_again_is_the_same()
    {
        Assert.False(SessionRecord.MayRun(_keys, new(5)));
        Assert.Equal((OpenSessionOutcome.Opened, 0), Open(5, token: 0));
        _keys.Now = new(2_000);
        Assert.Equal((OpenSessionOutcome.Opened, 0), Open(5, token: 0));
        Assert.True(SessionRecord.MayRun(_keys, new(5)));
        Assert.True(SessionRecord.TryRead(_keys, new(5), out SessionRecord record));
        Assert.Equal(new(true, s_timeToLive, new(1_000)), record);
        Assert.Equal(1, _keys.Revision);
    }

    [Fact]
    public void A_delayed_duplicate_does_not_bring_an_ended_session_back()
    {
        Open(5, token: 0);
        Assert.False(Close(5));

        Assert.Equal((OpenSessionOutcome.TokenTooOld, 1), Open(5, token: 0));
        Assert.False(SessionRecord.MayRun(_keys, new(5)));
        Assert.Equal((OpenSessionOutcome.TokenTooOld, 1), Open(6, token: 0));
        Assert.Equal((OpenSessionOutcome.Opened, 1), Open(6, token: 1));
    }

    [Fact]
    public void A_session_with_much_to_delete_ends_in_bounded_steps_and_runs_nothing_meanwhile()
    {
        Open(5, token: 0);
        Open(6, token: 0);
        for (int i = 0; i < 150; i++)
        {
            byte[] key = RecordKey.Named(RecordKind.Value, "", $"owned-{i}");
            _keys.Change(keys => keys.Put(key, [1], new(i % 3 == 0 ? 6UL : 5UL)));
        }

        Assert.True(Close(5));
        Assert.InRange(_keys.TouchedByLastRun, 61, 64);
        Assert.False(SessionRecord.MayRun(_keys, new(5)));
        Assert.Equal((OpenSessionOutcome.Ending, 0), Open(5, token: 0));
        Assert.False(Close(5));
        Assert.False(_keys.TryOwned(new(5), out _));
        Assert.True(_keys.TryOwned(new(6), out _));
        Assert.True(SessionRecord.MayRun(_keys, new(6)));
        Assert.Equal((OpenSessionOutcome.TokenTooOld, 1), Open(5, token: 0));
    }

    [Fact]
    public void Exactly_as_many_records_as_fit_end_in_one_step()
    {
        Open(5, token: 0);
        for (int i = 0; i < CloseSession.RecordsPerRunMax; i++)
        {
            byte[] key = RecordKey.Named(RecordKind.Value, "", $"owned-{i}");
            _keys.Change(keys => keys.Put(key, [1], new(5)));
        }

        Assert.False(Close(5));
        Assert.InRange(_keys.TouchedByLastRun, 62, 64);
    }

    [Fact]
    public void Ending_a_session_that_is_not_there_changes_nothing()
    {
        Assert.False(Close(5));
        Assert.Equal(0, _keys.Revision);
    }

    [Fact]
    public void No_session_and_no_time_to_live_are_faults()
    {
        Assert.Equal(AnswerStatus.Faulted,
            _keys.Run(OpenSession.Run, OpenSession.Arguments(default, 0, s_timeToLive)).Status);
        Assert.Equal(AnswerStatus.Faulted,
            _keys.Run(OpenSession.Run, OpenSession.Arguments(new(5), 0, TimeSpan.Zero)).Status);
    }

    /// <summary>Requests are duplicated, requests and answers are delayed without bound, reordered and lost, sessions
    /// end at any moment. A client keeps to its half: only the answer to its newest token counts, and then it asks no
    /// more.</summary>
    [Fact]
    public void A_session_that_was_used_and_has_ended_never_runs_again_whatever_arrives_late()
    {
        int ended = 0;
        for (int seed = 0; seed < 1_500; seed++)
        {
            var random = new Random(seed);
            var keys = new ModelKeyspace();
            List<(ulong Session, long Token)> sent = [];
            List<(ulong Session, long Token, EngineAnswer Answer)> answers = [];
            SortedSet<ulong> used = [], gone = [];
            var clients = new (ulong Session, long Token)[2];
            ulong next = 1;
            for (int step = 0; step < 120; step++)
            {
                int who = random.Next(clients.Length);
                if (clients[who].Session == 0 || gone.Contains(clients[who].Session))
                {
                    clients[who].Session = next++;
                }

                switch (random.Next(4))
                {
                    case 0 when !used.Contains(clients[who].Session):
                        sent.Add(clients[who]);
                        break;
                    case 1 when sent.Count > 0:
                        (ulong session, long token) = sent[random.Next(sent.Count)];
                        answers.Add((session, token, keys.Run(
                            OpenSession.Run, OpenSession.Arguments(new(session), token, s_timeToLive))));
                        break;
                    case 2 when answers.Count > 0:
                        var heard = answers[random.Next(answers.Count)];
                        int asker = Array.FindIndex(clients, client => client == (heard.Session, heard.Token));
                        if (asker >= 0 && !used.Contains(heard.Session))
                        {
                            (OpenSessionOutcome outcome, clients[asker].Token) = OpenSession.Read(heard.Answer);
                            _ = outcome == OpenSessionOutcome.Opened && used.Add(heard.Session);
                        }

                        break;
                    case 3:
                        keys.Run(CloseSession.Run, CloseSession.Arguments(new(clients[who].Session)));
                        break;
                }

                foreach (ulong session in used)
                {
                    bool mayRun = SessionRecord.MayRun(keys, new(session));
                    Assert.False(mayRun && gone.Contains(session), $"Seed {seed}: session {session} came back.");
                    ended += !mayRun && gone.Add(session) ? 1 : 0;
                }
            }
        }

        Assert.InRange(ended, 500, int.MaxValue);
    }

    private (OpenSessionOutcome Outcome, long Token) Open(ulong session, long token) =>
        OpenSession.Read(_keys.Run(OpenSession.Run, OpenSession.Arguments(new(session), token, s_timeToLive)));

    private bool Close(ulong session) =>
        CloseSession.HasMore(_keys.Run(CloseSession.Run, CloseSession.Arguments(new(session))));
}
