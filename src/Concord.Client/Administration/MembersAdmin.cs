using System.Text.Json;
using Concord.Client.Connections;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Client.Administration;

/// <summary>The cluster does not want the change; the message says why.</summary>
internal sealed class MembersRefusedException(string sentence) : Exception(sentence);

/// <summary>Asks about members, and for changes of them. Whom to ask it finds out by itself.</summary>
/// <param name="dialer">Makes connections.</param>
/// <param name="time">The clock between two attempts.</param>
internal sealed class MembersAdmin(IDialer dialer, TimeProvider time)
{
    private static readonly TimeSpan s_attemptLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_retryDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>What one node knows.</summary>
    /// <exception cref="EngineUnavailableException">It does not answer.</exception>
    public async Task<MembersView> ViewAsync(string address, CancellationToken cancellationToken)
    {
        AdminReply reply = await AskAsync(address, new() { Action = MembersRequest.View }, cancellationToken)
            .ConfigureAwait(false);
        return Parse(reply.Payload, AdministrationJson.Default.MembersView, address);
    }

    /// <summary>Asks the leader that decides, until it has.</summary>
    /// <param name="addresses">Nodes of the cluster; one that answers is enough.</param>
    /// <param name="request">The wish.</param>
    /// <param name="patience">How long to look for a leader.</param>
    /// <param name="cancellationToken">Stops waiting; the change may have been made.</param>
    /// <exception cref="MembersRefusedException">It was refused.</exception>
    /// <exception cref="EngineUnavailableException">No leader answered; asking again does no harm.</exception>
    public async Task<MembersAnswer> ChangeAsync(
        IReadOnlyList<string> addresses, MembersRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        string failure = "no address was given";
        do
        {
            try
            {
                (string? leader, failure) = await FindLeaderAsync(addresses, request.Shard, cancellationToken)
                    .ConfigureAwait(false);
                if (leader is not null)
                {
                    AdminReply reply = await AskAsync(leader, request, cancellationToken).ConfigureAwait(false);
                    if (reply is { Status: ReplyStatus.Answered, Answer: AnswerStatus.Done })
                    {
                        return Parse(reply.Payload, AdministrationJson.Default.MembersAnswer, leader);
                    }

                    if (reply.Status is ReplyStatus.Answered or ReplyStatus.Malformed)
                    {
                        throw new MembersRefusedException(System.Text.Encoding.UTF8.GetString(reply.Payload));
                    }

                    failure = reply.Payload.Length > 0
                        ? System.Text.Encoding.UTF8.GetString(reply.Payload)
                        : $"{leader} answered {reply.Status}";
                }
            }
            catch (EngineUnavailableException error)
            {
                failure = error.Message.TrimEnd('.');
            }

            await Task.Delay(s_retryDelay, time, cancellationToken).ConfigureAwait(false);
        }
        while (time.GetElapsedTime(began) < patience);

        throw EngineErrors.Unavailable(
            $"No leader took the request within {patience.TotalSeconds:0} seconds; last: {failure}. "
            + "Start the nodes or correct the addresses, then repeat it: asking twice does no harm.");
    }

    private async Task<(string? Leader, string Failure)> FindLeaderAsync(
        IReadOnlyList<string> addresses, int shard, CancellationToken cancellationToken)
    {
        string failure = "no address was given";
        foreach (string address in addresses)
        {
            try
            {
                MembersView view = await ViewAsync(address, cancellationToken).ConfigureAwait(false);
                int known = shard >= 0 && shard < view.Shards.Count ? shard : 0;
                int leader = view.Shards[known].Leader;
                if (view.Nodes.FirstOrDefault(node => node.Node == leader) is { } found)
                {
                    return (found.Address, "");
                }

                failure = $"{address} knows no leader of shard {shard}";
            }
            catch (EngineUnavailableException error)
            {
                failure = error.Message.TrimEnd('.');
            }
        }

        return (null, failure);
    }

    private async Task<AdminReply> AskAsync(
        string address, MembersRequest request, CancellationToken cancellationToken)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(request, AdministrationJson.Default.MembersRequest);
        using CancellationTokenSource limit = new(s_attemptLimit, time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using AdminConnection connection = new(address, dialer);
            return await connection.AskAsync(
                WireKind.MembersRequest, writer => writer.WriteRaw(json), either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw EngineErrors.Unavailable($"The node at {address} does not answer.");
        }
        catch (Exception error) when (error is System.Net.Sockets.SocketException or MalformedDataException)
        {
            throw EngineErrors.Unavailable($"The node at {address} does not answer: {error.Message}", error);
        }
    }

    private static T Parse<T>(
        byte[] json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string address)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type)!;
        }
        catch (JsonException error)
        {
            throw EngineErrors.Unavailable(
                $"The node at {address} answered something else about members; is it of another version?", error);
        }
    }
}
