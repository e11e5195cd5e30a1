using System.Text.Json;

namespace Concord.Simulation.Pictures;

/// <content>The data of the page.</content>
internal sealed partial class PictureRecorder
{
    public byte[] ToJson(PictureTitle title)
    {
        EndCut(title.End);
        foreach (int lane in _down.Keys.Order().ToArray())
        {
            Up(lane, title.End);
        }

        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            WriteTitle(writer, title);
            WriteStrings(writer, "kinds", _kinds);
            _entries.Write(writer);
            writer.WriteStartArray("tracks");
            foreach (ReplicaTrack track in _tracks.Values)
            {
                track.Write(writer);
            }

            writer.WriteEndArray();
            WriteColumns(writer, "messages", _messages);
            WriteColumns(writer, "operations", _operations);
            WriteColumns(writer, "spans", _spans);
            WriteColumns(writer, "marks", _marks);
            WriteColumns(writer, "promises", _promises);
            WriteCuts(writer);
            WriteSteps(writer);
            _texts.Write(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteTitle(Utf8JsonWriter writer, PictureTitle title)
    {
        writer.WriteStartObject("title");
        writer.WriteString("title", title.Title);
        writer.WriteString("lead", title.Lead);
        writer.WriteString("command", title.Command);
        writer.WriteString("rule", title.Rule);
        writer.WriteString("detail", title.Detail);
        writer.WriteNumber("end", title.End);
        writer.WriteNumber("clients", title.Clients);
        WriteStrings(writer, "lanes", title.Lanes);
        WriteStrings(writer, "groups", title.Groups);
        writer.WriteStartArray("settings");
        foreach ((string name, string value) in title.Settings)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(name);
            writer.WriteStringValue(value);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static void WriteColumns(Utf8JsonWriter writer, string name, Columns columns)
    {
        writer.WriteStartObject(name);
        columns.Write(writer);
        writer.WriteEndObject();
    }

    private void WriteCuts(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("cuts");
        foreach (Cut cut in _cuts)
        {
            writer.WriteStartObject();
            writer.WriteNumber("t", cut.From);
            writer.WriteNumber("u", cut.Until);
            writer.WriteString("text", cut.Text);
            writer.WriteStartArray("sides");
            foreach (int side in cut.Sides)
            {
                writer.WriteNumberValue(side);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void WriteSteps(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("steps");
        foreach (StoryStep step in _steps)
        {
            writer.WriteStartObject();
            writer.WriteNumber("t", step.From);
            writer.WriteNumber("u", step.Until);
            writer.WriteString("title", step.Title);
            writer.WriteString("text", step.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
