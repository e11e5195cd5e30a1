using Concord.Cli.Connections;

namespace Concord.Cli.Commands;

/// <summary>What every command is given.</summary>
/// <param name="Access">The way to a cluster.</param>
/// <param name="Terminal">Where people read.</param>
/// <param name="Time">The clock.</param>
internal sealed record CommandContext(IClusterAccess Access, Terminal Terminal, TimeProvider Time);
