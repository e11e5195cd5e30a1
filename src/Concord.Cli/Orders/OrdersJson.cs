using System.Text.Json.Serialization;

namespace Concord.Cli.Orders;

/// <summary>The demo's own JSON, generated at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Shipment))]
[JsonSerializable(typeof(DataFolderManifest))]
internal sealed partial class OrdersJson : JsonSerializerContext;
