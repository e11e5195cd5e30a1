namespace Concord.Conformance.Engines;

/// <summary>Where one case runs: processes with a session each, and names that no other case meets.</summary>
public abstract class Stage : IAsyncDisposable
{
    /// <summary>Of the machine's time: what has not happened by then will not.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    /// <summary>The engine's time, as the processes see it.</summary>
    public abstract TimeProvider Time { get; }

    /// <summary>A new process.</summary>
    /// <param name="processName">Its name.</param>
    /// <param name="configure">Its options, queues, workers and handlers.</param>
    public abstract Task<IConcord> ConnectAsync(
        string processName = "process", Action<IConcordBuilder>? configure = null);

    /// <summary>The process ends in order.</summary>
    public abstract Task LeaveAsync(IConcord process);

    /// <summary>Waits for something, while time passes.</summary>
    public async Task<T> SoonAsync<T>(Task<T> task)
    {
        await SoonAsync((Task)task);
        return await task;
    }

    /// <inheritdoc cref="SoonAsync{T}(Task{T})"/>
    public async Task SoonAsync(Task task)
    {
        using var deadline = new CancellationTokenSource(s_patience);
        while (!task.IsCompleted)
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {s_patience}.");
            await TurnAsync(task);
        }

        await task;
    }

    /// <inheritdoc cref="SoonAsync{T}(Task{T})"/>
    public Task<T> SoonAsync<T>(ValueTask<T> task) => SoonAsync(task.AsTask());

    /// <inheritdoc cref="SoonAsync{T}(Task{T})"/>
    public Task SoonAsync(ValueTask task) => SoonAsync(task.AsTask());

    /// <summary>Waits until something is so, while time passes.</summary>
    public async Task UntilAsync(Func<Task<bool>> isSo, string what)
    {
        using var deadline = new CancellationTokenSource(s_patience);
        while (!await SoonAsync(isSo()))
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {s_patience}: {what}.");
            await TurnAsync();
        }
    }

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, string)"/>
    public Task UntilAsync(Func<bool> isSo, string what) => UntilAsync(() => Task.FromResult(isSo()), what);

    /// <summary>Lets time pass in which nothing is to happen.</summary>
    public Task PassAsync(TimeSpan time)
    {
        long started = Time.GetTimestamp();
        return UntilAsync(() => Time.GetElapsedTime(started) >= time, $"{time} have passed");
    }

    public abstract ValueTask DisposeAsync();

    /// <summary>Lets a moment of the engine's time pass, or less if there is a task and it ends before.</summary>
    protected abstract Task TurnAsync(Task? task = null);

    /// <summary>A moment of the machine's time, or less if there is a task and it ends before.</summary>
    protected static Task MomentAsync(TimeSpan moment, Task? task) =>
        task is null ? Task.Delay(moment) : Task.WhenAny(task, Task.Delay(moment));
}

/// <summary>A stage on which faults are played.</summary>
public abstract class FaultyStage : Stage
{
    /// <summary>Nothing that the process sends arrives any more, nothing that is sent to it either, and nobody is
    /// told.</summary>
    public abstract void CutOff(IConcord process);

    /// <summary>Things arrive again.</summary>
    public abstract void Reconnect(IConcord process);

    /// <summary>The answers to what the process sends from now on get lost, until it is reconnected; what it sends
    /// takes effect, or gets lost too.</summary>
    public abstract void LoseReplies(IConcord process, bool applied);

    /// <summary>Takes a lock from whoever has it, as an operator does.</summary>
    public abstract Task ForceReleaseLockAsync(IConcord process, string name);
}
