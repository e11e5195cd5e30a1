using Concord.Conformance.Cases;
using Concord.Conformance.Engines;

namespace Concord.Conformance.OnSingleNode;

public sealed class Sessions(SingleNode engine) : SessionCases(engine);

public sealed class SessionFaults(SingleNode engine) : SessionFaultCases(engine);

public sealed class Names(SingleNode engine) : NameCases(engine);

public sealed class Locks(SingleNode engine) : LockCases(engine);

public sealed class LockFaults(SingleNode engine) : LockFaultCases(engine);

public sealed class Elections(SingleNode engine) : ElectionCases(engine);

public sealed class ElectionFaults(SingleNode engine) : ElectionFaultCases(engine);

public sealed class Semaphores(SingleNode engine) : SemaphoreCases(engine);

public sealed class SemaphoreFaults(SingleNode engine) : SemaphoreFaultCases(engine);

public sealed class Groups(SingleNode engine) : GroupCases(engine);

public sealed class GroupFaults(SingleNode engine) : GroupFaultCases(engine);

public sealed class Partitions(SingleNode engine) : PartitionCases(engine);

public sealed class PartitionFaults(SingleNode engine) : PartitionFaultCases(engine);

public sealed class Sequences(SingleNode engine) : SequenceCases(engine);

public sealed class Counters(SingleNode engine) : CounterCases(engine);

public sealed class Values(SingleNode engine) : ValueCases(engine);

public sealed class Queues(SingleNode engine) : QueueCases(engine);

public sealed class QueueFaults(SingleNode engine) : QueueFaultCases(engine);

public sealed class Transactions(SingleNode engine) : TransactionCases(engine);

public sealed class Fences(SingleNode engine) : FencingCases(engine);

public sealed class OutcomeFaults(SingleNode engine) : OutcomeFaultCases(engine);

public sealed class Serializers(SingleNode engine) : SerializerCases(engine);

public sealed class Handlers(SingleNode engine) : HandlerCases(engine);

public sealed class WorkerFaults(SingleNode engine) : WorkerFaultCases(engine);

public sealed class Limits(SingleNode engine) : LimitCases(engine);
