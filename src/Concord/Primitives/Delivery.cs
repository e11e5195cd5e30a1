using Concord.Engines;

namespace Concord.Primitives;

/// <summary>A delivery with its message.</summary>
internal sealed class Delivery<T>(HoldSource source, EngineHold held, IConcordSerializer<T> serializer)
    : DeliveryHold(source, held), IDelivery<T>
    where T : notnull
{
    private readonly Lock _lock = new();
    private T? _message;
    private bool _isRead;

    public T Message
    {
        get
        {
            lock (_lock)
            {
                if (!_isRead)
                {
                    _message = StoredContent.Deserialize(Content, serializer, Name);
                    _isRead = true;
                }

                return _message!;
            }
        }
    }
}
