defmodule Ecto.Adapters.LibSql.Constraints.Lookup.Unique do
  @moduledoc false
  # The name of a violated unique index or primary key. SQLite reports the columns, and by its code whether it
  # is the primary key; the name is in the catalogue, or in the CREATE TABLE.
  #
  # Which of several unique indexes over the same columns was violated SQLite does not report: the one without a
  # condition is named, and among equals the first by name.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Catalog.AffectedTables
  alias Ecto.Adapters.LibSql.Constraints.Message
  alias Ecto.Adapters.LibSql.Definition.{ConstraintName, Tokenizer}

  @spec name(DBConnection.conn(), Message.t(), boolean(), String.t()) :: keyword()
  def name(conn, %{table: table, columns: columns}, primary_key?, sql) do
    # The message has no database in front of the table.
    {prefix, _table} = AffectedTables.written(sql) || {nil, table}
    over = {table, columns, prefix}

    if primary_key?,
      do: written(conn, :primary_key, over, unique: "#{table}_pkey"),
      else: conn |> candidates(over) |> named(conn, over)
  end

  defp candidates(conn, {table, columns, prefix}) do
    conn
    |> Catalog.indexes(table, prefix)
    |> Enum.filter(&(&1.unique and &1.origin != "pk" and same?(&1.columns, columns)))
    |> Enum.sort_by(&{&1.partial, &1.name})
  end

  defp same?(indexed, columns), do: Enum.map(indexed, &fold/1) == Enum.map(columns, &fold/1)
  defp fold(name), do: name && Tokenizer.fold(name)

  defp named([%{origin: "c", name: name} | _], _conn, _over), do: [unique: name]
  defp named([%{origin: "u"} | _], conn, over), do: written(conn, :unique, over, [])
  defp named([], _conn, _over), do: []

  defp written(conn, kind, {table, columns, prefix}, default) do
    sql = Catalog.sql(conn, "table", table, prefix)
    name = sql && ConstraintName.find(sql, kind, columns)
    if name, do: [unique: name], else: default
  end
end
