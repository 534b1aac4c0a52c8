defmodule Ecto.Adapters.LibSql.Constraints.Lookup.Unique do
  @moduledoc false
  # The message has the columns: the unique index over exactly these is the violated one, or the primary
  # key. Of several such indexes, partial ones for example, each is tried alone: the statement runs again
  # with the others dropped. Where that cannot be, no name is better than a wrong one.

  alias Ecto.Adapters.LibSql.{Catalog, Constraints}
  alias Ecto.Adapters.LibSql.Catalog.AffectedTables
  alias Ecto.Adapters.LibSql.Constraints.Lookup
  alias Ecto.Adapters.LibSql.Definition.ConstraintName
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias EctoLibSql.Query

  # Dropping an index takes time in proportion to its rows.
  @row_limit 100_000

  @running "SELECT count(*) FROM sqlite_stmt WHERE busy"

  @spec name(DBConnection.conn(), String.t(), String.t(), list(), keyword()) :: keyword()
  def name(conn, "UNIQUE constraint failed: " <> detail = message, sql, params, opts) do
    {table, columns} = Constraints.split(detail)
    # The message has no database in front of the table.
    {prefix, _table} = AffectedTables.written(sql) || {nil, table}
    over = {table, columns, prefix}

    indexes = Catalog.indexes(conn, table, prefix)

    if number?(conn, indexes, over) do
      primary_key(conn, over)
    else
      case Enum.filter(indexes, &(&1.unique and &1.columns == columns)) do
        [] -> []
        [index] -> named(conn, index, over)
        several -> violated(conn, several, over, {message, sql, params}, opts)
      end
    end
  end

  # The number of a row has no index, and is looked at before them.
  defp number?(conn, indexes, {table, [column], prefix}) do
    not Enum.any?(indexes, &(&1.origin == "pk")) and
      match?(
        [%{name: ^column}],
        Enum.filter(Catalog.columns(conn, table, prefix), &(&1.pk > 0))
      )
  end

  defp number?(_conn, _indexes, _several_columns), do: false

  defp named(_conn, %{origin: "c", name: name}, _over), do: [unique: name]
  defp named(conn, %{origin: "u"}, over), do: written(conn, :unique, over, [])
  defp named(conn, %{origin: "pk"}, over), do: primary_key(conn, over)

  defp primary_key(conn, {table, _columns, _prefix} = over),
    do: written(conn, :primary_key, over, unique: "#{table}_pkey")

  defp written(conn, kind, {table, columns, prefix}, default) do
    sql = Catalog.sql(conn, "table", table, prefix)
    name = sql && ConstraintName.find(sql, kind, columns)
    if name, do: [unique: name], else: default
  end

  defp violated(conn, indexes, {table, _columns, prefix} = over, {_, sql, _} = failed, opts) do
    if Lookup.Rerun.possible?(sql) and not reading?(conn) and not ends_transaction?(conn, prefix) and
         AffectedTables.rows(conn, {prefix, [table]}, @row_limit) < @row_limit do
      case Lookup.Rerun.locked(conn, opts, &tried(&1, indexes, prefix, failed)) do
        [index] -> named(conn, index, over)
        _unknown -> []
      end
    else
      []
    end
  end

  # Without an index the statement gets further than before, and may come to something that rolls back the
  # caller's transaction, from which no savepoint protects.
  defp ends_transaction?(conn, prefix) do
    DBConnection.status(conn) == :transaction and
      Catalog.rows(conn, [
        [
          "SELECT 1 FROM ",
          Catalog.database(prefix),
          "sqlite_master WHERE sql LIKE '%rollback%' "
        ],
        "UNION ALL SELECT 1 FROM sqlite_temp_master WHERE sql LIKE '%rollback%' LIMIT 1"
      ]) != []
  end

  # Taking back a change of the schema would end a stream that is open in the transaction. Libraries of
  # SQLite without the table sqlite_stmt cannot tell.
  defp reading?(conn) do
    DBConnection.status(conn) == :transaction and
      not match?(
        {:ok, _query, %{rows: [[_itself = 1]]}},
        DBConnection.execute(conn, %Query{statement: @running}, [])
      )
  end

  # Those of the table's own definition cannot be dropped: they come first, then each of the others.
  defp tried(conn, indexes, prefix, failed) do
    {created, fixed} = Enum.split_with(indexes, &(&1.origin == "c"))
    candidates = Enum.reject([fixed | Enum.map(created, &[&1])], &(&1 == []))
    Enum.find(candidates, &fails_with?(conn, created -- &1, prefix, failed))
  end

  defp fails_with?(conn, others, prefix, {message, sql, params}) do
    Lookup.Rerun.taken_back(conn, fn ->
      for %{name: name} <- others,
          do: Lookup.Rerun.run!(conn, ["DROP INDEX ", Quote.table(prefix, name)])

      match?({:error, %{message: ^message}}, Lookup.Rerun.run(conn, sql, params))
    end)
  end
end
