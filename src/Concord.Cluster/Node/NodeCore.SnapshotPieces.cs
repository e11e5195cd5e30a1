using Concord.Client.Wire;
using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Node;

/// <content>
/// Gives the pieces of snapshots that others ask for, no faster than the node's rate. The limit stands with who gives:
/// a piece is read by the thread that syncs the log and leaves on the connections that carry the writes, and only this
/// node knows how many fetch from it.
/// </content>
internal sealed partial class NodeCore
{
    /// <summary>While a snapshot is being fetched the next one waits, up to this many times its distance: who fetches
    /// would have to begin anew.</summary>
    private const int KeptSnapshotDistances = 4;

    private readonly SnapshotThrottle _throttle;

    /// <summary>In the order in which they are answered: one place for each shard that somebody fetches.</summary>
    private readonly List<PieceRequest> _piecesAsked = [];
    private bool _isPieceUnderWay;

    private void ReceiveSnapshotRequest(ushort sender, ref ByteReader reader)
    {
        Shard? shard = Find(reader.ReadUInt32());
        var index = new LogIndex(reader.ReadUInt64());
        long offset = reader.ReadInt64();
        reader.End();
        if (shard is null || shard.SnapshotIndex == LogIndex.Zero || offset < 0)
        {
            return;
        }

        shard.SnapshotAskedAt = Now;

        // Who waits asks again after a while: it keeps its place, and gets one answer.
        PieceRequest request = new(sender, shard, index, offset);
        int place = _piecesAsked.FindIndex(asked => asked.Sender == sender && asked.Shard == shard);
        if (place >= 0)
        {
            _piecesAsked[place] = request;
        }
        else
        {
            _piecesAsked.Add(request);
        }

        GivePieces();
    }

    /// <summary>One piece at a time: only when it is read is it known how much it takes.</summary>
    private void GivePieces()
    {
        while (!_isPieceUnderWay && _piecesAsked.Count > 0 && _throttle.MayGive(Now))
        {
            (ushort sender, Shard shard, LogIndex index, long offset) = _piecesAsked[0];
            _piecesAsked.RemoveAt(0);
            if (OutputTo(sender) is null)
            {
                continue; // gone since; its next connection asks again
            }

            // A newer snapshot than the one that was begun: from its beginning.
            long from = index == shard.SnapshotIndex ? offset : 0;
            _isPieceUnderWay = true;
            _snapshotWork.Enqueue(new SnapshotPieceRead(
                shard.Id, shard.SnapshotIndex, shard.SnapshotStamp, from, Settings.SnapshotSliceBytes, sender));
        }
    }

    private void SendPiece(SnapshotPieceRead piece)
    {
        if (piece.TotalBytes == 0 || OutputTo(piece.Reader) is not { } connection)
        {
            return;
        }

        _throttle.Charge(piece.Bytes.Length, Now);
        ByteWriter writer = connection.Output.Begin(WireKind.SnapshotPiece);
        writer.WriteUInt32(piece.Shard);
        writer.WriteUInt64(piece.Index.Value);
        writer.WriteInt64(piece.Offset);
        writer.WriteInt64(piece.TotalBytes);
        writer.WriteBytes(piece.Bytes);
        connection.Output.End();
        connection.MarkDirty();
    }

    /// <summary>Whether somebody is fetching a shard's snapshot, and there is still room to let it finish.</summary>
    private bool IsWorthKeeping(Shard shard) => shard.SnapshotAskedAt is { } asked
        && Now - asked < s_fetchPatience * 2
        && shard.BytesSinceSnapshot / KeptSnapshotDistances < Settings.SnapshotEveryBytes;

    private readonly record struct PieceRequest(ushort Sender, Shard Shard, LogIndex Index, long Offset);
}
