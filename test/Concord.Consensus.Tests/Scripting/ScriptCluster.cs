using System.Text;
using Concord.Consensus.Paxos;
using Concord.Consensus.Raft;

namespace Concord.Consensus.Tests.Scripting;

/// <summary>
/// The nodes of a script and the network between them, which delivers only when it is told to. Watches over the two
/// promises that no trace may be accepted without: one leader per term, one entry per committed place.
/// </summary>
/// <param name="isPaxos">Whether the group agrees by Multi-Paxos; otherwise by Raft.</param>
internal sealed class ScriptCluster(bool isPaxos)
{
    private readonly StringBuilder _trace = new();
    private readonly List<Letter> _network = [];
    private readonly List<Letter> _held = [];
    private readonly HashSet<(NodeId From, NodeId To)> _cut = [];
    private readonly Dictionary<Stamp, NodeId> _leaders = [];
    private readonly Dictionary<LogIndex, string> _committed = [];

    public SortedDictionary<ushort, ScriptNode> Nodes { get; } = [];

    /// <summary>One lets every message carry one entry.</summary>
    public int AppendBytesMax { get; set; } = 1 << 20;

    /// <summary>Scripts of the paper's Raft go without the next four.</summary>
    public bool PreVote { get; set; }

    public bool CheckQuorum { get; set; }

    public bool LeaderLease { get; set; }

    public bool HostTellsLiveness { get; set; }

    public int WindowEntriesMax { get; set; } = 1 << 16;

    /// <summary>Whether what was stored behind an entry, or behind a snapshot, stays.</summary>
    public bool KeepsWhatFollows => isPaxos;

    /// <summary>Who belongs to the group at its beginning; nobody else knows it.</summary>
    public Membership? Founders { get; set; }

    public ReplicaOptions OptionsOf(NodeId node) => new()
    {
        Self = node,
        Seed = node.Value,
        PreVote = PreVote,
        CheckQuorum = CheckQuorum,
        LeaderLease = LeaderLease,
        HostTellsLiveness = HostTellsLiveness,
        AppendBytesMax = AppendBytesMax,
        WindowEntriesMax = WindowEntriesMax,
    };

    public ReplicaCore CoreOf(NodeId node, RecoveredReplica recovered) =>
        isPaxos ? new PaxosCore(OptionsOf(node), recovered) : new RaftCore(OptionsOf(node), recovered);

    public Membership MembershipAtBirth(NodeId node)
    {
        Membership founders = Founders ?? new(Nodes.Keys.Select(static id => new NodeId(id)));
        return founders.Contains(node) ? founders : Membership.None;
    }

    public void Trace(string line) => _trace.Append(line).Append('\n');

    /// <summary>What was traced since the last time.</summary>
    public string TakeTrace()
    {
        string trace = _trace.ToString();
        _trace.Clear();
        return trace;
    }

    public void Send(Message message, LogBuffer log)
    {
        byte[] bytes = new byte[MessageCodec.Measure(message, log)];
        MessageCodec.Write(message, log, bytes);
        if (!_cut.Contains((message.From, message.To)))
        {
            _network.Add(new(message.From, message.To, bytes));
        }
    }

    /// <summary>Delivers what is on its way on the links, and what comes of it if there is no link named.</summary>
    public void Deliver(Link link)
    {
        if (!link.IsAll)
        {
            List<Letter> now = Take(link);
            now.ForEach(Hand);
            return;
        }

        for (int i = 0; _network.Count > 0; i++)
        {
            Assert.True(i < 1000, "the network never falls quiet");
            Letter letter = _network[0];
            _network.RemoveAt(0);
            Hand(letter);
        }
    }

    public void Drop(Link link) => Take(link);

    /// <summary>A second copy of what is on its way will come when it is released.</summary>
    public void Duplicate(Link link) => _held.AddRange(_network.Where(link.Holds));

    public void Hold(Link link) => _held.AddRange(Take(link));

    public void Release(Link link)
    {
        _network.AddRange(_held.Where(link.Holds));
        _held.RemoveAll(link.Holds);
    }

    /// <summary>From now on, nothing is sent on the link; what is under way still arrives.</summary>
    public void Cut(Link link) => _cut.UnionWith(
        from sender in Nodes.Values
        from receiver in Nodes.Values
        where link.Holds(new(sender.Id, receiver.Id, []))
        select (sender.Id, receiver.Id));

    public void Heal() => _cut.Clear();

    /// <summary>What one node applies, all others apply at the same place.</summary>
    public void Apply(ScriptNode node, LogIndex after, LogIndex through)
    {
        LogBuffer log = node.Core!.Log;
        for (LogIndex index = LogIndex.Max(after, log.Base) + 1; index <= through; index++)
        {
            string entry = ScriptDisk.Copy(new(index, 1), log)[0].Value;
            if (!_committed.TryAdd(index, entry))
            {
                Assert.Equal($"{index} is {_committed[index]}", $"{index} is {entry}");
            }
        }
    }

    public void CheckLeaders()
    {
        foreach (ReplicaStatus status in Nodes.Values.Where(static node => node.Core is not null)
            .Select(static node => node.Core!.Status))
        {
            if (status.Role == Role.Leader && !_leaders.TryAdd(status.Stamp, status.Leader))
            {
                Assert.Equal($"{status.Stamp} is led by {_leaders[status.Stamp]}",
                    $"{status.Stamp} is led by {status.Leader}");
            }
        }
    }

    private List<Letter> Take(Link link)
    {
        List<Letter> taken = [.. _network.Where(link.Holds)];
        _network.RemoveAll(link.Holds);
        return taken;
    }

    private void Hand(Letter letter)
    {
        Assert.True(MessageCodec.TryRead(letter.Bytes, out Message message, out _));
        ScriptNode node = Nodes[letter.To.Value];
        node.Do($"gets {message}", core =>
        {
            MessageCodec.TryRead(letter.Bytes, out Message received, out EntryReader entries);
            core.Step(received, entries, node.Now);
        });
    }
}

/// <summary>A message on its way, as bytes.</summary>
internal sealed record Letter(NodeId From, NodeId To, byte[] Bytes);

/// <summary>Which way: <c>n1->n2</c>, <c>n1->*</c>, <c>*->n2</c>, or all when nothing is written.</summary>
internal readonly record struct Link(NodeId From, NodeId To)
{
    public bool IsAll => From.IsNone && To.IsNone;

    public bool Holds(Letter letter) => (From.IsNone || letter.From == From) && (To.IsNone || letter.To == To);
}
