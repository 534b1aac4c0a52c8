defmodule EctoLibSql.Native.RawTransactions do
  @moduledoc false
  # Transactions and savepoints by their plain ids, see EctoLibSql.Native.Raw. The id of a transaction
  # begins with that of its connection: "<connection>.t<number>".

  alias EctoLibSql.{Nif, State}
  alias EctoLibSql.Native.Transactions

  import EctoLibSql.Native.Answer, only: [text: 1]

  @type id :: String.t()
  @type failure :: {:error, String.t()}

  @spec begin_transaction(id()) :: id() | failure()
  def begin_transaction(conn_id), do: begin_transaction_with_behavior(conn_id, :deferred)

  @spec begin_transaction_with_behavior(id(), atom()) :: id() | failure()
  def begin_transaction_with_behavior(conn_id, behaviour)
      when behaviour in [:deferred, :immediate, :exclusive, :read_only] do
    case Transactions.open(%State{conn_id: conn_id}, behaviour) do
      {:ok, %State{trx_id: trx_id}} -> trx_id
      error -> text(error)
    end
  end

  def begin_transaction_with_behavior(_conn_id, _other) do
    {:error, "the behaviour must be :deferred, :immediate, :exclusive or :read_only"}
  end

  @spec handle_status_transaction(id()) :: :ok | failure()
  def handle_status_transaction(trx_id), do: with({:ok, _conn_id} <- connection(trx_id), do: :ok)

  @spec commit_or_rollback_transaction(id(), id(), atom(), atom(), String.t()) ::
          {:ok, String.t()} | failure()
  def commit_or_rollback_transaction(trx_id, conn_id, _mode, _sync, verb)
      when verb in ["commit", "rollback"] do
    with {:ok, state} <- state(trx_id, conn_id), do: finish(state, verb)
  end

  def commit_or_rollback_transaction(_trx_id, _conn_id, _mode, _sync, _other) do
    {:error, "opt is incorrect"}
  end

  defp finish(state, "commit") do
    case Transactions.commit(state) do
      {:ok, _state} -> {:ok, "commit success"}
      :idle -> {:error, "Transaction not found"}
      error -> text(error)
    end
  end

  defp finish(state, "rollback") do
    case Transactions.rollback(state) do
      {:ok, _state} -> {:ok, "rollback success"}
      error -> text(error)
    end
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

  def state(_no_id, _conn_id), do: {:error, "Transaction not found"}

  @doc false
  # The connection on which this transaction is open.
  @spec connection(term()) :: {:ok, id()} | failure()
  def connection(trx_id) do
    with {:ok, conn_id} <- owner(trx_id),
         {:ok, {true, ^trx_id}} <- Nif.transaction_status(conn_id) do
      {:ok, conn_id}
    else
      _ -> {:error, "Transaction not found"}
    end
  end

  defp owner(trx_id) when is_binary(trx_id) do
    case String.split(trx_id, ".t") do
      [conn_id, number] when conn_id != "" and number != "" -> {:ok, conn_id}
      _ -> {:error, "Transaction not found"}
    end
  end

  defp owner(_other), do: {:error, "Transaction not found"}
end
