using System.Text;
using Concord.Cli;
using Concord.Cli.Commands;
using Concord.Cli.Connections;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using TerminationSignals signals = new(args);
CommandContext context = new(new ClusterAccess(), Terminal.OfThisProcess(), TimeProvider.System);
return await CommandLine.RunAsync(context, args, signals.Token);
