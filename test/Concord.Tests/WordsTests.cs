using System.Globalization;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Tests;

/// <summary>What users read is in the words of the public API.</summary>
public sealed class WordsTests
{
    [Fact]
    public void Every_operation_has_words_and_they_are_not_its_internal_name()
    {
        string unknown = OperationWords.Of((OperationCode)ushort.MaxValue);
        Assert.All(Enum.GetValues<OperationCode>(), code =>
        {
            Assert.NotEqual(unknown, OperationWords.Of(code));
            Assert.DoesNotContain(code.ToString(), OperationWords.Of(code).Split(' '));
        });
    }

    [Fact]
    public void A_fencing_token_prints_as_its_number_and_reads_back_in_every_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            var elsewhere = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            elsewhere.NumberFormat.NegativeSign = "\u2212";
            CultureInfo.CurrentCulture = elsewhere;
            var token = new FencingToken(-1234567);

            Assert.Equal("-1234567", $"{token}");
            Assert.Equal(token, new FencingToken(long.Parse(token.ToString(), CultureInfo.InvariantCulture)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
