using Concord.Cluster.Storage;
using Concord.Simulation;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

/// <summary>
/// A crash before and after each thing that is done to the disk, with several fates of what was not synced. What was
/// reported durable is there, what is there is a prefix of what was written, and the log goes on.
/// </summary>
public sealed class LogCrashTests
{
    private const int StepsBefore = 220;
    private const int StepsAfter = 25;

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    [InlineData(5, true)]
    [InlineData(6, false)]
    [InlineData(6, true)]
    public void A_crash_at_any_boundary_loses_nothing_that_was_reported(int seed, bool places)
    {
        int points = 2 * RunWithoutCrash(seed, places);
        Assert.True(points > 200, $"the workload does only {points / 2} operations");
        for (int point = 0; point < points; point++)
        {
            try
            {
                Run(seed, point, places);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException(
                    $"seed {seed}, crash point {point}: {exception.Message}", exception);
            }
        }
    }

    private static int RunWithoutCrash(int seed, bool places)
    {
        var files = new SimFileSystem((ulong)seed);
        var model = new LogModel();
        ILogWorkload workload = Workload(seed, places, model);
        using var log = new TestLog(files);
        workload.Start(log);
        for (int i = 0; i < StepsBefore; i++)
        {
            workload.Step();
        }

        return files.OperationCount;
    }

    private static void Run(int seed, int point, bool places)
    {
        var random = new SimRandom(((ulong)seed << 32) + (ulong)point);
        var files = new SimFileSystem((ulong)seed) { CrashPoint = point };
        var model = new LogModel();
        ILogWorkload workload = Workload(seed, places, model);
        RunUntilCrash(files, workload, StepsBefore);
        Stop(files, random);

        // Recovery itself crashes now and then, and the process may be killed without the machine.
        for (int more = random.Next(3); more > 0; more--)
        {
            files.CrashPoint = (2 * files.OperationCount) + random.Next(16);
            RunUntilCrash(files, null, 0);
            Stop(files, random);
        }

        CheckRecovered(files.Copy(random.Next()), model, rewind: false);
        using (TestLog log = CheckRecovered(files, model, rewind: true))
        {
            workload.Start(log);
            for (int i = 0; i < StepsAfter; i++)
            {
                workload.Step();
            }
        }

        if (random.Chance(0.5))
        {
            files.Kill();
            CheckRecovered(files, model, rewind: true).Dispose();
        }

        files.Crash();
        CheckRecovered(files, model, rewind: true).Dispose();
    }

    private static ILogWorkload Workload(int seed, bool places, LogModel model)
    {
        SimRandom random = new SimRandom((ulong)seed).Fork("workload");
        return places ? new PlaceWorkload(random, model) : new LogWorkload(random, model);
    }

    private static void Stop(SimFileSystem files, SimRandom random)
    {
        if (random.Chance(0.3))
        {
            files.Kill();
        }
        else
        {
            files.Crash();
        }
    }

    private static void RunUntilCrash(SimFileSystem files, ILogWorkload? workload, int steps)
    {
        try
        {
            using var log = new TestLog(files);
            workload?.Start(log);
            for (int i = 0; i < steps; i++)
            {
                workload!.Step();
            }
        }
        catch (SimCrashException)
        {
        }
    }

    private static TestLog CheckRecovered(SimFileSystem files, LogModel model, bool rewind)
    {
        var log = new TestLog(files);
        string recovered = TestLog.Describe(log.Recovered);
        if (rewind)
        {
            Assert.True(
                model.TryRewind(recovered, out string expected),
                $"recovered:\n{recovered}which is none of these:\n{expected}");
        }

        return log;
    }
}
