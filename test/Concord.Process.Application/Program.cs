using Concord;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// What the guide shows first, and nothing else: AddConcord() alone, in the content root and the environment that are
// given. Each line that comes in is a message for a queue and a step of a counter; each answer is a line that goes out.
HostApplicationBuilder builder = Host.CreateApplicationBuilder(
    new HostApplicationBuilderSettings { ContentRootPath = args[0], EnvironmentName = args[1] });
builder.Services.AddConcord();
using IHost host = builder.Build();
await host.StartAsync();

IConcord concord = host.Services.GetRequiredService<IConcord>();
IConcordQueue<string> queue = concord.GetQueue<string>("lines");
Console.WriteLine("ready");
while (await Console.In.ReadLineAsync() is { } line)
{
    await queue.EnqueueAsync(line);
    long count = await concord.GetCounter("lines").AddAsync(1);
    Console.WriteLine($"{line}: {count} lines, {(await queue.DescribeAsync()).Ready} in the queue");
}

await host.StopAsync();
