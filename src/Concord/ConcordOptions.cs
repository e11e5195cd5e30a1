using System.Globalization;
using System.Text.Json;
using Concord.Engines;
using Concord.Operations.Holds;
using Microsoft.Extensions.Options;

namespace Concord;

/// <summary>What every engine shares. Set with <c>AddConcord(options => …)</c>, or with
/// <c>builder.Services.Configure&lt;ConcordOptions&gt;(…)</c>; validated on start.</summary>
public sealed class ConcordOptions
{
    /// <summary>Stands before every name, so that applications and environments can share an engine. Part of the stored
    /// format: with another namespace there are other values. At most 64 bytes of UTF-8; empty by default.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>Says to people which process holds something: to those who describe a lock or read a log. Machine and
    /// process by default. At most 128 bytes of UTF-8.</summary>
    public string ProcessName { get; set; } = string.Create(
        CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}");

    /// <summary>How long a session outlives the last sign of its process. 1 second to 1 hour; 10 seconds by
    /// default.</summary>
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The deadline of a call that brings none of its own. 1 millisecond to 1 day; 10 seconds by
    /// default.</summary>
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How values become JSON. Set <see cref="JsonSerializerOptions.TypeInfoResolver"/> to a source-generated
    /// context for trimming and AOT.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; set; } = new(JsonSerializerDefaults.Web);
}

/// <summary>Says on start what is wrong with the options, all of it at once.</summary>
internal sealed class ConcordOptionsValidator : IValidateOptions<ConcordOptions>
{
    public ValidateOptionsResult Validate(string? name, ConcordOptions options)
    {
        var failures = new List<string>();
        if (options.Namespace is null
            || options.Namespace.Contains('\0')
            || System.Text.Encoding.UTF8.GetByteCount(options.Namespace) > RecordKey.NamespaceBytesMax)
        {
            failures.Add(
                $"Namespace must be at most {RecordKey.NamespaceBytesMax} bytes of UTF-8 without a zero character.");
        }

        if (options.ProcessName is null
            || System.Text.Encoding.UTF8.GetByteCount(options.ProcessName) > HoldTerms.ProcessBytesMax)
        {
            failures.Add($"ProcessName must be at most {HoldTerms.ProcessBytesMax} bytes of UTF-8.");
        }

        if (options.SessionTimeout < TimeSpan.FromSeconds(1) || options.SessionTimeout > TimeSpan.FromHours(1))
        {
            failures.Add($"SessionTimeout is {options.SessionTimeout}; it must be 1 second to 1 hour.");
        }

        if (options.OperationTimeout < TimeSpan.FromMilliseconds(1) || options.OperationTimeout > TimeSpan.FromDays(1))
        {
            failures.Add($"OperationTimeout is {options.OperationTimeout}; it must be 1 millisecond to 1 day.");
        }

        if (options.JsonSerializerOptions is null)
        {
            failures.Add("JsonSerializerOptions must not be null.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
