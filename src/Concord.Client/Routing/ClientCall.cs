using Concord.Client.Wire;
using Concord.Engines;

namespace Concord.Client.Routing;

/// <summary>What a call asks for.</summary>
internal enum CallKind
{
    /// <summary>Run an operation.</summary>
    Execute,

    /// <summary>Read a record.</summary>
    Read,

    /// <summary>Run an operation that only reads.</summary>
    Query,

    /// <summary>Commit a transaction.</summary>
    Commit,

    /// <summary>Register the session in a shard; the client asks this itself.</summary>
    OpenSession,
}

/// <summary>How a call ended.</summary>
internal enum CallOutcome
{
    /// <summary>Not yet.</summary>
    Pending,

    /// <summary>There is an answer.</summary>
    Answered,

    /// <summary>It was never sent, or surely did not run.</summary>
    NotSent,

    /// <summary>It was sent, and nobody can say.</summary>
    Unknown,

    /// <summary>The cluster refused it for now.</summary>
    Overloaded,

    /// <summary>The leader's disk is full; <see cref="ClientCall.Detail"/> says how much room it needs.</summary>
    DiskFull,

    /// <summary>The cluster does not understand it; <see cref="ClientCall.Detail"/> says why.</summary>
    Malformed,

    /// <summary>A transaction in the way was not decided in time; nothing happened.</summary>
    Conflict,

    /// <summary>It belonged to a session that is over; nothing happened.</summary>
    SessionLost,

    /// <summary>The cluster does not run this operation yet, for not all of its nodes know it; nothing
    /// happened.</summary>
    TooNew,
}

/// <summary>One call from its beginning to its end, over all attempts. Its number stays the same, so that it runs
/// once.</summary>
internal sealed class ClientCall
{
    public required CallKind Kind { get; init; }

    /// <summary>Routes the call; for a commit, the anchor.</summary>
    public required Slot Slot { get; init; }

    public OperationCode Code { get; init; }

    /// <summary>The arguments of an operation, or the key to read.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    public IdempotencyName? IdempotencyKey { get; init; }

    public EngineFence? Fence { get; init; }

    public TransactionRequest? Transaction { get; init; }

    /// <summary>What it asks to hold; null for other calls.</summary>
    public ClientClaim? Claim { get; init; }

    /// <summary>What is given back if this call finds that it was asked for; null for other calls.</summary>
    public ClientCall? Then { get; init; }

    /// <summary>What was asked for is given back: tried until it is answered or the session is over, whatever a node
    /// cannot do for the moment.</summary>
    public bool GoesOn => Code is OperationCode.Release or OperationCode.GiveUpSeveral || Then is not null;

    /// <summary>Whether the operation is numbered by the session; settling and opening are not.</summary>
    public bool IsNumbered { get; init; }

    /// <summary>Whom to tell; the shell's.</summary>
    public object? Owner { get; init; }

    public TimeSpan Deadline { get; set; }

    public ClientSession? Session { get; set; }

    /// <summary>It means something in this session only: with another it is not sent.</summary>
    public bool IsBound { get; set; }

    public ulong Sequence { get; set; }

    /// <summary>What holds back the acknowledgement of this call's answers.</summary>
    public List<SlotTicket> Tickets { get; } = [];

    public ulong WireId { get; set; }

    /// <summary>Where the last attempt went; null while it waits.</summary>
    public ClientConnection? SentOn { get; set; }

    public TimeSpan SentAt { get; set; }

    public TimeSpan? FirstSentAt { get; set; }

    public TimeSpan RetryAt { get; set; }

    /// <summary>How many hints it has followed without a pause.</summary>
    public int HintsFollowed { get; set; }

    /// <summary>An attempt may have run without its answer arriving.</summary>
    public bool MayHaveRun { get; set; }

    /// <summary>For <see cref="CallKind.OpenSession"/>, which routes by shard.</summary>
    public uint? Shard { get; init; }

    public CallOutcome Outcome { get; private set; }

    public EngineAnswer Answer { get; private set; }

    /// <summary>The log index that answered; zero for reads.</summary>
    public ulong AnswerIndex { get; private set; }

    public string? Detail { get; private set; }

    public RequestKey RequestKey => Transaction?.Id ?? new(Slot, Session?.Id ?? default, Sequence);

    public void Succeed(in NodeReply reply)
    {
        Outcome = CallOutcome.Answered;
        Answer = new(reply.Answer, reply.Revision, reply.Payload.ToArray());
        AnswerIndex = reply.Index;
    }

    public void Fail(CallOutcome outcome, string? detail = null)
    {
        Outcome = outcome;
        Detail = detail;
    }
}

/// <summary>A connection to a node, as the core sees it.</summary>
internal sealed class ClientConnection(string address)
{
    public string Address { get; } = address;

    /// <summary>The node's number; zero until it has said it.</summary>
    public ushort Node { get; set; }

    public bool IsReady => Node != 0;

    public FrameWriter Output { get; } = new();

    /// <summary>The shell's.</summary>
    public object? Transport { get; set; }

    /// <summary>Calls that wait for an answer on this connection.</summary>
    public int Waiting { get; set; }
}
