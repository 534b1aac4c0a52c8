defmodule EctoLibSql.TransactionCallbacks do
  @moduledoc false
  # How DBConnection begins and ends transactions, and savepoints in their place; EctoLibSql documents what each
  # callback returns.

  alias EctoLibSql.{Callbacks, Error, Isolation, Result, State}
  alias EctoLibSql.Native.Transactions

  require Isolation

  # Savepoints nest under one name: SQLite takes the innermost.
  @savepoint "ecto_libsql_savepoint"

  @type failure :: {:error | :disconnect, Exception.t(), State.t()}

  @spec begin(keyword(), State.t()) ::
          {:ok, :begin, State.t()} | {:transaction, State.t()} | failure()
  def begin(opts, state) do
    with {:ok, behaviour} <- Transactions.behaviour(opts, state),
         {:ok, state} <- Isolation.enter(opts, state) do
      begin(behaviour, opts, state)
    else
      # A connection that cannot leave its copy is of no use.
      {:error, error} when Isolation.left(state) -> {:disconnect, error, state}
      {:error, error} -> {:error, error, state}
    end
  end

  defp begin(:savepoint, opts, state) do
    case Transactions.savepoint(state, :open, @savepoint) do
      :ok -> writes(opts, :refuse, :begin, state)
      {:error, error} -> Callbacks.failed(error, state)
    end
  end

  defp begin(behaviour, opts, state),
    do: begun(Transactions.open(state, behaviour, Callbacks.timeout(opts, state)), state)

  defp begun({:ok, state}, _before), do: {:ok, :begin, state}

  defp begun({:error, %Error{kind: :misuse} = error}, state) do
    case Transactions.status(state) do
      {:ok, true} -> {:transaction, state}
      _ -> Callbacks.failed(error, state)
    end
  end

  defp begun({:error, error}, state), do: Callbacks.failed(error, state)

  @spec commit(keyword(), State.t()) ::
          {:ok, Result.t(), State.t()} | {:idle, State.t()} | failure()
  def commit(opts, state) do
    if Transactions.mode?(opts, :savepoint) do
      end_savepoint([:release], :commit, opts, state)
    else
      case Transactions.commit(state, Callbacks.timeout(opts, state)) do
        {:ok, state} -> {:ok, %Result{command: :commit}, state}
        :idle -> {:idle, %{state | trx_id: nil}}
        {:error, error} -> failed(error, state)
      end
    end
  end

  @spec rollback(keyword(), State.t()) ::
          {:ok, Result.t(), State.t()} | {:idle, State.t()} | failure()
  def rollback(opts, state) do
    if Transactions.mode?(opts, :savepoint) do
      end_savepoint([:rollback_to, :release], :rollback, opts, state)
    else
      case Transactions.rollback(state) do
        {:ok, state} ->
          {:ok, %Result{command: :rollback}, state}

        :idle ->
          {:idle, state}

        {:error, error} ->
          failed(error, state)
      end
    end
  end

  # Refused, or not the transaction that is open. A pool must not lend the connection to others while one is.
  defp failed(error, state) do
    case Transactions.status(state) do
      {:ok, false} -> Callbacks.failed(error, %{state | trx_id: nil})
      _open_or_closed -> {:disconnect, error, state}
    end
  end

  defp end_savepoint([operation | rest], command, opts, state) do
    case Transactions.savepoint(state, operation, @savepoint) do
      :ok -> end_savepoint(rest, command, opts, state)
      {:error, %Error{kind: :misuse}} -> {:idle, state}
      {:error, error} -> Callbacks.failed(error, state)
    end
  end

  defp end_savepoint([], command, opts, state),
    do: writes(opts, :allow, %Result{command: command}, state)

  # Inside of the sandbox a read-only transaction is a savepoint.
  defp writes(opts, operation, done, state) do
    with true <- Transactions.mode?(opts, :read_only),
         {:error, error} <- Transactions.writes(state, operation) do
      Callbacks.failed(error, state)
    else
      _nothing_to_do_or_done -> {:ok, done, state}
    end
  end
end
