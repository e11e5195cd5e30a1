using System.Runtime.CompilerServices;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Primitives;

/// <summary>A group, as a name and the operations on it.</summary>
internal sealed class ConcordGroup(ConcordClient client, string name) : IConcordGroup
{
    private readonly HoldSource _source = new(client, RecordKind.Group, name);

    public string Name => _source.Name;

    public async ValueTask<IMembership> JoinAsync(CancellationToken cancellationToken = default)
    {
        EngineHold? hold = await _source.AcquireAsync(
            HoldMode.Shared, count: 1, initialLimit: 0, timeout: null, cancellationToken).ConfigureAwait(false);
        return new Membership(
            _source, hold ?? throw new InvalidOperationException("A group was told to be busy."));
    }

    public async ValueTask<IReadOnlyList<GroupMember>> GetMembersAsync(CancellationToken cancellationToken = default)
    {
        HoldsDescription holds = await _source.DescribeAsync(cancellationToken).ConfigureAwait(false);
        if (holds.Holders.Count == holds.HoldCount)
        {
            return [.. holds.Holders.OrderBy(hold => hold.Token).Select(hold => InfoOf(
                hold.Session, hold.Sequence, hold.Process, hold.Token))];
        }

        // More than a description lists: the first state of a watch has them all.
        await foreach (IReadOnlyList<GroupMember> members in WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            return members;
        }

        throw new InvalidOperationException("A watch ended without a first state.");
    }

    public async IAsyncEnumerable<IReadOnlyList<GroupMember>> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        IReadOnlyList<GroupMember>? told = null;
        await foreach (EngineRecords records in _source.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            GroupMember[] members = [.. records.Records.OrderBy(record => record.CreateRevision).Select(InfoOf)];
            if (told is null || !told.SequenceEqual(members))
            {
                told = members;
                yield return members;
            }
        }
    }

    private static GroupMember InfoOf(WatchedRecord record)
    {
        (SessionId session, ulong sequence) = HoldKey.HandleOf(record.Key.Span);
        return InfoOf(session, sequence, HolderName.Of(record), record.CreateRevision);
    }

    private static GroupMember InfoOf(SessionId session, ulong sequence, string process, long token) =>
        new(HoldName.HandleText(new(default, session, sequence)), session.ToString(), process, new(token));

    private sealed class Membership : Hold, IMembership
    {
        public Membership(HoldSource source, EngineHold held)
            : base(source, held, isExclusive: false) =>
            Info = InfoOf(held.Handle.Session, held.Handle.Sequence, source.Client.ProcessName, held.Token);

        public GroupMember Info { get; }
    }
}
