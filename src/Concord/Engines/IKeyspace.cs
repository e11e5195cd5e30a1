namespace Concord.Engines;

/// <summary>
/// What an operation sees: versioned records under keys. Reads see this operation's own writes. Writes take effect when
/// the operation has ended well; a refusal or an exception discards them. On an external engine a read that is not
/// there yet ends the run, and the engine runs it again.
/// </summary>
internal interface IKeyspace
{
    /// <summary>The time of the entry that is being applied.</summary>
    LogTime Now { get; }

    /// <summary>Finds a record. The spans in it are valid until the next write.</summary>
    bool TryGet(scoped ReadOnlySpan<byte> key, out RecordView record);

    /// <summary>Finds the first record whose key is greater than <paramref name="after"/> and begins with
    /// <paramref name="prefix"/>. Both lie in one slot.</summary>
    bool TryNext(scoped ReadOnlySpan<byte> prefix, scoped ReadOnlySpan<byte> after, out RecordView record);

    /// <summary>Finds any record that belongs to a session.</summary>
    bool TryOwned(SessionId owner, out RecordView record);

    /// <summary>Writes a record; its revision becomes the operation's.</summary>
    void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, SessionId owner = default);

    /// <summary>Deletes a record, if it is there.</summary>
    void Delete(ReadOnlySpan<byte> key);
}

/// <summary>A record as it is found.</summary>
internal readonly ref struct RecordView
{
    public ReadOnlySpan<byte> Key { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>The revision at which it came into being.</summary>
    public long CreateRevision { get; init; }

    /// <summary>The revision of its last change.</summary>
    public long ModRevision { get; init; }

    /// <summary>The session it belongs to; none if it outlives them.</summary>
    public SessionId Owner { get; init; }
}
