using Concord.Cluster.Storage;

namespace Concord.Cluster.Tests.Storage;

/// <summary>The error of the machine's own sync reaches the log: a device that cannot be synced stands for a disk that
/// fails.</summary>
public sealed class RealSyncFailureTests
{
    private const string CannotBeSynced = "/dev/null";

    [Fact]
    public void A_sync_that_the_machine_refuses_is_an_error_with_the_name_of_the_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only there is a device that takes writes and refuses to sync.");
        using IFile file = new RealFileSystem().Open(CannotBeSynced, FileOpening.Existing);
        file.Write(0, [1, 2, 3]);

        IOException failure = Assert.Throws<IOException>(file.Sync);
        Assert.Contains(CannotBeSynced, failure.Message, StringComparison.Ordinal);
        Assert.Throws<IOException>(file.Refresh);
    }
}
