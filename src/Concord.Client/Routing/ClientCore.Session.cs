using Concord.Client.Wire;
using Concord.Engines;

namespace Concord.Client.Routing;

/// <content>
/// The session: kept alive by signs that the leaders confirm, and over when that is too long ago for one of them. Its
/// time counts from the moment the sign was sent, and the leader's from the moment it was heard, plus a quarter: so the
/// client knows first.
/// </content>
internal sealed partial class ClientCore
{
    private TimeSpan _keepAliveDue;

    /// <summary>By when the session is lost unless a sign of life is confirmed; never while no shard knows
    /// it.</summary>
    public TimeSpan SessionDeadline { get; private set; } = TimeSpan.MaxValue;

    /// <summary>The shards in which the session has asked for something to hold, and whose leader is at hand.</summary>
    public IEnumerable<uint> ShardsToClose => Session.HoldingShards.Where(
        shard => _leaders.TryGetValue(shard, out ushort leader) && ConnectionTo(leader) is not null);

    /// <summary>Loses the session if its time is over.</summary>
    public void LookAtSession(TimeSpan now) => Advance(now);

    private void CheckSession()
    {
        if (_now >= SessionDeadline)
        {
            ReplaceSession(Session);
        }
    }

    private void TickSession()
    {
        if (_now < _keepAliveDue || _topology is null)
        {
            return;
        }

        // What was not confirmed is asked for again soon: there is time for several attempts.
        bool isConfirmed = SessionDeadline - _now > _options.SessionTimeout * 0.7;
        _keepAliveDue = _now + (_options.SessionTimeout / (isConfirmed ? 4 : 16));

        // Members come and go: known before one of them leads, nobody has to look for it then.
        if (_connections.Values.FirstOrDefault(static connection => connection.IsReady) is { } any)
        {
            RequestTopology(any);
        }

        foreach (uint shard in Session.OpenShards)
        {
            // To all replicas, for those that do not lead say nothing: a session that only takes part in transactions
            // would not learn that its leader has changed, and end.
            foreach (ushort node in _topology.Shards[(int)shard].Replicas)
            {
                if (ConnectionTo(node) is { } connection)
                {
                    new SignOfLife(shard, Session.Id, _options.SessionTimeout, _now).Write(connection.Output);
                    MarkDirty(connection);
                }
            }
        }
    }

    /// <summary>A leader has confirmed a sign of life, or says that the session has ended there.</summary>
    private void HandleRenewed(Renewal renewal)
    {
        if (renewal.Session != Session.Id || !Session.In(renewal.Shard).IsOpen)
        {
            return;
        }

        if (!renewal.IsAlive)
        {
            ReplaceSession(Session);
            return;
        }

        Confirm(Session, renewal.Shard, renewal.Stamp);
        _leaders[renewal.Shard] = renewal.Leader;
        if (Session.In(renewal.Shard).Inbox is { SentOn: { } asked } inbox && asked.Node != renewal.Leader)
        {
            // It was made with a leader that leads no more, and may not know it.
            inbox.SentOn = null;
            inbox.RetryAt = _now;
        }
    }

    private void Confirm(ClientSession session, uint shard, TimeSpan sentAt)
    {
        ShardRegistration registration = session.In(shard);
        if (sentAt > registration.ConfirmedAt)
        {
            registration.ConfirmedAt = sentAt;
            SessionDeadline = session == Session ? session.Deadline(_options.SessionTimeout) : SessionDeadline;
        }
    }

    /// <summary>The session is over: new calls get another. What it held is lost, and what must be done in it and in no
    /// other is not done.</summary>
    private void ReplaceSession(ClientSession lost)
    {
        if (Session != lost)
        {
            return;
        }

        Session = NewSession();
        SessionDeadline = TimeSpan.MaxValue;
        lost.IsLost = true;
        foreach (ClientClaim claim in lost.Claims.Values.Distinct().ToArray())
        {
            ClientCall asking = claim.Call!;
            Forget(claim, claim.State == ClaimState.Held ? ClaimState.Lost : ClaimState.Expired);
            Abandon(asking);
        }

        foreach (ClientCall call in _open.Values.OrderBy(static call => call.WireId).ToArray())
        {
            if (call.IsBound && call.Session == lost)
            {
                End(call, call.MayHaveRun || call.SentOn is not null ? CallOutcome.Unknown : CallOutcome.SessionLost);
            }
        }

        CloseInboxes(lost);
    }
}
