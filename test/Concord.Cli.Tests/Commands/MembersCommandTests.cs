using Concord.Cli.Commands;
using Concord.Cli.Tests.Fakes;
using Concord.Client.Administration;
using Spectre.Console;

namespace Concord.Cli.Tests.Commands;

public sealed class MembersCommandTests : IDisposable
{
    private const string Servers = "--servers 127.0.0.1:5001";

    private readonly FakeAccess _access = new(new FakeConcord());
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();
    private readonly List<MembersRequest> _requests = [];

    public MembersCommandTests() => _access.FakeAdmin.Changed = request =>
    {
        _requests.Add(request);
        return new() { Node = request.Node == 0 ? 2 : request.Node, Version = 1 };
    };

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task The_list_shows_who_holds_what_and_what_is_waited_for()
    {
        Show(View(MemberView.Member, MemberView.Leaving, "node 3 must catch up first"));

        Assert.Equal(0, await RunAsync($"members list {Servers}"));
        Assert.Contains("127.0.0.1:5002", _out.ToString(), StringComparison.Ordinal);
        Assert.Contains("leaving", _out.ToString(), StringComparison.Ordinal);
        Assert.Contains("not connected", _out.ToString(), StringComparison.Ordinal);
        Assert.Contains("node 3 must catch up first", _out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_as_json_is_one_object()
    {
        Show(View(MemberView.Member, MemberView.Member));

        Assert.Equal(0, await RunAsync($"members list {Servers} --json"));
        Assert.StartsWith("{\"clusterId\":\"c\",\"version\":1,", _out.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("}\n", _out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Adding_says_how_to_start_the_node_and_waits_until_its_shards_are_there()
    {
        Show(
            View(MemberView.Member, MemberView.Expected),
            View(MemberView.Member, MemberView.Member, "node 2 must catch up first"),
            View(MemberView.Member, MemberView.Member));

        Assert.Equal(0, await RunAsync($"members add 127.0.0.1:5002 {Servers}"));

        MembersRequest request = Assert.Single(_requests);
        Assert.Equal((MembersRequest.Add, "127.0.0.1:5002"), (request.Action, request.Address));
        string[] lines = _out.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Contains(
            "serve --node-address 127.0.0.1:5002 --join 127.0.0.1:5001", lines[0], StringComparison.Ordinal);
        Assert.Equal(
            "0 of 1 shards are where they shall be; shard 0: node 2 must catch up first.", lines[1]);
        Assert.Equal("Done: node 2 at 127.0.0.1:5002 is a member.", lines[2]);
    }

    [Fact]
    public async Task Removing_ends_when_the_node_is_removed()
    {
        Show(View(MemberView.Member, MemberView.Leaving), View(MemberView.Member, MemberView.Removed));

        Assert.Equal(0, await RunAsync($"members remove 2 {Servers} --json"));

        Assert.Equal((MembersRequest.Remove, 2), (_requests[0].Action, _requests[0].Node));
        Assert.StartsWith(
            "{\"node\":2,\"state\":\"removed\",\"wasDone\":false,", _out.ToString(), StringComparison.Ordinal);
        Assert.Contains("holds nothing any more", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_its_sentence_and_exit_code_1()
    {
        _access.FakeAdmin.Changed = static _ =>
            throw new MembersRefusedException("Node 2 cannot go now. Nothing was changed.");
        Show(View(MemberView.Member, MemberView.Member));

        Assert.Equal(1, await RunAsync($"members replace 2 127.0.0.1:5003 {Servers}"));
        Assert.Equal("Node 2 cannot go now. Nothing was changed.\n", _error.ToString());
    }

    [Fact]
    public async Task What_is_not_done_in_time_is_exit_code_1_and_says_that_it_goes_on()
    {
        Show(View(MemberView.Member, MemberView.Leaving, "no word from node 3, which is to hold it"));

        Assert.Equal(1, await RunAsync($"members remove 2 --timeout 1 {Servers}"));
        Assert.Contains("Not done within 1 seconds", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("no word from node 3", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("goes on without this command", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hand_over_ends_when_the_other_leads()
    {
        MembersView before = View(MemberView.Member, MemberView.Member);
        Show(before, before with { Shards = [before.Shards[0] with { Leader = 2 }] });

        Assert.Equal(0, await RunAsync($"members transfer --from 1 {Servers} --json"));
        Assert.StartsWith("[{\"shard\":0,\"from\":1,\"to\":2,", _out.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("members remove 0", 2, "A node has a number")]
    [InlineData("members remove", 2, "argument missing")]
    [InlineData("members transfer", 2, "Say what to hand over")]
    [InlineData("members transfer --shard 9", 1, "There is no shard 9")]
    [InlineData("serve --node-address 127.0.0.1:1 --data x", 2, "either --members")]
    public async Task A_wrong_command_is_one_sentence(string arguments, int code, string sentence)
    {
        Show(View(MemberView.Member, MemberView.Member));
        string servers = arguments.StartsWith("serve", StringComparison.Ordinal) ? "" : Servers;

        Assert.Equal(code, await RunAsync($"{arguments} {servers}"));
        Assert.Contains(sentence, _error.ToString(), StringComparison.Ordinal);
        Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static MembersView View(string first, string second, string waiting = "") => new()
    {
        ClusterId = "c",
        Version = 1,
        AnsweredBy = 1,
        Nodes =
        [
            new() { Node = 1, Address = "127.0.0.1:5001", State = first, SilentMilliseconds = 0 },
            new() { Node = 2, Address = "127.0.0.1:5002", State = second, SilentMilliseconds = null },
        ],
        Shards =
        [
            new()
            {
                Shard = 0,
                Leader = 1,
                Voters = [1],
                Learners = [],
                Wanted = [1, 2],
                IsSettled = waiting.Length == 0,
                Waiting = waiting,
            },
        ],
    };

    private void Show(params MembersView[] views) => views.ToList().ForEach(_access.FakeAdmin.Views.Enqueue);

    private async Task<int> RunAsync(string arguments)
    {
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_out), Interactive = InteractionSupport.No });
        console.Profile.Width = 300;
        CommandContext context = new(_access, new Terminal(console, _error), TimeProvider.System);
        return await CommandLine.RunAsync(
            context,
            arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            TestContext.Current.CancellationToken);
    }
}
