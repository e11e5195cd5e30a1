using System.Threading.Channels;

namespace Concord.Samples;

/// <summary>What a sample tells: with a temporary folder, and an exit code that says whether it came out as it
/// should.</summary>
internal static class Story
{
    public static async Task<int> TellAsync(Func<string, Channel<Told>, Task> tell)
    {
        string folder = Directory.CreateTempSubdirectory("concord-sample-").FullName;
        try
        {
            await tell(folder, Channel.CreateUnbounded<Told>());
            Console.WriteLine("It came out as it should.");
            return 0;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Console.WriteLine($"It did not come out as it should: {exception.Message}");
            return 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A step, for the reader.</summary>
    public static void Step(string text) => Console.WriteLine(text);

    /// <exception cref="InvalidOperationException">It is not so.</exception>
    public static void Check(bool isSo, string what)
    {
        if (!isSo)
        {
            throw new InvalidOperationException(what);
        }
    }
}
