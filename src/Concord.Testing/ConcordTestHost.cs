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

    private readonly TestClock _clock = new();
    private readonly MemoryNode _node;
    private readonly Guarantees _guarantees;
    private readonly Lock _gate = new();
    private readonly Dictionary<IConcord, TestProcess> _processes = [];

    private ConcordTestHost(Guarantees guarantees)
    {
        _guarantees = guarantees;
        _node = new(_clock);
    }

    /// <summary>The host's time, for what the test creates itself. Stands still unless <see cref="Advance"/> moves
    /// it.</summary>
    public TimeProvider TimeProvider => _clock;

    /// <summary>Starts a host.</summary>
    /// <param name="guarantees">What its engine claims to guarantee; all by default. It keeps them all, whatever it
    /// claims: this is to test what an application does without.</param>
    public static Task<ConcordTestHost> StartAsync(Guarantees guarantees = (Guarantees)(-1))
    {
        var host = new ConcordTestHost(guarantees);
        while (!host._node.IsReady)
        {
            host.Step(s_step);
        }

        return Task.FromResult(host);
    }

    /// <summary>Another process, with its own session, on the same engine.</summary>
    /// <param name="processName">What it is called where holders are described.</param>
    /// <param name="configure">Its options; a session lasts 10 seconds and a call 10 seconds by default.</param>
    public Task<IConcord> ConnectAsync(string processName, Action<ConcordOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(processName);
        return Task.FromResult(Connect(processName, configure).Concord);
    }

    /// <summary>
    /// Moves the time on, in small steps: sessions are renewed or expire, delays and visibility timeouts end, deadlines
    /// pass. What becomes due has happened when this returns; code that awaits it goes on by itself on the pool.
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

    /// <summary>
    /// The process stops, as in a long garbage collection or a virtual machine that is moved: it gives no signs of
    /// life, hears nothing, and its clock stands still for it. Its holds pass to others when the time is advanced. What
    /// the test does in its name meanwhile is what it would do before it notices: the zombie.
    /// </summary>
    /// <param name="process">As <see cref="ConnectAsync"/> returned it.</param>
    public void Pause(IConcord process) => Of(process).Pause();

    /// <summary>The process goes on, as late as it is: it learns at once what it has lost.</summary>
    /// <param name="process">As <see cref="ConnectAsync"/> returned it.</param>
    public void Resume(IConcord process) => Of(process).Resume();

    /// <summary>The answer to the next write of the process gets lost: it ends in an
    /// <see cref="OutcomeUnknownException"/>.</summary>
    /// <param name="process">As <see cref="ConnectAsync"/> returned it.</param>
    /// <param name="applied">Whether it takes effect nevertheless.</param>
    public void LoseNextReply(IConcord process, bool applied) => Of(process).Faults.LoseNext(applied);

    /// <summary>Takes the engine away from all processes, or gives it back. Without it calls wait, and end as
    /// unavailable when their time is over.</summary>
    public void SetAvailable(bool available)
    {
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

    internal TestProcess Connect(string processName, Action<ConcordOptions>? configure)
    {
        var options = new ConcordOptions { ProcessName = processName };
        configure?.Invoke(options);
        var process = new TestProcess(_node, _clock.NewProcess(), _guarantees, options);
        lock (_gate)
        {
            _processes.Add(process.Concord, process);
        }

        return process;
    }

    internal void Step(TimeSpan by)
    {
        _clock.Step(by);
        _node.Tick();
    }

    private TestProcess Of(IConcord process)
    {
        ArgumentNullException.ThrowIfNull(process);
        lock (_gate)
        {
            return _processes.TryGetValue(process, out TestProcess? found)
                ? found
                : throw new ArgumentException("It is not a process of this host.", nameof(process));
        }
    }

    private TestProcess[] Processes()
    {
        lock (_gate)
        {
            return [.. _processes.Values];
        }
    }
}
