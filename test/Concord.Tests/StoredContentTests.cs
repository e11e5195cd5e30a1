using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Concord.Primitives;

namespace Concord.Tests;

/// <summary>What a reader of another type is told.</summary>
public sealed class StoredContentTests
{
    [Fact]
    public void Reading_as_another_type_says_of_what_and_why()
    {
        ReadOnlyMemory<byte> stored =
            StoredContent.Serialize("text", Json<string>(), "greeting", bytesMax: 100, "value");

        var refused = Assert.Throws<InvalidOperationException>(() =>
            StoredContent.Deserialize(stored, Json<int>(), "greeting"));

        Assert.Contains("'greeting' is no System.Int32", refused.Message, StringComparison.Ordinal);
        Assert.IsType<JsonException>(refused.InnerException);
    }

    private static JsonValueSerializer<T> Json<T>()
        where T : notnull => new((JsonTypeInfo<T>)JsonSerializerOptions.Web.GetTypeInfo(typeof(T)));
}
