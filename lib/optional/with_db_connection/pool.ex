defmodule EctoLibSql.Pool do
  @moduledoc false
  # Pools of connections, by DBConnection. lib/optional/without_db_connection/pool.ex has the same functions
  # for builds without it.

  alias EctoLibSql.Query

  defmacro __using__(_opts) do
    quote do: @behaviour(DBConnection)
  end

  @doc "Starts a pool of the connections that `driver` has the callbacks of."
  @spec start_link(module(), keyword()) :: GenServer.on_start()
  def start_link(driver, opts), do: DBConnection.start_link(driver, opts)

  @doc "The specification of a child that `driver.start_link/1` starts."
  @spec child_spec(module(), keyword()) :: :supervisor.child_spec()
  def child_spec(driver, opts),
    do: %{DBConnection.child_spec(driver, opts) | start: {driver, :start_link, [opts]}}

  @spec query(DBConnection.conn(), Query.t(), term(), keyword()) ::
          {:ok, EctoLibSql.Result.t()} | {:error, Exception.t()}
  def query(conn, query, params, opts) do
    with {:ok, _query, result} <- DBConnection.execute(conn, query, params, opts),
         do: {:ok, result}
  end

  @spec run(DBConnection.conn(), (DBConnection.t() -> result), keyword()) :: result
        when result: term()
  def run(conn, fun, opts), do: DBConnection.run(conn, fun, opts)

  @spec transaction(DBConnection.conn(), (DBConnection.t() -> result), keyword()) ::
          {:ok, result} | {:error, term()}
        when result: term()
  def transaction(conn, fun, opts), do: DBConnection.transaction(conn, fun, opts)

  @doc "Whether `conn` is what `transaction/3` gives its function."
  @spec in_transaction?(DBConnection.conn()) :: boolean()
  def in_transaction?(conn), do: match?(%DBConnection{conn_mode: :transaction}, conn)

  @spec rollback(DBConnection.t(), term()) :: no_return()
  def rollback(conn, reason), do: DBConnection.rollback(conn, reason)

  @spec stream(DBConnection.t(), Query.t(), term(), keyword()) :: Enumerable.t()
  def stream(conn, query, params, opts), do: DBConnection.stream(conn, query, params, opts)
end
