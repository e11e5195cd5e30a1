using System.Globalization;
using System.Runtime.CompilerServices;

namespace Concord.Simulation.Consensus;

/// <summary>A message that is built only when the rule is broken: the rules run at every step.</summary>
[InterpolatedStringHandler]
internal ref struct RuleText
{
    private DefaultInterpolatedStringHandler _text;

    public RuleText(int literalLength, int formattedCount, bool holds, out bool wanted)
    {
        wanted = !holds;
        _text = wanted ? new(literalLength, formattedCount, CultureInfo.InvariantCulture) : default;
    }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public string ToStringAndClear() => _text.ToStringAndClear();
}
