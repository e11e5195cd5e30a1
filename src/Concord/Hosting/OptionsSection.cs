using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Concord.Hosting;

/// <summary>Options from a section of the configuration. By hand: there are four, and a binder needs reflection or a
/// generator.</summary>
internal static class OptionsSection
{
    public static void Read(IConfigurationSection section, ConcordOptions options)
    {
        options.Namespace = section[nameof(options.Namespace)] ?? options.Namespace;
        options.ProcessName = section[nameof(options.ProcessName)] ?? options.ProcessName;
        options.SessionTimeout = Time(section, nameof(options.SessionTimeout)) ?? options.SessionTimeout;
        options.OperationTimeout = Time(section, nameof(options.OperationTimeout)) ?? options.OperationTimeout;
    }

    private static TimeSpan? Time(IConfigurationSection section, string name)
    {
        if (section[name] is not { } text)
        {
            return null;
        }

        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan time)
            ? time
            : throw new InvalidOperationException(
                $"'{section.Path}:{name}' is '{text}', which is no time. Write it as in 00:00:10.");
    }
}
