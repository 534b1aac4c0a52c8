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

  @doc "The tables, by one query: on a server each costs a round trip."
  @spec tables(DBConnection.conn(), String.t()) :: t()
  def tables(conn, sql) do
    case written(sql) do
      nil -> {nil, names(conn, "SELECT name FROM sqlite_master WHERE type = 'table'", [])}
      {prefix, table} -> {prefix, names(conn, related(prefix), [table])}
    end
  end

  defp names(conn, query, params),
    do: for([name] <- Catalog.rows(conn, query, params), do: name)

  # UNION ends at what it has found, so references may form cycles.
  defp related(prefix) do
    tables = [Catalog.database(prefix), "sqlite_master"]
    keys = ["pragma_foreign_key_list(m.name", Catalog.argument(prefix), ?)]

    [
      [
        "WITH RECURSIVE related(name) AS (SELECT ?1 UNION SELECT lower(m.name) FROM related AS r, "
      ],
      [tables, " AS m, ", keys, " AS f WHERE m.type = 'table' AND lower(f.\"table\") = r.name) "],
      ["SELECT m.name FROM ", tables, " AS m WHERE m.type = 'table' AND "],
      ["(lower(m.name) IN (SELECT name FROM related) OR EXISTS (SELECT 1 FROM ", tables],
      [" AS t WHERE t.type = 'trigger' AND lower(t.tbl_name) IN (SELECT name FROM related)))"]
    ]
  end

  @doc """
  The only table that an INSERT may leave with broken keys: its own. That needs no query, but holds only where `triggered/1` gives
  no row. nil for other statements, and for an INSERT that may replace or update rows to which others refer.
  """
  @spec inserted(String.t()) :: t() | nil
  def inserted(sql) do
    keywords = for token <- Tokenizer.scan(sql), word = Tokenizer.keyword(token), do: word

    with true <- "INSERT" in keywords and not Enum.any?(keywords, &(&1 in ~w(REPLACE UPDATE))),
         {prefix, table} <- written(sql),
         do: {prefix, [table]},
         else: (_other -> nil)
  end

  @doc "A query with a row for each trigger of the tables."
  @spec triggered(t()) :: iodata()
  def triggered({prefix, tables}) do
    names = Enum.map_intersperse(tables, ", ", &Quote.text(String.downcase(&1, :ascii)))
    from = [Catalog.database(prefix), "sqlite_master WHERE type = 'trigger'"]
    ["SELECT 1 FROM ", from, " AND lower(tbl_name) IN (", names, ?)]
  end

  # The most terms of a compound SELECT are 500.
  @tables_of_query 400

  @doc "Queries with a row if the tables (400 for each query) have `limit` rows together."
  @spec larger(t(), pos_integer()) :: [iodata()]
  def larger({prefix, tables}, limit) do
    limit = Quote.integer(limit)

    for chunk <- Enum.chunk_every(tables, @tables_of_query) do
      counts =
        Enum.map_intersperse(chunk, " UNION ALL ", fn table ->
          from = [Quote.table(prefix, table), " LIMIT ", limit]
          ["SELECT count(*) AS rows FROM (SELECT 1 FROM ", from, ?)]
        end)

      ["SELECT 1 WHERE (SELECT sum(rows) FROM (", counts, ")) >= ", limit]
    end
  end

  @doc "For each table a query of the rows that violate a foreign key: table, rowid, parent, id of the key."
  @spec violations(t()) :: [iodata()]
  def violations({prefix, tables}) do
    for table <- tables,
        do: ["PRAGMA ", Catalog.database(prefix), "foreign_key_check(", Quote.name(table), ?)]
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
