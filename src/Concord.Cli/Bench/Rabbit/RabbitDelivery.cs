namespace Concord.Cli.Bench.Rabbit;

/// <summary>A message that the broker has sent, until it is acknowledged where it came.</summary>
internal sealed record RabbitDelivery(RabbitConnection Connection, ulong Number)
{
    public void Acknowledge() => Connection.Acknowledge(Number);
}
