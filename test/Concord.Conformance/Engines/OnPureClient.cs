using Concord.Conformance.Cases;
using Concord.Conformance.Engines;

namespace Concord.Conformance.OnPureClient;

public sealed class Sessions(PureClient engine) : SessionCases(engine);

public sealed class SessionFaults(PureClient engine) : SessionFaultCases(engine);

public sealed class Names(PureClient engine) : NameCases(engine);

public sealed class Locks(PureClient engine) : LockCases(engine);

public sealed class LockFaults(PureClient engine) : LockFaultCases(engine);

public sealed class Elections(PureClient engine) : ElectionCases(engine);

public sealed class ElectionFaults(PureClient engine) : ElectionFaultCases(engine);

public sealed class Semaphores(PureClient engine) : SemaphoreCases(engine);

public sealed class SemaphoreFaults(PureClient engine) : SemaphoreFaultCases(engine);

public sealed class Groups(PureClient engine) : GroupCases(engine);

public sealed class GroupFaults(PureClient engine) : GroupFaultCases(engine);

public sealed class Partitions(PureClient engine) : PartitionCases(engine);

public sealed class PartitionFaults(PureClient engine) : PartitionFaultCases(engine);

public sealed class Sequences(PureClient engine) : SequenceCases(engine);

public sealed class Counters(PureClient engine) : CounterCases(engine);

public sealed class Values(PureClient engine) : ValueCases(engine);

public sealed class Queues(PureClient engine) : QueueCases(engine);

public sealed class QueueFaults(PureClient engine) : QueueFaultCases(engine);

public sealed class Transactions(PureClient engine) : TransactionCases(engine);

public sealed class Fences(PureClient engine) : FencingCases(engine);

public sealed class OutcomeFaults(PureClient engine) : OutcomeFaultCases(engine);

public sealed class Restarts(OwnNode engine) : RestartCases(engine), IClassFixture<OwnNode>;

public sealed class Crashes(KilledNode engine) : CrashCases(engine), IClassFixture<KilledNode>;

public sealed class Serializers(PureClient engine) : SerializerCases(engine);

public sealed class Handlers(PureClient engine) : HandlerCases(engine);

public sealed class WorkerFaults(PureClient engine) : WorkerFaultCases(engine);

public sealed class Limits(PureClient engine) : LimitCases(engine);
