defmodule EctoLibSql.Pool do
  @moduledoc false
  # Pools of connections, by DBConnection. lib/optional/without_db_connection/pool.ex has the same functions
  # for builds without it.

  alias EctoLibSql.Native.Transactions
  alias EctoLibSql.Query

  defmacro __using__(_opts) do
    quote do: @behaviour(DBConnection)
  end

  @spec start_link(keyword()) :: GenServer.on_start()
  def start_link(opts), do: DBConnection.start_link(EctoLibSql, opts)

  @spec child_spec(keyword()) :: :supervisor.child_spec()
  def child_spec(opts),
    do: %{DBConnection.child_spec(EctoLibSql, opts) | start: {EctoLibSql, :start_link, [opts]}}

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
  def transaction(conn, fun, opts) do
    if match?(%DBConnection{conn_mode: :transaction}, conn),
      do: Transactions.check_nested!(opts, conn)

    DBConnection.transaction(conn, fun, opts)
  end

  @spec rollback(DBConnection.t(), term()) :: no_return()
  def rollback(conn, reason), do: DBConnection.rollback(conn, reason)

  @spec stream(DBConnection.t(), Query.t(), term(), keyword()) :: Enumerable.t()
  def stream(conn, query, params, opts), do: DBConnection.stream(conn, query, params, opts)
end
