defmodule EctoLibSql.Native.RawTransactions do
  @moduledoc false
  # Transactions and savepoints on plain ids, see EctoLibSql.Native.Raw. The id of a transaction begins with that of
  # its connection: "<connection>.t<number>".

  alias EctoLibSql.Connection.Transactions
  alias EctoLibSql.State

  import EctoLibSql.Native.Answer, only: [bare: 1, mapped: 2, text: 1]

  @type id :: String.t()
  @type failure :: {:error, String.t()}

  @not_found {:error, "Transaction not found"}

  @spec begin_transaction(id()) :: id() | failure()
  def begin_transaction(conn_id), do: begin_transaction_with_behavior(conn_id, :deferred)

  @spec begin_transaction_with_behavior(id(), atom()) :: id() | failure()
  def begin_transaction_with_behavior(conn_id, mode)
      when mode in [:deferred, :immediate, :exclusive, :read_only] do
    Transactions.open(%State{conn_id: conn_id}, mode) |> text() |> mapped(& &1.trx_id) |> bare()
  end

  def begin_transaction_with_behavior(_conn_id, _other),
    do: {:error, "the behaviour must be :deferred, :immediate, :exclusive or :read_only"}

  @spec handle_status_transaction(id()) :: :ok | failure()
  def handle_status_transaction(trx_id) do
    with {:ok, state} <- state(trx_id), do: text(Transactions.check(state))
  end

  @spec commit_or_rollback_transaction(id(), id(), atom(), atom(), String.t()) ::
          {:ok, String.t()} | failure()
  def commit_or_rollback_transaction(trx_id, conn_id, _mode, _sync, verb)
      when verb in ["commit", "rollback"] do
    with {:ok, state} <- state(trx_id, conn_id), do: finish(state, verb)
  end

  def commit_or_rollback_transaction(_trx_id, _conn_id, _mode, _sync, _other),
    do: {:error, "opt is incorrect"}

  defp finish(state, verb) do
    outcome =
      if verb == "commit", do: Transactions.commit(state), else: Transactions.rollback(state)

    case outcome do
      {:ok, _state} -> {:ok, verb <> " success"}
      :idle -> @not_found
      error -> text(error)
    end
  end

  @doc false
  # Rolls back, by the transaction's id alone.
  @spec close(id()) :: :ok | failure()
  def close(trx_id) do
    with {:ok, state} <- state(trx_id), {:ok, _done} <- finish(state, "rollback"), do: :ok
  end

  @spec savepoint(id(), id(), String.t()) :: :ok | failure()
  def savepoint(conn_id, trx_id, name), do: savepoint(conn_id, trx_id, :open, name)

  @spec release_savepoint(id(), id(), String.t()) :: :ok | failure()
  def release_savepoint(conn_id, trx_id, name), do: savepoint(conn_id, trx_id, :release, name)

  @spec rollback_to_savepoint(id(), id(), String.t()) :: :ok | failure()
  def rollback_to_savepoint(conn_id, trx_id, name),
    do: savepoint(conn_id, trx_id, :rollback_to, name)

  defp savepoint(conn_id, trx_id, operation, name) do
    with {:ok, state} <- state(trx_id, conn_id),
         do: text(Transactions.savepoint(state, operation, name))
  end

  @doc false
  # A state of this transaction. The NIF refuses it unless that is the one open on the connection.
  @spec state(term(), id()) :: {:ok, State.t()} | failure()
  def state(trx_id, conn_id) when is_binary(trx_id),
    do: {:ok, %State{conn_id: conn_id, trx_id: trx_id}}

  def state(_no_id, _conn_id), do: @not_found

  defp state(trx_id) when is_binary(trx_id) do
    case String.split(trx_id, ".t") do
      [conn_id, _number] -> connected(%State{conn_id: conn_id, trx_id: trx_id})
      _ -> @not_found
    end
  end

  defp state(_no_id), do: @not_found

  # A transaction of a connection that is not open is not found either.
  defp connected(state) do
    case EctoLibSql.Connection.Lifetime.ping(state) do
      :ok -> {:ok, state}
      {:error, _error} -> @not_found
    end
  end
end
