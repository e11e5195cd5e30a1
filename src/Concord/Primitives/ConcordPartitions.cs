using System.Globalization;

namespace Concord.Primitives;

/// <summary>Partitions: a group says who is there, all reckon the same shares from it, and a lock each makes sure that
/// two who see different groups for a moment do not both work.</summary>
internal sealed class ConcordPartitions : IConcordPartitions
{
    public const int CountMax = 1024;
    private const int NameBytesMax = 480;
    private readonly ConcordClient _client;
    private readonly ConcordGroup _group;

    public ConcordPartitions(ConcordClient client, string name, int count)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, CountMax);
        if (System.Text.Encoding.UTF8.GetByteCount(name) > NameBytesMax)
        {
            throw new ArgumentException($"'{nameof(name)}' must be 1 to {NameBytesMax} bytes of UTF-8.", nameof(name));
        }

        _client = client;
        _group = new(client, $"partition/{name}");
        (Name, Count) = (name, count);
    }

    public string Name { get; }

    public int Count { get; }

    public async Task RunAsync(
        Func<IPartition, CancellationToken, Task> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        for (int failures = 0; ; failures++)
        {
            try
            {
                IMembership membership = await _group.JoinAsync(cancellationToken).ConfigureAwait(false);
                await using (membership.ConfigureAwait(false))
                {
                    var term = new PartitionTerm(this, _group, membership, body);
                    await using (term.ConfigureAwait(false))
                    {
                        await term.RunAsync(cancellationToken).ConfigureAwait(false);
                        failures = 0;
                    }
                }
            }
            catch (ConcordException exception) when (PartitionRun.PassesByItself(exception))
            {
                await Task.Delay(PartitionRun.Pause(failures + 1), _client.Time, cancellationToken)
                    .ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public async ValueTask<IReadOnlyList<PartitionOwner>> DescribeAsync(CancellationToken cancellationToken = default)
    {
        var owners = new PartitionOwner[Count];
        for (int number = 0; number < Count; number++)
        {
            LockDescription described = await LockOf(number).DescribeAsync(cancellationToken).ConfigureAwait(false);
            LockHolder? holder = described.Holders.Count == 0 ? null : described.Holders[0];
            owners[number] = new(number, holder?.SessionId, holder?.ProcessName, holder?.Token ?? default);
        }

        return owners;
    }

    public ConcordLock LockOf(int number) => new(
        _client, string.Create(CultureInfo.InvariantCulture, $"partition/{Name}/{number}"));

    public TimeProvider Time => _client.Time;
}
