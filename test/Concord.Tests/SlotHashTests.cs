using Concord.Engines;

namespace Concord.Tests;

/// <summary>Where names lie is part of every stored key, for ever: these answers were worked out once, by another
/// program, and no change may make others of them.</summary>
public sealed class SlotHashTests
{
    private const string Text = "abcdefghijklmnopqrstuvwxyz0123456789ABCD";

    /// <summary>Of the first 0, 1, 2 and so on bytes of the text: no, some and several whole eights, each with every
    /// tail.</summary>
    private static readonly ulong[] s_hashes =
    [
        0xECE2F72866E04566, 0x645D497ACA3DB803, 0x9D0A5C45CC1F53EF, 0x225F11FB406F4236,
        0xD961FB2346FA50E5, 0x26979F7A9584E850, 0xBD56AF6EBBC6F7C6, 0x39829E037E8CBB84,
        0x686C5A346E2C8F4D, 0x4047F735760EC2F8, 0x2E43E625807E6EE9, 0x0772AEDDEB840BB5,
        0x14AE04A281EB6AFC, 0x2F57484E141BB67A, 0x5A4966DA78D06617, 0x08618F2A465645AC,
        0x3B2D7722622E436D, 0x3EA5272BB1156116, 0x589751540698D9B3, 0x8399C96DF5A4CF42,
        0xCF96FFEC72C34703, 0xB478AE068DB34BDD, 0x332D744D316ECF5B, 0x214D1C58CF04EFDB,
        0xB28EE6021F6C9467, 0xEC20CE9EAF641D35, 0x13C570CE6A38DF5C, 0xA1EABA787A3040C4,
        0x44F4A9E6D72DCD1D, 0xF7B227E466AFF39F, 0x99871375577BCDEE, 0xD99BAD598723B9AB,
        0xB7B2E13E066E4994, 0xCEDDD8717A7CD804, 0x7E1F04401F79B870, 0x43DC717E0B2B69B4,
        0xF44225E3D3F2F75A, 0xC4DD51C0BA9FF862, 0xB99F292D08ADD87C, 0x431EAE8F732A0114,
        0x3A729640654CF7EC,
    ];

    [Fact]
    public void The_hash_of_every_length_is_what_it_was()
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes(Text);
        Assert.Equal(text.Length + 1, s_hashes.Length);
        Assert.Equal(
            s_hashes,
            Enumerable.Range(0, s_hashes.Length).Select(length => SlotHash.Hash(text.AsSpan(0, length))));
        Assert.Equal(0x843BE81A5A09B577UL, SlotHash.Hash(text, seed: 0x5BD1E9955BD1E995UL));
    }

    [Theory]
    [InlineData("", "a", 332)]
    [InlineData("", "stock/{s-3}", 990)]
    [InlineData("", "s-3", 990)]
    [InlineData("shop-staging", "stock/{s-3}", 224)]
    [InlineData("shop", "orders", 518)]
    [InlineData("", "shoporders", 851)]
    [InlineData("", "invoice/2026-11-22/00042", 821)]
    [InlineData("", "größe", 986)]
    [InlineData("é", "orders", 483)]
    [InlineData("", "日本語の名前", 98)]
    [InlineData("", "𝄞", 679)]
    [InlineData("", "lock of {größe/日本}", 588)]
    [InlineData("", "größe/日本", 588)]
    [InlineData("", "{a}{b}", 332)]
    [InlineData("", "{}{t}", 382)]
    [InlineData("", "{t}", 25)]
    [InlineData("", "{}", 635)]
    [InlineData("", "}{t}", 25)]
    [InlineData("", "{t", 346)]
    [InlineData("", "t}", 909)]
    [InlineData("", "{{t}", 346)]
    public void The_slot_of_a_name_is_what_it_was(string @namespace, string name, int slot)
    {
        Assert.Equal(slot, SlotHash.Of(@namespace, name).Value);
        byte[] key = RecordKey.Named(RecordKind.Counter, @namespace, name);
        Assert.Equal(slot, RecordKey.SlotOf(key).Value);
    }

    [Fact]
    public void The_slot_of_the_longest_name_is_what_it_was() =>
        Assert.Equal(609, SlotHash.Of(new('n', 64), new string('日', 170) + "xy").Value);
}
