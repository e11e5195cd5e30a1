using Concord.Conformance.Cases;
using Concord.Conformance.Engines;

namespace Concord.Conformance.OnThreeNodesRaft;

public sealed class Sessions(ThreeNodesRaft engine) : SessionCases(engine);

public sealed class SessionFaults(ThreeNodesRaft engine) : SessionFaultCases(engine);

public sealed class Names(ThreeNodesRaft engine) : NameCases(engine);

public sealed class Locks(ThreeNodesRaft engine) : LockCases(engine);

public sealed class LockFaults(ThreeNodesRaft engine) : LockFaultCases(engine);

public sealed class Elections(ThreeNodesRaft engine) : ElectionCases(engine);

public sealed class ElectionFaults(ThreeNodesRaft engine) : ElectionFaultCases(engine);

public sealed class Semaphores(ThreeNodesRaft engine) : SemaphoreCases(engine);

public sealed class SemaphoreFaults(ThreeNodesRaft engine) : SemaphoreFaultCases(engine);

public sealed class Groups(ThreeNodesRaft engine) : GroupCases(engine);

public sealed class GroupFaults(ThreeNodesRaft engine) : GroupFaultCases(engine);

public sealed class Partitions(ThreeNodesRaft engine) : PartitionCases(engine);

public sealed class PartitionFaults(ThreeNodesRaft engine) : PartitionFaultCases(engine);

public sealed class Sequences(ThreeNodesRaft engine) : SequenceCases(engine);

public sealed class Counters(ThreeNodesRaft engine) : CounterCases(engine);

public sealed class Values(ThreeNodesRaft engine) : ValueCases(engine);

public sealed class Queues(ThreeNodesRaft engine) : QueueCases(engine);

public sealed class QueueFaults(ThreeNodesRaft engine) : QueueFaultCases(engine);

public sealed class Transactions(ThreeNodesRaft engine) : TransactionCases(engine);

public sealed class Fences(ThreeNodesRaft engine) : FencingCases(engine);

public sealed class OutcomeFaults(ThreeNodesRaft engine) : OutcomeFaultCases(engine);

public sealed class Restarts(OwnRaft engine) : RestartCases(engine), IClassFixture<OwnRaft>;

public sealed class Crashes(KilledRaft engine) : CrashCases(engine), IClassFixture<KilledRaft>;

public sealed class ShardCrashes(KilledRaftShards engine) : ShardCrashCases(engine), IClassFixture<KilledRaftShards>;

public sealed class Serializers(ThreeNodesRaft engine) : SerializerCases(engine);

public sealed class Handlers(ThreeNodesRaft engine) : HandlerCases(engine);

public sealed class WorkerFaults(ThreeNodesRaft engine) : WorkerFaultCases(engine);

public sealed class Limits(ThreeNodesRaft engine) : LimitCases(engine);
