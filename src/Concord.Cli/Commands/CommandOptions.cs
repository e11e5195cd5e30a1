using System.CommandLine;
using System.CommandLine.Parsing;
using Concord.Cluster.Node;

namespace Concord.Cli.Commands;

/// <summary>Options that mean the same wherever they occur.</summary>
internal static class CommandOptions
{
    public const string ProtocolName = "--protocol";

    private const int NameBytesMax = 512;

    /// <summary>Addresses separated by commas, spaces, or repeated options.</summary>
    public static Option<string[]> Addresses(string name, string description, bool isRequired = true) => new(name)
    {
        Description = description,
        HelpName = "HOST:PORT,…",
        Required = isRequired,
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = SplitAddresses,
    };

    /// <summary>Whose names are meant.</summary>
    public static Option<string> Namespace() => new("--namespace")
    {
        Description = "The Namespace that the application has in its options. Default: none.",
        HelpName = "NAMESPACE",
        DefaultValueFactory = static _ => "",
    };

    /// <summary>A number with a default and bounds.</summary>
    public static Option<int> Count(string name, int defaultValue, int min, int max, string description)
    {
        Option<int> option = new(name)
        {
            Description = $"{description} {min} to {max}.",
            HelpName = "N",
            DefaultValueFactory = _ => defaultValue,
        };
        option.Validators.Add(result =>
        {
            // What is no number at all, the parser says.
            int value = min;
            bool isNumber = result.Tokens is [Token token, ..] && int.TryParse(token.Value, out value);
            if (isNumber && (value < min || value > max))
            {
                result.AddError($"{name} must be between {min} and {max}.");
            }
        });
        return option;
    }

    /// <summary>How the nodes agree.</summary>
    public static Option<ReplicaProtocol?> Protocol(string description, ReplicaProtocol? defaultValue)
    {
        Option<ReplicaProtocol?> option = new(ProtocolName)
        {
            Description = description,
            HelpName = string.Join('|', ReplicaProtocol.All.Select(static protocol => protocol.Name)),
            CustomParser = static result => ReplicaProtocol.Find(result.Tokens[0].Value),
        };
        if (defaultValue is not null)
        {
            option.DefaultValueFactory = _ => defaultValue;
        }

        option.AcceptOnlyFromAmong([.. ReplicaProtocol.All.Select(static protocol => protocol.Name)]);
        return option;
    }

    /// <summary>How the nodes of a new cluster agree, Raft unless told.</summary>
    public static Option<ReplicaProtocol?> ProtocolOfNew() =>
        Protocol("How the nodes agree: by Raft or by Multi-Paxos.", ReplicaProtocol.Raft);

    public static Option<string> File(string name, string description) =>
        new(name) { Description = description, HelpName = "FILE" };

    private static string[] SplitAddresses(ArgumentResult result)
    {
        string[] addresses =
        [
            .. result.Tokens.SelectMany(token => token.Value.Split(
                ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)),
        ];
        foreach (string address in addresses)
        {
            if (!IsAddress(address))
            {
                result.AddError($"\"{address}\" is not an address; write HOST:PORT, for example 127.0.0.1:5001.");
            }
        }

        if (addresses.Length == 0)
        {
            result.AddError("At least one address is needed, for example 127.0.0.1:5001.");
        }

        return addresses;
    }

    private static bool IsAddress(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), out ushort port) && port > 0;
    }

    /// <summary>The name of a record, a lock, a queue.</summary>
    public static Argument<string> Name()
    {
        Argument<string> name = new("name") { Description = "1 to 512 bytes of UTF-8." };
        name.Validators.Add(result =>
        {
            int bytes = result.Tokens.Count == 0 ? 1 : System.Text.Encoding.UTF8.GetByteCount(result.Tokens[0].Value);
            if (bytes is 0 or > NameBytesMax)
            {
                result.AddError($"A name has 1 to {NameBytesMax} bytes of UTF-8.");
            }
        });
        return name;
    }
}
