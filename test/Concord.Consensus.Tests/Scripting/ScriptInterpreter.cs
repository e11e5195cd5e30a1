using System.Globalization;
using System.Text;

namespace Concord.Consensus.Tests.Scripting;

/// <summary>
/// The commands of a script, one per line:
/// <code>
/// nodes 3 [slow] [short]  begin with three empty nodes; slow: writes wait for "durable"; short: one entry per message
///   [window 4]            in Multi-Paxos, so many entries may be open
///   [prevote] [quorum] [lease] [quiet]  beyond the paper's Raft: pre-vote, check-quorum, leader lease, quiet groups
/// founders n1 n2          only these belong to the group at first (before "start")
/// given n1 t6 1 1 4       n1 has seen term 6 and holds entries of terms 1, 1 and 4 (before "start")
/// given n1 b6.2 1.1 _ 4.2/3.1  in Multi-Paxos: ballots; a gap; and a value of ballot 3.1, accepted under 4.2
/// tick n1 100ms           n1's clock goes on
/// campaign n1             n1's clock goes on past any election timeout
/// propose n1 x            read n1 7
/// members n1 n1 n2 +n4 [commit=1]  asks n1 for the voters n1 and n2 and the learner n4
/// transfer n1 [n2]        asks n1 to hand over
/// alive n1 n2             n1's host hears that n2 is alive, in the term that n2 is in
/// deliver [n1->n2]        all that is on its way and all that comes of it; or what is on that link now
/// drop, hold, release, cut [n1->n2]; heal
/// dup [n1->n2]            a second copy of what is on its way comes with "release"
/// disk n2 slow|fast       durable n2 [3]
/// crash n2                restart n2 [impaired]
/// lose n2 3 t1            n2, while it is down, loses its entries from 3 on and all it promised after term 1
/// snapshot n1 4 [keep 2]  install n3 from n1 [at 4]
/// status                  log n2
/// </code>
/// </summary>
/// <param name="isPaxos">Whether the group agrees by Multi-Paxos; otherwise by Raft.</param>
internal sealed class ScriptInterpreter(bool isPaxos)
{
    private readonly ScriptCluster _cluster = new(isPaxos);
    private bool _started;

    public void Run(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words[0])
        {
            case "nodes":
                for (ushort i = 1; i <= Number(words[1]); i++)
                {
                    _cluster.Nodes.Add(i, new(new(i), _cluster) { DiskIsSlow = words.Contains("slow") });
                }

                _cluster.AppendBytesMax = words.Contains("short") ? 1 : _cluster.AppendBytesMax;
                _cluster.WindowEntriesMax = Array.IndexOf(words, "window") is var at and > 0
                    ? (int)Number(words[at + 1]) : _cluster.WindowEntriesMax;
                _cluster.PreVote = words.Contains("prevote");
                _cluster.CheckQuorum = words.Contains("quorum");
                _cluster.LeaderLease = words.Contains("lease");
                _cluster.HostTellsLiveness = words.Contains("quiet");
                break;
            case "founders":
                _cluster.Founders = new(words[1..].Select(Id));
                break;
            case "given":
                Node(words[1]).Disk.Begin(new(StampOf(words[2][1..]), default), Entries(words[3..]));
                break;
            default:
                Start();
                RunStarted(words);
                break;
        }

        _cluster.CheckLeaders();
    }

    public string TakeTrace() => _cluster.TakeTrace();

    private void RunStarted(string[] words)
    {
        Link link = words.Length > 1 && words[1].Contains("->", StringComparison.Ordinal) ? ParseLink(words[1])
            : default;
        switch (words[0])
        {
            case "deliver": _cluster.Deliver(link); break;
            case "drop": _cluster.Drop(link); break;
            case "dup": _cluster.Duplicate(link); break;
            case "hold": _cluster.Hold(link); break;
            case "release": _cluster.Release(link); break;
            case "cut": _cluster.Cut(link); break;
            case "heal": _cluster.Heal(); break;
            case "status": Status(); break;
            default: RunAt(Node(words[1]), words); break;
        }
    }

    private void RunAt(ScriptNode node, string[] words)
    {
        switch (words[0])
        {
            case "tick":
                node.Tick(TimeSpan.FromMilliseconds(Number(words[2][..^2])));
                break;
            case "campaign":
                node.Tick(2 * _cluster.OptionsOf(node.Id).ElectionTimeout);
                break;
            case "propose":
                node.Do($"propose {words[2]}", core =>
                    Report(core.Propose(Encoding.ASCII.GetBytes(words[2]), out LogIndex index), $" at {index}"));
                break;
            case "read":
                node.Do($"read {words[2]}", core => Report(core.Read(Number(words[2]), node.Now), ""));
                break;
            case "members":
                node.Do($"members {string.Join(' ', words[2..])}", core =>
                    _cluster.Trace($"  {core.ChangeMembership(MembershipOf(words[2..]))}"));
                break;
            case "transfer":
                NodeId target = words.Length > 2 ? Id(words[2]) : NodeId.None;
                node.Do($"transfer {target}", core => _cluster.Trace($"  {core.TransferLeadership(target)}"));
                break;
            case "alive":
                Standing standing = ((IReplicatedLog)Node(words[2]).Core!).Standing;
                node.Do($"alive {words[2]} {standing.Stamp}", core => core.Alive(Id(words[2]), standing, node.Now));
                break;
            case "lose":
                node.Disk.Lose(new(Number(words[2])), new(StampOf(words[3][1..]), default));
                break;
            case "disk":
                node.DiskIsSlow = words[2] == "slow";
                break;
            case "durable":
                node.Durable(words.Length > 2 ? Number(words[2]) : node.Disk.Asked);
                break;
            case "crash":
                node.Crash();
                break;
            case "restart":
                node.IsImpaired = words.Contains("impaired");
                node.Start();
                _cluster.Trace($"{node.Id} starts in {node.Core!.Status.Stamp}");
                Log(node);
                break;
            case "snapshot":
                Snapshot(node, new(Number(words[2])), words.Length > 4 ? (int)Number(words[4]) : 0);
                break;
            case "install":
                Install(node, Node(words[3]), words.Length > 5 ? new(Number(words[5])) : Node(words[3]).Applied);
                break;
            case "log":
                Log(node);
                break;
            default:
                Assert.Fail($"There is no command \"{words[0]}\".");
                break;
        }
    }

    private void Start()
    {
        foreach (ScriptNode node in _started ? [] : _cluster.Nodes.Values.ToArray())
        {
            node.Start();
        }

        _started = true;
    }

    private void Snapshot(ScriptNode node, LogIndex index, int keep)
    {
        node.Do($"snapshot {index} keep {keep}", core =>
        {
            node.Disk.Compact(core.PointAt(index), _cluster.KeepsWhatFollows);
            core.SnapshotTaken(index, keep);
        });
    }

    private void Install(ScriptNode node, ScriptNode from, LogIndex index)
    {
        SnapshotPoint point = from.Core!.PointAt(index);
        node.Do($"install {index}@{point.Stamp}", core =>
        {
            node.Disk.Compact(point, _cluster.KeepsWhatFollows);
            core.SnapshotInstalled(point);
        });
    }

    private void Status()
    {
        foreach (ScriptNode node in _cluster.Nodes.Values)
        {
            _cluster.Trace(node.Core?.Status is { } status
                ? $"{node.Id} {status.Role} {status.Stamp} leader={status.Leader} last={status.LastIndex} "
                    + $"durable={status.DurableIndex} commit={status.CommitIndex} applied={node.Applied}"
                    + (status.IsImpaired ? " impaired" : "")
                : $"{node.Id} is down");
        }
    }

    private void Log(ScriptNode node)
    {
        LogBuffer log = node.Core!.Log;
        string entries =
            string.Join(' ', ScriptDisk.Copy(new(log.First, log.Count), log).Select(static entry => entry.Text));
        _cluster.Trace($"{node.Id} log behind {log.Base}@{log.BaseStamp}: {{{entries}}}");
    }

    private void Report(ProposeResult result, string where) =>
        _cluster.Trace(result == ProposeResult.Accepted ? $"  accepted{where}" : $"  {result}");

    private ScriptNode Node(string name) => _cluster.Nodes[Id(name).Value];

    private static NodeId Id(string name) => new((ushort)Number(name[1..]));

    private static Membership MembershipOf(string[] words) => new(
        words.Where(static word => word[0] == 'n').Select(Id),
        words.Where(static word => word[0] == '+').Select(static word => Id(word[1..])),
        words.LastOrDefault() is { } last && last.StartsWith("commit=", StringComparison.Ordinal)
            ? (int)Number(last[7..]) : 0);

    private static IEnumerable<Entry> Entries(string[] entries) => entries.Select(static (entry, i) =>
    {
        if (entry == "_")
        {
            return new Entry(default, default, EntryKind.None, []);
        }

        string[] stamps = entry.Split('/');
        return new Entry(StampOf(stamps[0]), StampOf(stamps[^1]), EntryKind.Command,
            Encoding.ASCII.GetBytes($"e{i + 1}t{stamps[^1]}"));
    });

    /// <summary>A term, or a round and a node.</summary>
    private static Stamp StampOf(string text) => text.Split('.') is [string round, string node]
        ? Stamp.FromBallot(Number(round), new((ushort)Number(node)))
        : Stamp.FromTerm(Number(text));

    private static Link ParseLink(string text)
    {
        string[] ends = text.Split("->");
        return new(End(ends[0]), End(ends[1]));
    }

    private static NodeId End(string name) => name == "*" ? default : new((ushort)Number(name[1..]));

    private static ulong Number(string digits) => ulong.Parse(digits, CultureInfo.InvariantCulture);
}
