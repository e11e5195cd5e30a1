namespace Concord.Bench;

/// <summary>What is written everywhere.</summary>
internal static class Payload
{
    public const int Bytes = 256;

    /// <summary>Noise, the same in each run: nothing on the way can make it shorter or find zeros in it.</summary>
    public static byte[] Create()
    {
        byte[] payload = new byte[Bytes];
        new Random(Seed: 1).NextBytes(payload);
        return payload;
    }
}
