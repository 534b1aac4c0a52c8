defmodule Ecto.Adapters.LibSql.Catalog do
  @moduledoc false
  # Reads the schema of a database: tables, columns, indexes, foreign keys. Every function takes a connection or
  # the adapter metadata of a repository.

  alias Ecto.Adapters.LibSql.SQL.Quote
  alias EctoLibSql.Query

  @type source :: DBConnection.conn() | Ecto.Adapter.adapter_meta()
  @type column :: %{
          name: String.t(),
          type: String.t(),
          not_null: boolean(),
          default: String.t() | nil,
          pk: non_neg_integer(),
          generated: boolean()
        }

  @spec rows(source(), iodata(), list()) :: [list()]
  def rows(source, sql, params \\ [])

  # Migrations have no timeout.
  def rows(%{sql: _connection} = meta, sql, params),
    do: Ecto.Adapters.SQL.query!(meta, sql, params, log: false, timeout: :infinity).rows || []

  def rows(conn, sql, params) do
    query = %Query{statement: IO.iodata_to_binary(sql)}
    DBConnection.execute!(conn, query, params).rows || []
  end

  @spec columns(source(), String.t(), String.t() | nil) :: [column()]
  def columns(source, table, prefix \\ nil) do
    for [_cid, name, type, not_null, default, pk, hidden] <-
          rows(source, ["PRAGMA ", database(prefix), "table_xinfo(", Quote.name(table), ")"]) do
      %{
        name: name,
        type: type,
        not_null: not_null == 1,
        default: default,
        pk: pk,
        generated: hidden in [2, 3]
      }
    end
  end

  @doc """
  The name by which statements reach the rowid of a table, else why they cannot: it is WITHOUT ROWID or a view,
  its columns have all the names, or there is no such table.
  """
  @spec rowid(source(), String.t(), String.t() | nil) ::
          {:ok, atom()} | :none | :hidden | :unknown
  def rowid(source, table, prefix) do
    query = [
      "SELECT l.schema, l.wr OR l.type = 'view', lower(c.name) FROM pragma_table_list(?1) AS l, ",
      "pragma_table_xinfo(l.name, l.schema) AS c WHERE l.schema = ifnull(?2, l.schema) COLLATE NOCASE ",
      # The order in which SQLite looks for a table without a prefix.
      "ORDER BY l.schema <> 'temp', l.schema <> 'main'"
    ]

    case rows(source, query, [table, prefix]) do
      [[_schema, 1, _name] | _] -> :none
      [[schema, 0, _name] | _] = all -> free(for [^schema, _, name] <- all, do: name)
      [] -> :unknown
    end
  end

  defp free(columns) do
    case Enum.find(~w(_rowid_ rowid oid)a, &(Atom.to_string(&1) not in columns)) do
      nil -> :hidden
      name -> {:ok, name}
    end
  end

  @doc "Indexes with their key columns; nil is an expression."
  @spec indexes(source(), String.t(), String.t() | nil) :: [map()]
  def indexes(source, table, prefix \\ nil) do
    # One query, as on a server each costs a round trip.
    query =
      "SELECT l.name, l.\"unique\", l.origin, l.partial, i.name FROM pragma_index_list(?1, ?2) AS l, " <>
        "pragma_index_info(l.name, ?2) AS i ORDER BY l.seq, i.seqno"

    source
    |> rows(query, [table, prefix])
    |> Enum.chunk_by(&hd/1)
    |> Enum.map(fn [[name, unique, origin, partial, _column] | _] = columns ->
      %{
        name: name,
        unique: unique == 1,
        origin: origin,
        partial: partial == 1,
        columns: Enum.map(columns, &List.last/1)
      }
    end)
  end

  @doc "Whether there is a table or a view of this name; `opts` are those of the query."
  @spec exists?(Ecto.Adapter.adapter_meta(), String.t(), String.t() | nil, keyword()) :: boolean()
  def exists?(meta, name, prefix, opts) do
    query = ["SELECT 1 FROM ", database(prefix), "sqlite_master WHERE name = ?1 COLLATE NOCASE "]
    sql = IO.iodata_to_binary([query, "AND type IN ('table', 'view')"])
    Ecto.Adapters.SQL.query!(meta, sql, [name], Keyword.put(opts, :log, false)).rows != []
  end

  @doc "The stored CREATE of an object, or nil."
  @spec sql(source(), String.t(), String.t(), String.t() | nil) :: String.t() | nil
  def sql(source, type, name, prefix \\ nil) do
    table = [database(prefix), "sqlite_master"]
    query = ["SELECT sql FROM ", table, " WHERE type = ?1 AND name = ?2 COLLATE NOCASE"]

    case rows(source, query, [type, name]) do
      [[sql]] -> sql
      [] -> nil
    end
  end

  @doc "The stored text of an index or a trigger, which names no database, with the name of this one."
  @spec located(String.t(), String.t()) :: String.t()
  def located(sql, prefix) do
    head = ~r/^(CREATE\s+(?:UNIQUE\s+)?(?:INDEX|TRIGGER)\s+)/i
    Regex.replace(head, sql, fn _all, create -> "#{create}#{Quote.name(prefix)}." end)
  end

  @doc """
  The table with its name as it is stored, and its database; raises if there is none that can be altered.

  SQLite looks for a name without a database among the temporary tables first.
  """
  @spec table!(source(), Ecto.Migration.Table.t()) :: Ecto.Migration.Table.t()
  def table!(source, table) do
    query = ["SELECT type, name, sql FROM ", database(table.prefix), "sqlite_master "]
    query = [query, "WHERE type IN ('table', 'view') AND name = ?1 COLLATE NOCASE"]

    case rows(source, query, [to_string(table.name)]) do
      [["table", name, sql]] ->
        if sql =~ ~r/^CREATE\s+VIRTUAL\b/i,
          do: cannot!(table, "it is virtual; drop it and create it anew"),
          else: %{table | name: name, prefix: table.prefix || "main"}

      [["view", _name, _sql]] ->
        cannot!(table, "it is a view")

      [] ->
        cannot!(table, "it does not exist")
    end
  end

  defp cannot!(table, reason),
    do: raise(ArgumentError, "cannot change table #{inspect(table.name)}: #{reason}")

  @doc "A query of the columns of the foreign keys of these tables: table, its CREATE, id of the key, column."
  @spec foreign_keys(String.t() | nil, [String.t()]) :: iodata()
  def foreign_keys(prefix, tables) do
    names = Enum.map_intersperse(tables, ", ", &Quote.text(String.downcase(&1, :ascii)))

    [
      ["SELECT m.name, m.sql, f.id, f.\"from\" FROM ", database(prefix), "sqlite_master AS m, "],
      ["pragma_foreign_key_list(m.name", argument(prefix), ") AS f "],
      ["WHERE m.type = 'table' AND lower(m.name) IN (", names, ") ORDER BY m.name, f.id, f.seq"]
    ]
  end

  @doc "The name of a key, given the rows of `foreign_keys/1`: that in the CREATE TABLE, else Ecto's default name."
  @spec foreign_key_name([list()], String.t(), integer()) :: String.t()
  def foreign_key_name(keys, table, id) do
    [{sql, first} | _] = own = for [^table, sql, ^id, column] <- keys, do: {sql, column}
    columns = for {_sql, column} <- own, do: column

    Ecto.Adapters.LibSql.Definition.ConstraintName.find(sql, :foreign_key, columns) ||
      "#{table}_#{first}_fkey"
  end

  @doc "The other tables with a foreign key to `table`."
  @spec referring(source(), String.t(), String.t() | nil) :: [String.t()]
  def referring(source, table, prefix) do
    query = [
      ["SELECT DISTINCT m.name FROM ", database(prefix), "sqlite_master AS m, "],
      ["pragma_foreign_key_list(m.name", argument(prefix), ") AS f "],
      "WHERE m.type = 'table' AND f.\"table\" = ?1 COLLATE NOCASE AND m.name <> ?1 COLLATE NOCASE"
    ]

    for [name] <- rows(source, query, [table]), do: name
  end

  @doc """
  The foreign keys to `table`, its own ones too: the child's table, its columns, and those of `table`, which are
  nil where the reference names none and means the primary key.
  """
  @spec foreign_keys_to(source(), String.t(), String.t() | nil) :: [
          %{child: String.t(), from: [String.t()], to: [String.t() | nil]}
        ]
  def foreign_keys_to(source, table, prefix) do
    query = [
      [
        "SELECT m.name, f.id, f.\"from\", f.\"to\" FROM ",
        database(prefix),
        "sqlite_master AS m, "
      ],
      ["pragma_foreign_key_list(m.name", argument(prefix), ") AS f "],
      "WHERE m.type = 'table' AND f.\"table\" = ?1 COLLATE NOCASE ORDER BY m.name, f.id, f.seq"
    ]

    source
    |> rows(query, [table])
    |> Enum.chunk_by(fn [child, id | _columns] -> {child, id} end)
    |> Enum.map(fn [[child | _] | _] = key ->
      %{child: child, from: Enum.map(key, &Enum.at(&1, 2)), to: Enum.map(key, &Enum.at(&1, 3))}
    end)
  end

  @doc "The database as the second argument of a PRAGMA's function."
  @spec argument(String.t() | nil) :: iodata()
  def argument(nil), do: []
  def argument(prefix), do: [", ", Quote.text(to_string(prefix))]

  @spec database(String.t() | nil) :: iodata()
  def database(nil), do: []
  def database(prefix), do: [Quote.name(prefix), ?.]
end
