using System.Text.Json.Serialization;

namespace Concord.Client.Administration;

/// <summary>The JSON of administration, generated at compile time: it must work in a trimmed program too.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = false)]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(NodeStatus[]))]
[JsonSerializable(typeof(ScannedRecord))]
[JsonSerializable(typeof(MembersRequest))]
[JsonSerializable(typeof(MembersAnswer))]
[JsonSerializable(typeof(MembersView))]
[JsonSerializable(typeof(MembersResult))]
[JsonSerializable(typeof(TransferView[]))]
internal sealed partial class AdministrationJson : JsonSerializerContext;
