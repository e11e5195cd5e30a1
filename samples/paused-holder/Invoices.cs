using Microsoft.Data.Sqlite;

namespace Concord.Samples;

/// <summary>A table of somebody's application, with one more column: the greatest token that has written the
/// row.</summary>
internal sealed class Invoices(string file)
{
    private readonly string _connection = new SqliteConnectionStringBuilder
    {
        DataSource = file,
        Pooling = false,
    }.ToString();

    public Task CreateAsync() => RunAsync(
        "create table invoice (id integer primary key, total integer not null, fence integer not null default 0);"
        + "insert into invoice (id, total) values (42, 0)");

    /// <summary>Refuses who held the lock before the last one that wrote.</summary>
    /// <returns>How many rows have changed: one or none.</returns>
    public Task<int> SetTotalAsync(int total, FencingToken token) => RunAsync(
        "update invoice set total = @total, fence = @t where id = 42 and fence <= @t",
        ("@total", total),
        ("@t", token.Value));

    public async Task<(int Total, long Fence)> ReadAsync()
    {
        await using var connection = new SqliteConnection(_connection);
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "select total, fence from invoice where id = 42";
        await using SqliteDataReader reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt32(0), reader.GetInt64(1));
    }

    private async Task<int> RunAsync(string sql, params (string Name, object Value)[] parameters)
    {
        await using var connection = new SqliteConnection(_connection);
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();

        // A constant of this file; nothing of a user's is in it.
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach ((string name, object value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return await command.ExecuteNonQueryAsync();
    }
}
