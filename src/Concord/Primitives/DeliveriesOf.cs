namespace Concord.Primitives;

/// <summary>The deliveries that a transaction completes, while it commits.</summary>
internal sealed class DeliveriesOf : IDisposable
{
    private readonly IReadOnlyList<DeliveryHold> _deliveries;

    public DeliveriesOf(IReadOnlyList<DeliveryHold> deliveries)
    {
        _deliveries = deliveries;
        foreach (DeliveryHold delivery in deliveries)
        {
            delivery.BeginSettling();
        }
    }

    public bool IsCommitted { get; set; }

    public void Dispose()
    {
        foreach (DeliveryHold delivery in _deliveries)
        {
            delivery.EndSettling(IsCommitted);
        }
    }
}
