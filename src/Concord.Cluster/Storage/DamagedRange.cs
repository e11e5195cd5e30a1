using System.Globalization;

namespace Concord.Cluster.Storage;

/// <summary>Bytes of the log that are neither what was written nor what a crash leaves.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="Offset">Where in it, in bytes.</param>
/// <param name="Length">Up to the next batch that can be read, or to the last byte that is not zero.</param>
/// <param name="Batch">The batch that was expected there.</param>
/// <param name="Detail">What is wrong.</param>
internal sealed record DamagedRange(ulong Segment, int Offset, int Length, ulong Batch, string Detail)
{
    public string Describe(string directory) => string.Create(
        CultureInfo.InvariantCulture,
        $"batch {Batch} at byte {Offset} of {Path.Combine(directory, SegmentNames.Of(Segment))}: {Detail}");
}
