namespace Concord.Simulation.Shrinking;

/// <summary>Something that is so during a whole run, and can be left out.</summary>
/// <param name="Number">Its number among the decisions: 1 to 99, never given to another one.</param>
/// <param name="Holds">Whether the profile has it.</param>
/// <param name="LeaveOut">Changes the profile as if it had not drawn it.</param>
internal sealed record Condition<TProfile>(int Number, Func<TProfile, bool> Holds, Action<TProfile> LeaveOut)
{
    public void Apply(Decisions decisions, TProfile profile)
    {
        if (Holds(profile) && !decisions.Make(Number))
        {
            LeaveOut(profile);
        }
    }
}
