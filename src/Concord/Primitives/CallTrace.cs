using System.Diagnostics;

namespace Concord.Primitives;

/// <summary>One call of a user: an activity and a duration. Costs two timestamps when nobody listens.</summary>
internal readonly struct CallTrace
{
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly string _call;
    private readonly Activity? _activity;

    private CallTrace(TimeProvider time, string call, string? name)
    {
        _time = time;
        _call = call;
        _started = time.GetTimestamp();
        _activity = Instruments.Activities.StartActivity(call, ActivityKind.Client);
        if (name is not null)
        {
            _activity?.SetTag("concord.name", name);
        }
    }

    /// <summary>Begins a call. Names of objects go into the activity only: as a metric's tag they would be without
    /// bound.</summary>
    public static CallTrace Start(TimeProvider time, string call, string? name = null) => new(time, call, name);

    /// <summary>Ends it; with the kind of error, if it failed.</summary>
    public void End(string? error = null)
    {
        if (Instruments.CallDuration.Enabled)
        {
            double seconds = _time.GetElapsedTime(_started).TotalSeconds;
            var call = new KeyValuePair<string, object?>("concord.call", _call);
            if (error is null)
            {
                Instruments.CallDuration.Record(seconds, call);
            }
            else
            {
                Instruments.CallDuration.Record(seconds, call, new KeyValuePair<string, object?>("error.type", error));
            }
        }

        if (error is not null)
        {
            _activity?.SetStatus(ActivityStatusCode.Error, error);
            _activity?.SetTag("error.type", error);
        }

        _activity?.Dispose();
    }

    /// <summary>Our codes where there is one, else the name of the type.</summary>
    public void Fail(Exception exception) =>
        End(exception is ConcordException { ErrorCode.Length: > 0 } known ? known.ErrorCode : exception.GetType().Name);
}
