using Concord.Engines;
using Concord.Operations;

namespace Concord.Client.Routing;

/// <content>
/// Requests for several at a cluster with nodes of the build before: it refuses them until all its nodes know them.
/// What was refused so is asked for in the way of before by the caller. What may have run at another leader is settled
/// first, by an operation that every build knows: it did not run and never will, or the cluster knows all of them.
/// </content>
internal sealed partial class ClientCore
{
    /// <summary>The shards that have answered such a request: they never forget it.</summary>
    private readonly HashSet<uint> _knowSeveral = [];

    private bool MayBeTooNew(ClientClaim claim) => claim.IsSeveral && !_knowSeveral.Contains(ShardOf(claim));

    private uint ShardOf(ClientClaim claim) => _topology!.ShardOf(claim.Slot);

    private static ClientCall NewSettle(ClientClaim claim, ClientCall giveBack) => new()
    {
        Kind = CallKind.Execute,
        Slot = claim.Slot,
        Code = OperationCode.Settle,
        Body = SettleRequest.Arguments(claim.Handle),
        Deadline = TimeSpan.MaxValue,
        Then = giveBack,
    };

    /// <summary>A request for several that nobody wants any more is settled.</summary>
    private void Settled(ClientCall call)
    {
        ClientCall giveBack = call.Then!;
        if (call.Outcome == CallOutcome.Answered && !giveBack.Session!.IsLost
            && SettleRequest.Read(call.Answer).Status != AnswerStatus.Cancelled)
        {
            Call(giveBack, _now);
        }
    }
}
