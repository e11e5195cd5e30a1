using System.Buffers;
using System.Text;
using Concord.Conformance.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Conformance.Cases;

/// <summary>What the documentation of <see cref="IConcordSerializer{T}"/> promises.</summary>
public abstract class SerializerCases(Engine engine) : CaseBase(engine)
{
    private sealed record Order(int Number, string Of);

    [Fact]
    public async Task Objects_are_json_unless_somebody_says_otherwise()
    {
        IConcord process = await ConnectAsync();
        await process.GetValue<Order>("v").SetAsync(new(7, "anne"));
        await process.GetQueue<Order>("q").EnqueueAsync(new(8, "bert"));
        Assert.Equal(new(7, "anne"), (await process.GetValue<Order>("v").GetAsync()).Value);
        Assert.Equal(
            new(8, "bert"), (await process.GetQueue<Order>("q").TryReceiveAsync(TimeSpan.Zero))!.Message);
    }

    [Fact]
    public async Task What_another_format_wrote_is_an_error_and_not_another_value()
    {
        IConcord process = await ConnectAsync();
        await process.GetValue<string>("v", new Plain()).SetAsync("text");
        await process.GetQueue<string>("q", new Plain()).EnqueueAsync("text");

        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await process.GetValue<string>("v").GetAsync());
        IDelivery<string> delivery = (await process.GetQueue<string>("q").TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Throws<InvalidOperationException>(() => delivery.Message);
        await delivery.DeadLetterAsync("of another format");
        Assert.Equal("text", (await process.GetValue<string>("v", new Plain()).GetAsync()).Value);
        Assert.Equal(
            "text", (await process.GetQueue<string>("{q}.dead", new Plain()).TryReceiveAsync(TimeSpan.Zero))!.Message);
    }

    [Fact]
    public async Task What_was_written_as_another_type_is_an_error_and_can_be_dead_lettered()
    {
        IConcord process = await ConnectAsync();
        await process.GetValue<string>("v").SetAsync("text");
        await process.GetQueue<string>("q").EnqueueAsync("text");

        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await process.GetValue<Order>("v").GetAsync());
        IDelivery<Order> delivery = (await process.GetQueue<Order>("q").TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Throws<InvalidOperationException>(() => delivery.Message);
        await delivery.DeadLetterAsync("of another type");
        Assert.Equal("text", (await process.GetValue<string>("v").GetAsync()).Value);
    }

    [Fact]
    public async Task Json_is_as_the_options_say()
    {
        IConcord process = await ConnectAsync("process", static builder => builder.Services.Configure<ConcordOptions>(
            static options => options.JsonSerializerOptions = new()
            {
                PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseUpper,
            }));
        await process.GetValue<Order>("v").SetAsync(new(7, "anne"));
        Assert.Equal(
            "{\"NUMBER\":7,\"OF\":\"anne\"}",
            (await process.GetValue<string>("v", new Plain("application/json")).GetAsync()).Value);
    }

    [Fact]
    public async Task A_registered_serializer_is_that_of_all_values_of_its_type()
    {
        IConcord process = await ConnectAsync("process", static builder => builder.AddSerializer(new Plain()));
        await process.GetValue<string>("v").SetAsync("text");
        Assert.Equal("text", (await process.GetValue<string>("v", new Plain()).GetAsync()).Value);
    }

    private sealed class Plain(string contentType = "text/plain") : IConcordSerializer<string>
    {
        public string ContentType => contentType;

        public void Serialize(string value, IBufferWriter<byte> target) =>
            System.Text.Encoding.UTF8.GetBytes(value.AsSpan(), target);

        public string Deserialize(ReadOnlySequence<byte> source) => System.Text.Encoding.UTF8.GetString(source);
    }
}
