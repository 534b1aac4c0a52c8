defmodule Ecto.Adapters.LibSql.Catalog.AffectedTables do
  @moduledoc false
  # The tables whose foreign keys a statement may break: the one it writes, and those that refer to it, directly
  # or through others. If one of them has triggers, which may write to any table, it is all tables.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.SQL.Quote

  @type t :: {prefix :: String.t() | nil, tables :: [String.t()]}

  @verbs ~w(INSERT REPLACE DELETE UPDATE)
  @before_name @verbs ++ ~w(OR ROLLBACK ABORT FAIL IGNORE INTO FROM)

  @spec tables(DBConnection.conn(), String.t()) :: t()
  def tables(conn, sql) do
    with {prefix, table} <- written(sql),
         tables = related(conn, prefix, [table], []),
         false <- triggers?(conn, prefix, tables) do
      {prefix, tables}
    else
      _unknown -> {nil, all(conn)}
    end
  end

  # References may form cycles.
  defp related(_conn, _prefix, [], found), do: found

  defp related(conn, prefix, [table | rest], found) do
    if table in found do
      related(conn, prefix, rest, found)
    else
      others = for name <- Catalog.referring(conn, table, prefix), do: String.downcase(name)
      related(conn, prefix, others ++ rest, [table | found])
    end
  end

  defp triggers?(conn, prefix, tables) do
    query = [
      "SELECT lower(tbl_name) FROM ",
      Catalog.database(prefix),
      "sqlite_master WHERE type = "
    ]

    Enum.any?(Catalog.rows(conn, [query, "'trigger'"]), fn [table] -> table in tables end)
  end

  defp all(conn) do
    for [name] <- Catalog.rows(conn, "SELECT name FROM sqlite_master WHERE type = 'table'"),
        do: name
  end

  @doc "How many rows the tables have together, counted up to `limit`."
  @spec rows(DBConnection.conn(), t(), pos_integer()) :: non_neg_integer()
  def rows(conn, {prefix, tables}, limit) do
    Enum.reduce_while(tables, 0, fn table, sum ->
      table = Quote.table(prefix, table)
      query = ["SELECT count(*) FROM (SELECT 1 FROM ", table, " LIMIT ", Quote.integer(limit), ?)]
      [[count]] = Catalog.rows(conn, query)
      if sum + count < limit, do: {:cont, sum + count}, else: {:halt, limit}
    end)
  end

  @doc "The rows that violate a foreign key: table, rowid, parent, id of the key."
  @spec violations(DBConnection.conn(), t()) :: [list()]
  def violations(conn, {prefix, tables}) do
    Enum.flat_map(tables, fn table ->
      Catalog.rows(conn, [
        ["PRAGMA ", Catalog.database(prefix), "foreign_key_check(", Quote.name(table), ?)]
      ])
    end)
  end

  @doc "The table that an INSERT, UPDATE or DELETE writes, as `{prefix, table}` in lower case; nil for other statements."
  @spec written(String.t()) :: {String.t() | nil, String.t()} | nil
  def written(sql) do
    sql
    |> Tokenizer.scan()
    |> Enum.reject(&match?({:space, _}, &1))
    |> verb(0)
    |> Enum.drop_while(&(Tokenizer.keyword(&1) in @before_name))
    |> named()
  end

  # The queries of a WITH before it are in parentheses.
  defp verb([], _depth), do: []

  defp verb([token | rest] = tokens, depth) do
    if depth == 0 and Tokenizer.keyword(token) in @verbs,
      do: tokens,
      else: verb(rest, depth + Tokenizer.change(token))
  end

  defp named([database, {:word, "."}, table | _]),
    do: {Tokenizer.name(database), Tokenizer.name(table)}

  defp named([{:quoted, _} = table | _]), do: {nil, Tokenizer.name(table)}

  defp named([{:word, _} = table | _]) do
    case table |> Tokenizer.name() |> String.split(".") do
      [database, table] -> {database, table}
      [table] -> {nil, table}
    end
  end

  defp named(_nothing), do: nil
end
