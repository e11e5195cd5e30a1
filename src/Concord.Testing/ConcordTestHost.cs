using Concord.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Testing;

/// <summary>
/// The real primitives on an engine in memory, with the faults that an application must survive. The operations, the
/// sessions and the client are those of a cluster; only the disk and the network are left out. Time moves only when
/// told. For xUnit, NUnit, MSTest and everything else; nothing is shared between two hosts.
/// </summary>
/// <example><code>
/// await using ConcordTestHost host = await ConcordTestHost.StartAsync();
/// IConcord first = await host.ConnectAsync("first");
/// IConcord second = await host.ConnectAsync("second");
/// await using ILockHandle hold = await first.GetLock("invoice/42").AcquireAsync();
/// host.Pause(first);
/// Task&lt;ILockHandle&gt; next = second.GetLock("invoice/42").AcquireAsync().AsTask();
/// host.Advance(TimeSpan.FromSeconds(30));
/// await using ILockHandle taken = await next; // and whatever the first writes under its fence is refused
/// </code></example>
public sealed class ConcordTestHost : IAsyncDisposable
{
    /// <summary>How far time moves at once: in a short wait by what the engine counts in, in a long one by what its
    /// sessions still notice.</summary>
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_longStep = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longWait = TimeSpan.FromMinutes(1);

    internal const Guarantees AllGuarantees = (Guarantees)(-1);

    private readonly TestClock _clock = new();
    private readonly MemoryNode _node;
    private readonly Guarantees _guarantees;
    private readonly Lock _gate = new();
    private readonly Dictionary<IConcord, TestProcess> _processes = [];
    private bool _isAvailable = true;

    private ConcordTestHost(Guarantees guarantees)
    {
        _guarantees = guarantees;
        _node = new(_clock);
    }

    /// <summary>The host's time, for what the test creates itself. Stands still unless <see cref="Advance"/> moves
    /// it.</summary>
    public TimeProvider TimeProvider => _clock;

    /// <summary>How long is waited for code on the pool.</summary>
    internal TestPatience Patience { get; set; } = new(TimeSpan.FromSeconds(30));

    /// <summary>Starts a host.</summary>
    /// <param name="guarantees">What its engine claims to guarantee; all by default. It keeps them all, whatever it
    /// claims: this is to test what an application does without.</param>
    public static Task<ConcordTestHost> StartAsync(Guarantees guarantees = AllGuarantees) =>
        Task.FromResult(Start(guarantees));

    /// <summary>Another process, with its own session, on the same engine.</summary>
    /// <param name="processName">What it is called where holders are described.</param>
    /// <param name="configure">Its options; a session lasts 10 seconds and a call 10 seconds by default.</param>
    public Task<IConcord> ConnectAsync(string processName, Action<ConcordOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(processName);
        var options = new ConcordOptions { ProcessName = processName };
        configure?.Invoke(options);
        ProcessClock clock = NewClock();
        TestProcess process = NewProcess(clock, options);
        var concord = new ConcordClient(process.Engine, options, clock, NullLogger.Instance);
        lock (_gate)
        {
            _processes.Add(concord, process);
        }

        return Task.FromResult<IConcord>(concord);
    }

    /// <summary>
    /// Moves the time on, in small steps: sessions are renewed or expire, delays and visibility timeouts end, deadlines
    /// pass. What becomes due has happened when this returns; code that awaits it goes on by itself on the pool, so
    /// await its task, or <see cref="WaitUntilAsync(Func{bool})"/>, before you look at what it has done.
    /// </summary>
    /// <param name="delta">Not negative.</param>
    public void Advance(TimeSpan delta)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delta, TimeSpan.Zero);
        while (delta > TimeSpan.Zero)
        {
            TimeSpan step = delta > s_longWait ? s_longStep : s_step;
            step = delta < step ? delta : step;
            Step(step);
            delta -= step;
        }
    }

    /// <summary>Moves the time on until something is so, and no further: for what takes several turns of time and code,
    /// as a message that is tried again. Between two small steps the code on the pool gets its turn.</summary>
    /// <param name="limit">How far the time moves at most; not negative.</param>
    /// <param name="condition">Looks whether it is so. It may call the engine, and must not wait for time.</param>
    /// <exception cref="TimeoutException">It is not so at the limit, nor 30 seconds of the machine's time
    /// later.</exception>
    public async Task AdvanceUntilAsync(TimeSpan limit, Func<Task<bool>> condition)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(condition);
        TimeSpan step = limit > s_longWait ? s_longStep : s_step;
        TimeSpan pause = TestPatience.BetweenPauses(limit);
        TimeSpan unpaused = TimeSpan.Zero;
        for (TimeSpan left = limit; left > TimeSpan.Zero; left -= step)
        {
            if (await Patience.AskAsync(condition).ConfigureAwait(false))
            {
                return;
            }

            Step(left < step ? left : step);
            await TestPatience.LetOthersRunAsync().ConfigureAwait(false);
            unpaused += step;
            if (unpaused >= pause)
            {
                await TestPatience.PauseAsync().ConfigureAwait(false);
                unpaused = TimeSpan.Zero;
            }
        }

        await Patience.WaitAsync(condition, limit).ConfigureAwait(false);
    }

    /// <inheritdoc cref="AdvanceUntilAsync(TimeSpan, Func{Task{bool}})"/>
    public Task AdvanceUntilAsync(TimeSpan limit, Func<bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return AdvanceUntilAsync(limit, () => Task.FromResult(condition()));
    }

    /// <summary>Waits until something is so, while the time stands still: for code that goes on by itself on the pool,
    /// after <see cref="Advance"/> or after a call that was not awaited.</summary>
    /// <param name="condition">Looks whether it is so. It may call the engine, and must not wait for time.</param>
    /// <exception cref="TimeoutException">It is not so within 30 seconds of the machine's time.</exception>
    public Task WaitUntilAsync(Func<Task<bool>> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Patience.WaitAsync(condition, TimeSpan.Zero);
    }

    /// <inheritdoc cref="WaitUntilAsync(Func{Task{bool}})"/>
    public Task WaitUntilAsync(Func<bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return WaitUntilAsync(() => Task.FromResult(condition()));
    }

    /// <summary>
    /// The process stops, as in a long garbage collection or a virtual machine that is moved: it gives no signs of
    /// life, hears nothing, and its clock stands still for it. Its holds pass to others when the time is advanced. What
    /// the test does in its name meanwhile is what it would do before it notices: the zombie.
    /// </summary>
    /// <param name="process">As <see cref="ConnectAsync"/> returned it, or that of a started host which uses
    /// this one.</param>
    public void Pause(IConcord process) => Of(process).Pause();

    /// <summary>The process goes on, as late as it is: it learns at once what it has lost.</summary>
    /// <param name="process">As <see cref="ConnectAsync"/> returned it, or that of a started host which uses
    /// this one.</param>
    public void Resume(IConcord process) => Of(process).Resume();

    /// <summary>The answer to the next write of the process gets lost: it ends in an
    /// <see cref="OutcomeUnknownException"/>.</summary>
    /// <param name="process">As <see cref="ConnectAsync"/> returned it, or that of a started host which uses
    /// this one.</param>
    /// <param name="applied">Whether it takes effect nevertheless.</param>
    public void LoseNextReply(IConcord process, bool applied) => Of(process).Faults.LoseNext(applied);

    /// <summary>Takes the engine away from all processes, or gives it back. Without it calls wait, and end as
    /// unavailable when their time is over.</summary>
    public void SetAvailable(bool available)
    {
        Volatile.Write(ref _isAvailable, available);
        foreach (TestProcess process in Processes())
        {
            process.SetReachable(available);
        }
    }

    /// <summary>Ends all processes.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (TestProcess process in Processes())
        {
            process.SetReachable(false);
            await process.DisposeAsync().ConfigureAwait(false);
        }
    }

    internal static ConcordTestHost Start(Guarantees guarantees)
    {
        var host = new ConcordTestHost(guarantees);
        while (!host._node.IsReady)
        {
            host.Step(s_step);
        }

        return host;
    }

    internal ProcessClock NewClock() => _clock.NewProcess();

    /// <summary>A process begins: the test knows it by the root that it will call.</summary>
    internal TestProcess Start(IConcord concord, ProcessClock clock, ConcordOptions options)
    {
        TestProcess process = NewProcess(clock, options);
        lock (_gate)
        {
            _processes[concord] = process;
        }

        return process;
    }

    internal void Step(TimeSpan by)
    {
        _clock.Step(by);
        _node.Tick();
    }

    internal TestProcess Of(IConcord process)
    {
        ArgumentNullException.ThrowIfNull(process);
        lock (_gate)
        {
            return _processes.TryGetValue(process, out TestProcess? found)
                ? found
                : throw new ArgumentException(
                    "It is not a process of this host: neither did its ConnectAsync return it, nor is it that of a "
                    + "started host which uses this one (UseInMemory).",
                    nameof(process));
        }
    }

    private TestProcess NewProcess(ProcessClock clock, ConcordOptions options) =>
        new(_node, clock, _guarantees, options, Volatile.Read(ref _isAvailable));

    private TestProcess[] Processes()
    {
        lock (_gate)
        {
            return [.. _processes.Values];
        }
    }
}
