defmodule LibsqlBench.StateTarget do
  @moduledoc false
  # The driver without a pool: the functions a caller uses on a state of its own.

  alias EctoLibSql.{Native, Query, Result}
  alias LibsqlBench.Fixture

  def open(path) do
    {:ok, state} = EctoLibSql.connect(Fixture.options(path))
    state
  end

  def close(state), do: :ok = EctoLibSql.disconnect([], state)

  @doc "A new file with an empty table t, open."
  def create(path) do
    Fixture.remove(path)
    state = open(path)
    {[], state} = rows(state, Fixture.create_sql(), [])
    state
  end

  def rows(state, sql, params) do
    {:ok, _, %Result{rows: rows}, state} = EctoLibSql.handle_execute(sql, params, [], state)
    {rows || [], state}
  end

  def sqlite_version do
    state = open(":memory:")
    {[[version]], state} = rows(state, "SELECT sqlite_version()", [])
    close(state)
    version
  end

  def query(sql), do: %Query{statement: sql}

  @doc "Looks every key up and matches the row that comes back."
  def lookup(state, query, keys) do
    Enum.reduce(keys, state, fn key, state ->
      {:ok, _, %Result{rows: [[^key, _, _, _, _]]}, state} =
        EctoLibSql.handle_execute(query, [key], [], state)

      state
    end)
  end

  @doc "The rows for one parameter; `count` of them."
  def select(state, query, value, count) do
    {:ok, _, %Result{num_rows: ^count, rows: rows}, _} =
      EctoLibSql.handle_execute(query, [value], [], state)

    rows
  end

  def insert(state, query, params) do
    {:ok, _, %Result{num_rows: 1}, state} = EctoLibSql.handle_execute(query, params, [], state)
    state
  end

  def insert_prepared(state, statement, sql, params) do
    {:ok, 1} = Native.execute_stmt(state, statement, sql, params)
  end

  @doc "BEGIN IMMEDIATE; INSERT; COMMIT. Returns the state and the number of busy errors (0 or 1)."
  def write_transaction(state, query, params) do
    with {:ok, _, begun} <- EctoLibSql.handle_begin([mode: :immediate], state),
         {:ok, _, %Result{num_rows: 1}, written} <-
           EctoLibSql.handle_execute(query, params, [], begun),
         {:ok, _, committed} <- EctoLibSql.handle_commit([], written) do
      {committed, 0}
    else
      {:error, %EctoLibSql.Error{sqlite: %{code: :busy}}, failed} ->
        {_, _, state} = EctoLibSql.handle_rollback([], failed)
        {state, 1}
    end
  end

  @doc "`{rows, checksum}` of what was written, as raw_table_checksum() computes it."
  def table_checksum(state) do
    sql = "SELECT count(*), sum(id + length(name) + length(body) + length(data) + score) FROM t"
    {[[count, sum]], _} = rows(state, sql, [])
    {count, trunc(sum)}
  end
end
