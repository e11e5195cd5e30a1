using System.Threading.Channels;
using Concord.Engines;

namespace Concord.Client.Connections;

/// <summary>What a watch has been told and its reader has not taken: only the newest, for each is the whole.</summary>
internal sealed class WatchReader
{
    private readonly Channel<EngineRecords> _newest = Channel.CreateBounded<EngineRecords>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    public ChannelReader<EngineRecords> Reader => _newest.Reader;

    public void Tell(EngineRecords records) => _newest.Writer.TryWrite(records);

    public void End() => _newest.Writer.TryComplete();
}
