namespace Concord.Simulation.Checking;

/// <summary>
/// One search for an order. It goes along the timeline: whatever is called before the first return that is left may
/// come next. Where a return is met first, the last choice was wrong, and is taken back.
/// </summary>
internal sealed class OrderSearch<TOperation, TState>
{
    private const int ShownOfOrder = 8;

    private readonly IReadOnlyList<TimedOperation<TOperation>> _history;
    private readonly IHistoryModel<TOperation, TState> _model;
    private readonly SearchBudget _budget;
    private readonly SearchTimeline _timeline;
    private readonly SearchMemo<TState> _memo;
    private readonly int[] _numbers;
    private readonly List<Choice> _chosen = [];
    private int[] _longest = [];
    private int _stopsAt = -1;
    private int _knownLeft;
    private long _steps;
    private TState _state;

    public OrderSearch(
        IReadOnlyList<TimedOperation<TOperation>> history,
        IHistoryModel<TOperation, TState> model,
        SearchBudget budget)
    {
        (_history, _model, _budget, _state) = (history, model, budget, model.Initial);
        foreach (TimedOperation<TOperation> each in history)
        {
            if (each.Returned < each.Invoked)
            {
                throw new ArgumentException($"{each} returned before it began.", nameof(history));
            }
        }

        _timeline = new(history.Count, i => history[i].Invoked, i => history[i].Returned);
        _numbers = new int[history.Count];
        int unknown = 0;
        foreach (int i in Enumerable.Range(0, history.Count).OrderBy(i => history[i].Invoked))
        {
            _numbers[i] = history[i].IsKnown ? _knownLeft++ : unknown++;
        }

        _memo = new(_knownLeft, unknown);
    }

    public SearchOutcome Run()
    {
        for (int entry = _timeline.First; _knownLeft > 0;)
        {
            if (!_timeline.IsEnd(entry) && SearchTimeline.IsCall(entry))
            {
                if (_steps++ >= _budget.StepsMax || _memo.WordsHeld >= _budget.WordsMax)
                {
                    return Ended(CheckVerdict.Unknown, $"the search was given up after {_steps} steps", null);
                }

                entry = TryChoose(SearchTimeline.OperationOf(entry)) ? _timeline.First : _timeline.After(entry);
            }
            else
            {
                NoteStop(SearchTimeline.OperationOf(entry));
                if (!TryTakeBack(out int last))
                {
                    return Ended(CheckVerdict.Illegal, Explain(), _stopsAt);
                }

                entry = _timeline.After(SearchTimeline.CallOf(last));
            }
        }

        _longest = [.. _chosen.Select(static choice => choice.Operation)];
        return Ended(CheckVerdict.Legal, "", null);
    }

    private bool TryChoose(int operation)
    {
        bool isKnown = _timeline.Returns[operation];
        if (!_model.TryApply(_state, _history[operation].Operation, isKnown, out TState next))
        {
            return false;
        }

        // What never happened is as good as what changed nothing, and may happen yet.
        if (!isKnown && EqualityComparer<TState>.Default.Equals(_state, next))
        {
            return false;
        }

        // What never changes anything and is right here may as well come here: wherever else it could come, no other
        // operation would see a difference. So there is no choice to take back, nor anything to remember.
        bool isFree = isKnown && _model.IsPassive(_history[operation].Operation);

        _memo.Include(_numbers[operation], isKnown);
        if (!isFree && !_memo.Add(next))
        {
            _memo.Exclude(_numbers[operation], isKnown);
            return false;
        }

        _chosen.Add(new(operation, _state, isFree));
        _state = next;
        _knownLeft -= isKnown ? 1 : 0;
        _timeline.Lift(operation);
        return true;
    }

    private bool TryTakeBack(out int operation)
    {
        operation = -1;
        while (_chosen.Count > 0)
        {
            Choice last = _chosen[^1];
            _chosen.RemoveAt(_chosen.Count - 1);
            operation = last.Operation;
            bool isKnown = _timeline.Returns[operation];
            _state = last.Before;
            _knownLeft += isKnown ? 1 : 0;
            _memo.Exclude(_numbers[operation], isKnown);
            _timeline.PutBack(operation);
            if (!last.IsFree)
            {
                return true;
            }
        }

        return false;
    }

    private void NoteStop(int operation)
    {
        if (_chosen.Count > _longest.Length || _stopsAt < 0)
        {
            _longest = [.. _chosen.Select(static choice => choice.Operation)];
            _stopsAt = operation;
        }
    }

    private SearchOutcome Ended(CheckVerdict verdict, string reason, int? stopsAt) =>
        new(verdict, reason, _longest, stopsAt, _steps);

    private string Explain()
    {
        IEnumerable<string> last = _longest.TakeLast(ShownOfOrder).Select(Text);
        string before = _longest.Length > ShownOfOrder ? "… " : "";
        string order = _longest.Length == 0 ? "nothing" : before + string.Join("; ", last);
        return $"no order explains the {_history.Count} operations. The longest beginning of one has "
            + $"{_longest.Length} ({order}) and does not reach {Text(_stopsAt)} before that has returned";
    }

    private string Text(int operation)
    {
        TimedOperation<TOperation> each = _history[operation];
        string until = each.IsKnown ? $"{each.Returned}" : "unknown";
        return $"{each.Operation} [{each.Invoked}, {until}]";
    }

    private readonly record struct Choice(int Operation, TState Before, bool IsFree);
}
