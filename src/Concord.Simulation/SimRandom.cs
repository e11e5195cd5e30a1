using System.Numerics;

namespace Concord.Simulation;

/// <summary>
/// Random numbers from a seed, the same on every machine (xoshiro256**). Each concern of a simulation draws from a
/// fork of its own, so that one more draw for a fault does not shift the workload.
/// </summary>
internal sealed class SimRandom
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    public SimRandom(ulong seed)
    {
        Seed = seed;
        ulong state = seed;
        (_a, _b, _c, _d) = (Split(ref state), Split(ref state), Split(ref state), Split(ref state));
    }

    public ulong Seed { get; }

    /// <summary>A stream of its own, named by <paramref name="label"/>: does not depend on what was drawn here
    /// before.</summary>
    public SimRandom Fork(string label)
    {
        // FNV-1a: string.GetHashCode differs between processes.
        ulong hash = 14695981039346656037;
        foreach (char letter in label)
        {
            hash = (hash ^ letter) * 1099511628211;
        }

        return Fork(hash);
    }

    /// <summary>A stream of its own, named by a number.</summary>
    public SimRandom Fork(ulong label)
    {
        ulong state = Seed ^ BitOperations.RotateLeft(label * 0x9E3779B97F4A7C15, 23);
        return new(Split(ref state));
    }

    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        ulong shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>A number from 0 to <paramref name="bound"/> - 1.</summary>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(Next(), (ulong)bound, out _);
    }

    /// <summary>A number from <paramref name="low"/> to <paramref name="high"/> - 1.</summary>
    public int Next(int low, int high) => low + Next(high - low);

    /// <summary>From 0 to just below 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True with the given probability.</summary>
    public bool Chance(double probability) => NextDouble() < probability;

    public void Fill(Span<byte> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = (byte)(Next() >> 32);
        }
    }

    // SplitMix64, which turns any seed, zero too, into a good state.
    private static ulong Split(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong mixed = state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
