defmodule Ecto.Adapters.LibSql.Migration.Rebuild.Convertible do
  @moduledoc false
  # Finds values that a change of type cannot convert, before anything is copied, and names their rows.

  alias Ecto.Adapters.LibSql.{Catalog, Definition}
  alias Ecto.Adapters.LibSql.Migration.Conversion
  alias Ecto.Adapters.LibSql.Query.Transaction
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias EctoLibSql.Query

  @type table :: %{name: String.t(), prefix: String.t()}

  @doc "Raises if a value of the table, whose definition is `old`, cannot be converted."
  @spec check!(Ecto.Adapter.adapter_meta(), table(), Definition.Table.t(), [Conversion.t()]) ::
          :ok
  def check!(meta, table, old, conversions) do
    Enum.each(conversions, fn conversion ->
      keys = keys(meta, table, old)
      unconverted!(meta, table, keys, conversion)
      if conversion.utf8?, do: utf8!(meta, table, keys, conversion)
    end)
  end

  defp unconverted!(meta, table, keys, conversion) do
    failed = [Quote.name(conversion.column), " IS NOT NULL AND (", conversion.sql, ") IS NULL"]
    from = [" FROM ", Quote.table(table.prefix, table.name), " WHERE ", failed]

    with [row] <- rows(meta, ["SELECT ", keys.sql, from, " LIMIT 1"]) do
      [[count]] = rows(meta, ["SELECT count(*)", from])
      refuse!(table, conversion, count, keys.names, row)
    end
  end

  # SQL does not tell which bytes are UTF-8: they are read, a hundred rows at a time.
  defp utf8!(meta, table, keys, conversion) do
    column = Quote.name(conversion.column)

    sql =
      IO.iodata_to_binary([
        ["SELECT ", column, ", ", keys.sql, " FROM ", Quote.table(table.prefix, table.name)],
        [" WHERE typeof(", column, ") = 'blob'"]
      ])

    meta
    |> Transaction.connection()
    |> DBConnection.prepare_stream(%Query{statement: sql}, [], max_rows: 100)
    |> Stream.flat_map(&(&1.rows || []))
    |> Enum.find(fn [bytes | _key] -> not String.valid?(bytes) end)
    |> case do
      [_bytes | row] -> refuse!(table, conversion, 1, keys.names, row)
      nil -> :ok
    end
  end

  # The primary key as it would be written in SQL, or the number of the row.
  defp keys(meta, table, old) do
    names =
      case {Definition.Table.primary_key(old), Catalog.rowid(meta, table.name, table.prefix)} do
        {[_ | _] = names, _rowid} -> names
        {[], {:ok, rowid}} -> [Atom.to_string(rowid)]
        {[], _hidden} -> []
      end

    %{names: names, sql: quoted(names)}
  end

  defp quoted([]), do: "NULL"

  defp quoted(names),
    do: Enum.map_intersperse(names, ", ", &["quote(", Quote.name(&1), ?)])

  @spec refuse!(table(), Conversion.t(), pos_integer(), [String.t()], [String.t()]) :: no_return()
  defp refuse!(table, conversion, count, names, row) do
    key =
      names |> Enum.zip(row) |> Enum.map_join(", ", fn {name, value} -> "#{name} = #{value}" end)

    raise ArgumentError,
          "cannot convert column #{inspect(conversion.column)} of table #{inspect(table.name)} from " <>
            "#{conversion.from} to #{conversion.to}: #{values(count)}, in the row #{key}. Nothing has " <>
            "changed; correct them first, by execute \"UPDATE ...\""
  end

  defp values(1), do: "a value has no equivalent"
  defp values(count), do: "#{count} values have no equivalent, the first"

  defp rows(meta, sql), do: Catalog.rows(meta, IO.iodata_to_binary(sql))
end
