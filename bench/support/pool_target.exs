defmodule LibsqlBench.PoolTarget do
  @moduledoc false
  # The driver behind a DBConnection pool; loaded only where db_connection is.

  alias EctoLibSql.{Query, Result}
  alias LibsqlBench.Fixture

  def open(path, size) do
    options = Fixture.options(path) ++ [pool_size: size, queue_target: 5000, timeout: 60_000]
    {:ok, pool} = DBConnection.start_link(EctoLibSql, options)
    pool
  end

  def close(pool) do
    Process.unlink(pool)
    GenServer.stop(pool)
  end

  def prepare(pool, sql), do: DBConnection.prepare!(pool, %Query{statement: sql})

  def lookup(pool, query, keys) do
    Enum.each(keys, fn key ->
      %Result{rows: [[^key, _, _, _, _]]} = execute!(pool, query, [key])
    end)
  end

  @doc "The rows for one parameter; `count` of them."
  def select(pool, query, value, count) do
    %Result{num_rows: ^count, rows: rows} = execute!(pool, query, [value])
    rows
  end

  def insert(conn, query, params) do
    %Result{num_rows: 1} = execute!(conn, query, params)
  end

  def transaction(pool, fun) do
    {:ok, _} = DBConnection.transaction(pool, fun, mode: :immediate, timeout: :infinity)
  end

  @doc "BEGIN IMMEDIATE; INSERT; COMMIT through a checkout. The number of busy errors (0 or 1)."
  def write_transaction(pool, query, params) do
    transaction(pool, &insert(&1, query, params))
    0
  rescue
    error in EctoLibSql.Error ->
      if match?(%{code: :busy}, error.sqlite), do: 1, else: reraise(error, __STACKTRACE__)
  end

  defp execute!(conn, query, params), do: DBConnection.execute!(conn, query, params)
end
