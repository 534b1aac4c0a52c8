defmodule LibsqlBench.Fixture do
  @moduledoc false
  # Rows, keys and checksums: the same formulas as native/bench/raw.c, so that both sides do the same
  # work and their results can be compared.

  import Bitwise

  @columns "id, name, body, score, data"

  def point_sql, do: "SELECT #{@columns} FROM t WHERE id = ?"
  def range_sql, do: "SELECT #{@columns} FROM t WHERE id <= ? ORDER BY id"
  @doc "Twenty rows of the table child, by the index on its foreign key."
  def children_sql, do: "SELECT #{@columns} FROM child WHERE t_id = ?"
  def insert_sql, do: "INSERT INTO t (#{@columns}) VALUES (?, ?, ?, ?, ?)"

  def create_sql do
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, body TEXT, score REAL, data BLOB)"
  end

  @doc "The options of every connection; native/bench/raw.c sets the same."
  def options(path) do
    [
      database: path,
      journal_mode: :wal,
      synchronous: :normal,
      cache_size: -64_000,
      busy_timeout: 5000
    ]
  end

  @doc "The row with this key as it comes back from a SELECT."
  def row(id) do
    digits = id |> Integer.to_string() |> String.pad_leading(15, "0")
    filler = String.duplicate(<<?a + rem(id, 26)>>, 80)
    data = for i <- 0..31, into: <<>>, do: <<rem(id + i, 256)>>
    [id, "name-" <> digits, "body-" <> digits <> filler, id * 0.5, data]
  end

  @doc "Parameters of an INSERT: row 1 under the key `id`, with its bytes shared."
  def params(id, [_, name, body, score, data]), do: [id, name, body, score, {:blob, data}]

  def keys(count, rows, seed) do
    {keys, _} =
      Enum.map_reduce(1..count, seed, fn _, seed ->
        seed = rem(seed * 1_103_515_245 + 12_345, 2_147_483_648)
        {rem(seed >>> 4, rows) + 1, seed}
      end)

    keys
  end

  @doc "The sum of all numbers and bytes of rows, as raw_read_row() computes it."
  def checksum(rows), do: Enum.reduce(rows, 0, &(&2 + row_checksum(&1)))

  defp row_checksum([id, name, body, score, data]) do
    id + sum(name, 0) + sum(body, 0) + trunc(score * 2) + sum(data, 0)
  end

  defp sum(<<byte, rest::binary>>, total), do: sum(rest, total + byte)
  defp sum(<<>>, total), do: total

  @doc "Deletes a database file and its companions."
  def remove(path) do
    for suffix <- ["", "-wal", "-shm", "-journal"], do: File.rm(path <> suffix)
    :ok
  end
end
