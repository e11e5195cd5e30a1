using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Serialization;

namespace Guides;

/// <summary>A reading of the guide of values, and its context: the generator makes no nested ones.</summary>
public sealed record Reading(double Celsius);

[JsonSerializable(typeof(Reading))]
internal sealed partial class ReadingJson : JsonSerializerContext;

/// <summary>A service that somebody else has written to since it was read.</summary>
internal sealed class Answers412 : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        bool isStale = request.Headers.IfMatch.Contains(new EntityTagHeaderValue("\"1\""));
        var response = new HttpResponseMessage(
            isStale ? HttpStatusCode.PreconditionFailed : HttpStatusCode.OK);
        response.Headers.ETag = new EntityTagHeaderValue("\"1\"");
        return Task.FromResult(response);
    }
}
