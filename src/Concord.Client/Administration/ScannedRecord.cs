namespace Concord.Client.Administration;

/// <summary>One user-visible record, as a scan over all shards returns it.</summary>
internal sealed record ScannedRecord
{
    /// <summary>The kind of a value.</summary>
    public const string ValueKind = "value";

    /// <summary>The kind of a counter.</summary>
    public const string CounterKind = "counter";

    public required string Kind { get; init; }

    /// <summary>Without the namespace: the name that a user gives to GetValue or GetCounter.</summary>
    public required string Name { get; init; }

    /// <summary>What the serializer of a value wrote, without our own framing; a counter's number in decimal digits.</summary>
    public required byte[] Value { get; init; }

    public required long Revision { get; init; }
}
