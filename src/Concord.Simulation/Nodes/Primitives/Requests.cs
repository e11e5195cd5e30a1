using System.Buffers.Binary;
using Concord.Client.Routing;
using Concord.Engines;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>How a simulated client asks for something.</summary>
internal sealed class Requests(NodeWorld world, SimUser user)
{
    public static ClientCall ReadCall(byte[] key) =>
        new() { Kind = CallKind.Read, Slot = RecordKey.SlotOf(key), Body = key };

    public static ulong NumberIn(ReadOnlyMemory<byte> value) => NumberIn(value.Span);

    public static ulong NumberIn(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadUInt64LittleEndian(value[^8..]);

    /// <summary>A number as content.</summary>
    /// <param name="number">It.</param>
    /// <param name="padding">Of different sizes, so that logs and snapshots grow unevenly.</param>
    public static byte[] ContentOf(ulong number, int padding)
    {
        byte[] value = new byte[2 + padding + 8];
        value[0] = 1;
        value[1] = (byte)'x';
        BinaryPrimitives.WriteUInt64LittleEndian(value.AsSpan(value.Length - 8), number);
        return value;
    }

    /// <summary>The call of an operation.</summary>
    public static ClientCall CallOf(OperationRequest request, string? group = null) => new()
    {
        Kind = CallKind.Execute,
        Slot = request.Slot,
        Code = request.Code,
        Body = request.Arguments.ToArray(),
        IdempotencyKey = group is null ? null : new IdempotencyName("", group),
        Fence = request.Fence,
        IsNumbered = true,
    };

    /// <summary>Runs an operation of which nothing more is to be remembered than what it did.</summary>
    public void Execute(string what, OperationRequest request, Action<UserOperation>? then = null) => user.Call(new()
    {
        What = what,
        Invoked = world.Now,
        Then = then,
        Call = CallOf(request),
    });

    /// <summary>Commits a transaction.</summary>
    /// <param name="slot">Of its anchor.</param>
    /// <param name="actions">What it does.</param>
    /// <param name="name">Its idempotency key.</param>
    /// <param name="operation">Makes what is remembered of it.</param>
    public RequestKey Commit(
        Slot slot,
        TransactionAction[] actions,
        IdempotencyName? name,
        Func<ClientCall, UserOperation> operation)
    {
        (SessionId session, ulong sequence) = user.Core.Begin();
        var id = new RequestKey(slot, session, sequence);
        user.Call(operation(new()
        {
            Kind = CallKind.Commit,
            Slot = slot,
            Transaction = new(id, actions, name, new(world.WallClock.ToUnixTimeMilliseconds())),
        }));
        return id;
    }
}
