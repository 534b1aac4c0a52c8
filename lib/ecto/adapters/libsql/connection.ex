defmodule Ecto.Adapters.LibSql.Connection do
  @moduledoc false
  # The behaviour Ecto.Adapters.SQL.Connection: sends statements to the driver and decodes results. The modules under SQL
  # and Migration.DDL generate the texts. Nothing here reads the schema of the database, so a command that needs a
  # table's definition is refused; Ecto.Adapters.LibSql and Migration handle those.

  @behaviour Ecto.Adapters.SQL.Connection

  alias Ecto.Adapters.LibSql.{Changes, Constraints, Options}
  alias Ecto.Adapters.LibSql.Migration.DDL
  alias Ecto.Adapters.LibSql.Plan
  alias Ecto.Adapters.LibSql.Query.{Cached, Explain}
  alias Ecto.Adapters.LibSql.SQL.{Insert, Lock, Update}
  alias Ecto.Adapters.LibSql.Types.{Declared, Untyped}
  alias EctoLibSql.Callbacks.ConnectLog
  alias EctoLibSql.Callbacks.Call
  alias EctoLibSql.Connection.{Prepared, Statements}
  alias EctoLibSql.Query

  ## Running

  @impl true
  def child_spec(opts) do
    opts
    |> Options.Repo.connection()
    |> Keyword.put(:connect_log, ConnectLog.new())
    |> Changes.with_pool(&DBConnection.child_spec(EctoLibSql, &1))
  end

  @impl true
  def prepare_execute(conn, name, sql, params, opts) do
    query = %Query{name: name, statement: sql}

    # Ecto caches the returned query, and another call may have another comment.
    with {:ok, query, result} <-
           run(conn, sql, params, opts, fn conn ->
             DBConnection.prepare_execute(conn, commented(query, opts), params, opts)
           end),
         do: {:ok, %{query | comment: nil}, result}
  end

  @impl true
  def execute(conn, %Query{statement: sql} = query, params, opts) do
    query = commented(query, opts)

    with {:ok, query, result} <-
           run(conn, sql, params, opts, &DBConnection.execute(&1, query, params, opts)),
         do: {:ok, %{query | comment: nil}, result}
  end

  @impl true
  def query(conn, sql, params, opts) do
    {sql, params} = Plan.bind(sql, Untyped.parameters(params))
    query = commented(%Query{statement: sql}, opts)

    with {:ok, _query, result} <-
           run(conn, sql, params, opts, &DBConnection.execute(&1, query, params, opts)),
         do: {:ok, result}
  end

  defp commented(query, []), do: query

  defp commented(query, opts) do
    comment = opts[:comment]
    if comment, do: %{query | comment: comment}, else: query
  end

  defp run(conn, sql, params, opts, fun) do
    Options.Query.check!(opts)
    Lock.take(conn, sql, opts)

    case fun.(conn) do
      {:ok, query, result} -> {:ok, query, decode(result, conn, sql, opts)}
      {:error, error} -> {:error, Constraints.Lookup.name(error, conn, sql, params, opts)}
    end
  end

  defp decode(result, conn, sql, opts) do
    case opts[:decode] do
      nil -> result
      :declared -> Declared.decode(result, conn, sql, opts)
    end
  end

  @impl true
  def query_many(conn, sql, [], opts) do
    Options.Query.check!(opts)
    sql = IO.iodata_to_binary(sql)
    script = &Statements.script(&1, sql, :plain, Call.timeout(opts, &1))
    DBConnection.run(conn, fn conn -> EctoLibSql.run(conn, script) end, opts)
  end

  def query_many(conn, sql, params, opts) do
    with {:ok, result} <- query(conn, sql, params, opts), do: {:ok, [result]}
  end

  @impl true
  def stream(conn, sql, params, opts) do
    Options.Query.check!(opts)
    {sql, params} = Plan.bind(sql, Untyped.parameters(params))
    Lock.take(conn, sql, opts)

    conn
    |> DBConnection.prepare_stream(commented(%Query{statement: sql}, opts), params, opts)
    |> declared(conn, sql, opts)
  end

  defp declared(results, conn, sql, opts) do
    if opts[:decode], do: Declared.stream(results, conn, sql, opts), else: results
  end

  @impl true
  defdelegate to_constraints(error, opts), to: Constraints

  @impl true
  def explain_query(conn, sql, params, opts) do
    {explain, opts} = Explain.split(opts)
    {sql, params} = Plan.bind(sql, params)

    # EXPLAIN does not run the statement, so SQLite would neither refresh the connection's copy of the schema nor
    # recompile a cached statement: the first query does the one, `cache: false` the other.
    opts = Keyword.put(opts, :cache, false)

    with {:ok, _} <- query(conn, "SELECT 1 FROM sqlite_master LIMIT 0", [], opts),
         {:ok, result} <- query(conn, Explain.sql(sql, explain), params, opts),
         {:ok, costs} <- measure(explain, conn, sql, params, opts),
         do: {:ok, Explain.present(result, costs, explain)}
  end

  defp measure(%{analyze: false}, _conn, _sql, _params, _opts), do: {:ok, nil}

  defp measure(%{analyze: true}, conn, sql, params, opts) do
    measure = &Prepared.measure(&1, sql, params, Call.timeout(opts, &1))
    DBConnection.run(conn, fn conn -> EctoLibSql.run(conn, measure) end, opts)
  end

  ## Texts

  @impl true
  def all(query, as_prefix \\ [])
  def all(query, []), do: Cached.text(:all, query)
  def all(query, as_prefix), do: Cached.nested_text(query, as_prefix)

  @impl true
  def update_all(query), do: Cached.text(:update_all, query)

  @impl true
  def delete_all(query), do: Cached.text(:delete_all, query)

  @impl true
  # ecto_sql 3.14 passes the options of the call.
  def insert(prefix, table, header, rows, on_conflict, returning, placeholders, _opts \\ []) do
    types = Enum.map(header, fn _field -> nil end)

    prefix
    |> Insert.insert(table, header, rows, on_conflict, returning, placeholders, types)
    |> Plan.text()
  end

  @impl true
  defdelegate update(prefix, table, fields, filters, returning), to: Update

  @impl true
  defdelegate delete(prefix, table, filters, returning), to: Update

  @impl true
  defdelegate execute_ddl(command), to: DDL

  @impl true
  def ddl_logs(_result), do: []

  @impl true
  def table_exists_query(table) do
    {"SELECT 1 FROM sqlite_master WHERE type='table' AND name=?1 LIMIT 1", [table]}
  end
end
