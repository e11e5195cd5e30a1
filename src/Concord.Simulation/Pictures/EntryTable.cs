using System.Text.Json;
using Concord.Consensus;

namespace Concord.Simulation.Pictures;

/// <summary>Says what is in an entry, in a few letters.</summary>
internal delegate string EntryWords(ReadOnlySpan<byte> payload);

/// <summary>Every entry that stood in any log, once. Number 0 is one that only a snapshot knows, and
/// <see cref="Hole"/> a place in which nothing was accepted yet.</summary>
internal sealed class EntryTable
{
    public const int Hole = -1;

    private readonly EntryWords _words;
    private readonly TextTable _texts;
    private readonly Columns _rows = new("term", "origin", "text");
    private readonly Dictionary<(int Group, LogIndex Index, Stamp Stamp, Stamp Origin), int> _ids = [];

    public EntryTable(EntryWords words, TextTable texts)
    {
        (_words, _texts) = (words, texts);
        _rows.Add(0, 0, texts.Find("covered by a snapshot"));
    }

    public int Find(int group, LogIndex index, LogBuffer log)
    {
        if (!log.Has(index))
        {
            return Hole;
        }

        (Stamp stamp, Stamp origin) = (log.StampAt(index), log.OriginAt(index));
        if (!_ids.TryGetValue((group, index, stamp, origin), out int id))
        {
            bool isCommand = log.KindAt(index) == EntryKind.Command;
            string text = isCommand ? _words(log.PayloadAt(index)) : log.KindAt(index) == EntryKind.NoOp ? "∅" : "·";
            id = _rows.Add(StampNumber.Of(stamp), StampNumber.Of(origin), _texts.Find(text));
            _ids.Add((group, index, stamp, origin), id);
        }

        return id;
    }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("entries");
        _rows.Write(writer);
        writer.WriteEndObject();
    }
}
