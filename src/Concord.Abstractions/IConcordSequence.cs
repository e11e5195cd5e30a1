namespace Concord;

/// <summary>Unique, growing numbers, from 1 on. A number is given out once; where an answer was lost, there is a
/// gap.</summary>
public interface IConcordSequence
{
    /// <summary>The name it was got by.</summary>
    string Name { get; }

    /// <summary>The next number: greater than every one that was given out before this call began.</summary>
    /// <param name="cancellationToken">Stops waiting; a number may be lost.</param>
    /// <exception cref="OverflowException">There is none left in 64 bits.</exception>
    /// <exception cref="OutcomeUnknownException">Sent, not answered in time: a number may be lost. Call
    /// again.</exception>
    /// <exception cref="EngineUnavailableException">Not sent; nothing happened.</exception>
    /// <exception cref="EngineOverloadedException">Refused; nothing happened.</exception>
    ValueTask<long> NextAsync(CancellationToken cancellationToken = default);

    /// <summary>A block of numbers in one call: the cheap way to number many things.</summary>
    /// <param name="count">1 to 1,000,000,000.</param>
    /// <param name="cancellationToken">Stops waiting; a block may be lost.</param>
    /// <returns>The first of <paramref name="count"/> numbers that are this caller's.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Out of its bounds.</exception>
    /// <inheritdoc cref="NextAsync" path="/exception"/>
    ValueTask<long> ReserveAsync(int count, CancellationToken cancellationToken = default);
}
