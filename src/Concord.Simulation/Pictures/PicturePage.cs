using UTF8Encoding = System.Text.UTF8Encoding;

namespace Concord.Simulation.Pictures;

/// <summary>One page that needs nothing else: its parts lie beside this file, and are put together here.</summary>
internal static class PicturePage
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private static readonly string[] s_scripts =
    [
        "data.js", "stamps.js", "view.js", "draw.js", "nodes.js", "logs.js", "messages.js", "panel.js", "legend.js",
        "pointer.js", "main.js",
    ];

    /// <param name="title">The title of the window.</param>
    /// <param name="data">What <see cref="PictureRecorder.ToJson"/> made: it contains no angle brackets.</param>
    public static byte[] Assemble(string title, byte[] data)
    {
        string page = Part("page.html")
            .Replace("%title%", System.Net.WebUtility.HtmlEncode(title), StringComparison.Ordinal)
            .Replace("%style%", Part("page.css"), StringComparison.Ordinal)
            .Replace("%script%", string.Concat(s_scripts.Select(Part)), StringComparison.Ordinal);
        string[] around = page.Split("%data%");
        return [.. s_utf8.GetBytes(around[0]), .. data, .. s_utf8.GetBytes(around[1])];
    }

    private static string Part(string name)
    {
        using Stream stream = typeof(PicturePage).Assembly.GetManifestResourceStream($"Page/{name}")
            ?? throw new InvalidOperationException($"The part {name} of the page is not in this build.");
        using StreamReader reader = new(stream, s_utf8);
        return reader.ReadToEnd();
    }
}
