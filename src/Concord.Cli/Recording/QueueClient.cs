using System.Globalization;

namespace Concord.Cli.Recording;

/// <summary>Puts messages into a queue, some of them in groups, takes messages out, completes most and gives some
/// back.</summary>
/// <param name="tools">What it works with.</param>
internal sealed class QueueClient(RecordingTools tools) : RecordingClient(tools)
{
    private const double Enqueues = 0.5;
    private const double HasGroup = 0.7;
    private const double Returns = 0.15;
    private const int Groups = 3;

    private static readonly TimeSpan s_wait = TimeSpan.FromMilliseconds(100);

    protected override Task<EntryOutcome> StepAsync(CancellationToken cancellationToken)
    {
        string key = Tools.Keys.Next(Tools.Place);
        return Tools.Random.Chance(Enqueues)
            ? EnqueueAsync(key, cancellationToken)
            : PassAsync(key, Returns, cancellationToken);
    }

    /// <summary>What is left is worked off; an acknowledged message that is gone shows in the count of
    /// nothing.</summary>
    protected override async Task<bool> IsClosedAsync(string key, CancellationToken cancellationToken)
    {
        long? left = null;
        EntryOutcome outcome = await DoAsync(key, new(HistoryVerb.Count), async call =>
        {
            QueueDescription found = await QueueOf(key).DescribeAsync(cancellationToken);
            left = found.Ready + found.Delayed + found.InFlight;
            return call with { Result = left };
        });
        if (outcome == EntryOutcome.Ok && left == 0)
        {
            return true;
        }

        await PassAsync(key, returns: 0, cancellationToken);
        return false;
    }

    private Task<EntryOutcome> EnqueueAsync(string key, CancellationToken cancellationToken)
    {
        long? group = Tools.Random.Chance(HasGroup) ? Tools.Random.Next(Groups) : null;
        return DoAsync(key, new(HistoryVerb.Enqueue, Tools.Recorder.NewValue(), Second: group), async call =>
        {
            EnqueueOptions options = new() { Group = group?.ToString(CultureInfo.InvariantCulture) };
            bool isNew = await QueueOf(key).EnqueueAsync(call.Argument!.Value, options, cancellationToken);
            return call with { Result = isNew ? 1 : 0 };
        });
    }

    private async Task<EntryOutcome> PassAsync(string key, double returns, CancellationToken cancellationToken)
    {
        IDelivery<long>? delivery = null;
        EntryOutcome outcome = await DoAsync(key, new(HistoryVerb.Receive), async call =>
        {
            delivery = await QueueOf(key).TryReceiveAsync(s_wait, cancellationToken);
            return call with { Result = delivery?.Message, Token = delivery?.FencingToken.Value };
        });
        if (delivery is null)
        {
            return outcome;
        }

        bool isReturned = Tools.Random.Chance(returns);
        HistoryCall asked = new(
            isReturned ? HistoryVerb.Return : HistoryVerb.Complete,
            delivery.Message,
            Token: delivery.FencingToken.Value);
        return await DoAsync(key, asked, async call =>
        {
            await (isReturned
                ? delivery.ReleaseAsync(cancellationToken)
                : delivery.CompleteAsync(cancellationToken));
            return call;
        });
    }

    private IConcordQueue<long> QueueOf(string key) => Tools.Concord.GetQueue<long>(key);
}
