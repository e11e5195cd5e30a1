namespace Concord;

/// <summary>Who is there: processes join, and those that die are out when their session ends.</summary>
public interface IConcordGroup
{
    /// <summary>The name it was got by.</summary>
    string Name { get; }

    /// <summary>Joins. A process may join several times; each is a member of its own.</summary>
    /// <param name="cancellationToken">Gives up; a membership that crosses the cancellation is given back.</param>
    /// <exception cref="OutcomeUnknownException">Sent, not answered in time. What it may have got is given back in the
    /// background.</exception>
    /// <exception cref="EngineUnavailableException">Not sent; nothing happened.</exception>
    /// <exception cref="EngineOverloadedException">Refused; nothing happened.</exception>
    ValueTask<IMembership> JoinAsync(CancellationToken cancellationToken = default);

    /// <summary>Who is there, as of some moment during the call, in the order of joining.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineUnavailableException">No leader, no quorum, no connection within the operation
    /// timeout.</exception>
    ValueTask<IReadOnlyList<GroupMember>> GetMembersAsync(CancellationToken cancellationToken = default);

    /// <summary>Who is there now, in the order of joining, and again after each change. A reader that is slow may miss
    /// states in between, never the last one, and never sees an older one after a newer.</summary>
    /// <param name="cancellationToken">Ends the watch.</param>
    IAsyncEnumerable<IReadOnlyList<GroupMember>> WatchAsync(CancellationToken cancellationToken = default);
}

/// <summary>A membership that is held; giving it back is to leave.</summary>
public interface IMembership : IHold
{
    /// <summary>This member, as the others see it.</summary>
    GroupMember Info { get; }
}

/// <summary>A member of a group.</summary>
/// <param name="Id">Names the membership; never used again.</param>
/// <param name="SessionId">Its session.</param>
/// <param name="ProcessName">Its <c>ConcordOptions.ProcessName</c>, for people.</param>
/// <param name="Token">The fencing token of the membership.</param>
public sealed record GroupMember(string Id, string SessionId, string ProcessName, FencingToken Token);
