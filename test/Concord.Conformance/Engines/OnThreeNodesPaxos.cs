using Concord.Conformance.Cases;
using Concord.Conformance.Engines;

namespace Concord.Conformance.OnThreeNodesPaxos;

public sealed class Sessions(ThreeNodesPaxos engine) : SessionCases(engine);

public sealed class SessionFaults(ThreeNodesPaxos engine) : SessionFaultCases(engine);

public sealed class Names(ThreeNodesPaxos engine) : NameCases(engine);

public sealed class Locks(ThreeNodesPaxos engine) : LockCases(engine);

public sealed class LockFaults(ThreeNodesPaxos engine) : LockFaultCases(engine);

public sealed class Elections(ThreeNodesPaxos engine) : ElectionCases(engine);

public sealed class ElectionFaults(ThreeNodesPaxos engine) : ElectionFaultCases(engine);

public sealed class Semaphores(ThreeNodesPaxos engine) : SemaphoreCases(engine);

public sealed class SemaphoreFaults(ThreeNodesPaxos engine) : SemaphoreFaultCases(engine);

public sealed class Groups(ThreeNodesPaxos engine) : GroupCases(engine);

public sealed class GroupFaults(ThreeNodesPaxos engine) : GroupFaultCases(engine);

public sealed class Partitions(ThreeNodesPaxos engine) : PartitionCases(engine);

public sealed class PartitionFaults(ThreeNodesPaxos engine) : PartitionFaultCases(engine);

public sealed class Sequences(ThreeNodesPaxos engine) : SequenceCases(engine);

public sealed class Counters(ThreeNodesPaxos engine) : CounterCases(engine);

public sealed class Values(ThreeNodesPaxos engine) : ValueCases(engine);

public sealed class Queues(ThreeNodesPaxos engine) : QueueCases(engine);

public sealed class QueueFaults(ThreeNodesPaxos engine) : QueueFaultCases(engine);

public sealed class Transactions(ThreeNodesPaxos engine) : TransactionCases(engine);

public sealed class Fences(ThreeNodesPaxos engine) : FencingCases(engine);

public sealed class OutcomeFaults(ThreeNodesPaxos engine) : OutcomeFaultCases(engine);

public sealed class Restarts(OwnPaxos engine) : RestartCases(engine), IClassFixture<OwnPaxos>;

public sealed class Crashes(KilledPaxos engine) : CrashCases(engine), IClassFixture<KilledPaxos>;

public sealed class ShardCrashes(KilledPaxosShards engine) : ShardCrashCases(engine), IClassFixture<KilledPaxosShards>;

public sealed class Serializers(ThreeNodesPaxos engine) : SerializerCases(engine);

public sealed class Handlers(ThreeNodesPaxos engine) : HandlerCases(engine);

public sealed class WorkerFaults(ThreeNodesPaxos engine) : WorkerFaultCases(engine);

public sealed class Limits(ThreeNodesPaxos engine) : LimitCases(engine);
