using Concord.Conformance.Cases;
using Concord.Conformance.Engines;

namespace Concord.Conformance.OnInMemory;

public sealed class Sessions(MemoryEngine engine) : SessionCases(engine);

public sealed class SessionFaults(MemoryEngine engine) : SessionFaultCases(engine);

public sealed class Names(MemoryEngine engine) : NameCases(engine);

public sealed class Locks(MemoryEngine engine) : LockCases(engine);

public sealed class LockFaults(MemoryEngine engine) : LockFaultCases(engine);

public sealed class Elections(MemoryEngine engine) : ElectionCases(engine);

public sealed class ElectionFaults(MemoryEngine engine) : ElectionFaultCases(engine);

public sealed class Semaphores(MemoryEngine engine) : SemaphoreCases(engine);

public sealed class SemaphoreFaults(MemoryEngine engine) : SemaphoreFaultCases(engine);

public sealed class Groups(MemoryEngine engine) : GroupCases(engine);

public sealed class GroupFaults(MemoryEngine engine) : GroupFaultCases(engine);

public sealed class Partitions(MemoryEngine engine) : PartitionCases(engine);

public sealed class PartitionFaults(MemoryEngine engine) : PartitionFaultCases(engine);

public sealed class Sequences(MemoryEngine engine) : SequenceCases(engine);

public sealed class Counters(MemoryEngine engine) : CounterCases(engine);

public sealed class Values(MemoryEngine engine) : ValueCases(engine);

public sealed class Queues(MemoryEngine engine) : QueueCases(engine);

public sealed class QueueFaults(MemoryEngine engine) : QueueFaultCases(engine);

public sealed class Transactions(MemoryEngine engine) : TransactionCases(engine);

public sealed class Fences(MemoryEngine engine) : FencingCases(engine);

public sealed class OutcomeFaults(MemoryEngine engine) : OutcomeFaultCases(engine);

public sealed class Serializers(MemoryEngine engine) : SerializerCases(engine);

public sealed class Handlers(MemoryEngine engine) : HandlerCases(engine);

public sealed class WorkerFaults(MemoryEngine engine) : WorkerFaultCases(engine);

public sealed class Limits(MemoryEngine engine) : LimitCases(engine);
