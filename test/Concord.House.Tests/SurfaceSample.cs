using System.Diagnostics.CodeAnalysis;

namespace Concord.House;

/// <summary>What <see cref="SurfaceTests"/> prints, to hold the printer itself.</summary>
public abstract class SurfaceSample : IDisposable
{
    public const int Limit = 3;

    [Flags]
    public enum Level : byte
    {
        None = 0,
        One = 1,
    }

    public string? Name { get; init; }

    public required IReadOnlyList<string?> Names { get; set; }

    protected abstract void OnChanged(ref int value, in long other, out string text);

    [Experimental("CNC0000")]
    public static T? Pick<T>(T[] from, int? at = null, string text = "x", CancellationToken cancellationToken = default)
        where T : class, new() =>
            from.Length == 0 || at is null || cancellationToken.IsCancellationRequested ? null : from[text.Length];

    public static T Most<T>(IEnumerable<T> of)
        where T : IComparable<T> => of.Max()!;

    public void Dispose() => GC.SuppressFinalize(this);

    internal void Hidden() => Dispose();

    public readonly record struct Pair<T>(T First, params string[] Rest)
        where T : notnull;

    internal const string Printed =
        """
        abstract class Concord.House.SurfaceSample : System.IDisposable
            [Experimental("CNC0000")] static T? Pick<T>(T[] from, int? at = null, string text = "x", System.Threading.CancellationToken cancellationToken = default) where T : class, new()
            const int Limit = 3
            protected SurfaceSample()
            protected abstract void OnChanged(ref int value, in long other, out string text)
            required System.Collections.Generic.IReadOnlyList<string?> Names { get; set; }
            static T Most<T>(System.Collections.Generic.IEnumerable<T> of) where T : System.IComparable<T>
            string? Name { get; init; }
            void Dispose()

        [Flags]
        enum Concord.House.SurfaceSample.Level : byte
            None = 0
            One = 1

        readonly record struct Concord.House.SurfaceSample.Pair<T> where T : notnull
            Pair(T First, params string[] Rest)
            T First { get; init; }
            string[] Rest { get; init; }

        """;
}
