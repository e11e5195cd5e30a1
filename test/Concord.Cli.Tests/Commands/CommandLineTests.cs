using Concord.Cli.Commands;
using Concord.Cli.Tests.Fakes;
using Spectre.Console;

namespace Concord.Cli.Tests.Commands;

public sealed class CommandLineTests : IDisposable
{
    private const string Servers = "--servers 127.0.0.1:5001,127.0.0.1:5002";

    private readonly FakeConcord _concord = new();
    private readonly FakeAccess _access;
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    public CommandLineTests() => _access = new FakeAccess(_concord);

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task A_value_can_be_put_read_and_deleted()
    {
        Assert.Equal(0, await RunAsync($"put greeting hello {Servers}"));
        Assert.Equal(0, await RunAsync($"get greeting {Servers}"));
        Assert.Equal(0, await RunAsync($"delete greeting {Servers}"));
        Assert.Equal(1, await RunAsync($"delete greeting {Servers}"));

        Assert.Equal("Revision 1.\nhello\nDeleted.\nIt did not exist.\n", _out.ToString());
    }

    [Fact]
    public async Task A_value_that_is_not_there_is_exit_code_1()
    {
        Assert.Equal(1, await RunAsync($"get greeting {Servers}"));
        Assert.Equal("There is no value named greeting.\n", _error.ToString());
    }

    [Fact]
    public async Task A_counter_can_be_added_to_and_read()
    {
        Assert.Equal(0, await RunAsync($"add visits 5 {Servers}"));
        Assert.Equal(0, await RunAsync($"add {Servers} -- visits -2"));
        Assert.Equal(0, await RunAsync($"get visits --counter {Servers} --json"));

        Assert.Equal("5\n3\n{\"name\":\"visits\",\"value\":3}\n", _out.ToString());
    }

    [Fact]
    public async Task A_counter_that_would_overflow_is_exit_code_1()
    {
        await RunAsync($"add visits 9223372036854775807 {Servers}");

        Assert.Equal(1, await RunAsync($"add visits 1 {Servers}"));
        Assert.Contains("nothing changed", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_of_a_long_value_is_one_line()
    {
        string value = new('x', 3_000);
        await RunAsync($"put long {value} {Servers}");
        _out.GetStringBuilder().Clear();

        await RunAsync($"get long {Servers} --json");

        Assert.Equal($"{{\"name\":\"long\",\"value\":\"{value}\",\"revision\":1}}\n", _out.ToString());
    }

    [Fact]
    public async Task Status_shows_who_answers_and_who_does_not()
    {
        _access.FakeAdmin.Nodes["127.0.0.1:5001"] = FakeAdmin.Node(1, FakeAdmin.Shard(0, "Leader", 7));

        Assert.Equal(1, await RunAsync($"status {Servers}"));
        Assert.Contains("Leader", _out.ToString(), StringComparison.Ordinal);
        Assert.Contains("no answer", _out.ToString(), StringComparison.Ordinal);

        Assert.Equal(0, await RunAsync("status --servers 127.0.0.1:5001 --json"));
        Assert.Contains("[{\"node\":1,\"address\":\"127.0.0.1:5001\"", _out.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "Required command")]
    [InlineData("nonsense", "nonsense")]
    [InlineData("get a --servers nonsense", "not an address")]
    [InlineData("get a --servers 127.0.0.1:0", "not an address")]
    [InlineData("get a", "--servers")]
    [InlineData("demo orders --nodes 0", "--nodes must be between 1 and 9")]
    [InlineData("demo orders --nodes many", "many")]
    [InlineData("demo orders --clients 0", "--clients must be between 1 and")]
    [InlineData("bench put --seconds 0", "--seconds must be between 1 and")]
    [InlineData("bench put --pairs 4", "--pairs must be between 5 and")]
    [InlineData("bench put --against nobody", "nobody")]
    [InlineData("bench put --against etcd --value-bytes 15001", "values of at most 15000 bytes")]
    [InlineData("bench consensus --groups 0", "--groups must be between 1 and")]
    [InlineData("bench transfer --nodes 2", "--nodes must be between 3 and")]
    [InlineData("bench transfer --rounds 0", "--rounds must be between 1 and")]
    [InlineData("bench failover --election-timeout 99", "--election-timeout must be between 100 and")]
    [InlineData("bench pauses --rate 0", "--rate must be between 1 and")]
    [InlineData("bench pauses --keys none", "none")]
    public async Task A_wrong_command_line_is_one_sentence_and_exit_code_2(string arguments, string sentence)
    {
        Assert.Equal(2, await RunAsync(arguments));
        Assert.Contains(
            sentence,
            Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
        Assert.Empty(_out.ToString());
    }

    [Fact]
    public async Task A_node_that_cannot_start_is_one_sentence_and_exit_code_2()
    {
        Assert.Equal(2, await RunAsync("serve --node-address 127.0.0.1:5001 --members 127.0.0.1:5001 --data /tmp/x"));
        Assert.Equal("The address 127.0.0.1:5001 is in use.\n", _error.ToString());
    }

    [Theory]
    [InlineData("--orders", "orders file")]
    [InlineData("--initial", "initial state")]
    public async Task A_demo_without_its_files_is_exit_code_2(string option, string what)
    {
        Assert.Equal(2, await RunAsync($"demo orders {option} /no/such/file"));
        Assert.Contains($"The {what} /no/such/file cannot be read", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("serve --help")]
    [InlineData("status --help")]
    [InlineData("get --help")]
    [InlineData("put --help")]
    [InlineData("add --help")]
    [InlineData("delete --help")]
    [InlineData("demo --help")]
    [InlineData("demo orders --help")]
    [InlineData("members --help")]
    [InlineData("members list --help")]
    [InlineData("members add --help")]
    [InlineData("members remove --help")]
    [InlineData("members replace --help")]
    [InlineData("members transfer --help")]
    [InlineData("bench --help")]
    [InlineData("bench put --help")]
    [InlineData("bench consensus --help")]
    [InlineData("bench transfer --help")]
    [InlineData("bench failover --help")]
    [InlineData("bench pauses --help")]
    public async Task Help_has_examples_and_exit_codes(string arguments)
    {
        Assert.Equal(0, await RunAsync(arguments));
        Assert.Contains("Examples:", _out.ToString(), StringComparison.Ordinal);
        Assert.Contains("Exit codes:", _out.ToString(), StringComparison.Ordinal);
        Assert.Contains("Description:", _out.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("bench-pace", _out.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("bench-load", _out.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("stop-with-input", _out.ToString(), StringComparison.Ordinal);
    }

    private async Task<int> RunAsync(string arguments)
    {
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_out), Interactive = InteractionSupport.No });
        console.Profile.Width = 200;
        CommandContext context = new(_access, new Terminal(console, _error), TimeProvider.System);
        return await CommandLine.RunAsync(
            context,
            arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            TestContext.Current.CancellationToken);
    }
}
