defmodule EctoLibSql.Callbacks.Transactions do
  @moduledoc false
  # How DBConnection begins and ends transactions, and savepoints in their place; EctoLibSql documents what each
  # callback returns.

  alias EctoLibSql.Callbacks.{Call, SandboxCopy}
  alias EctoLibSql.Connection.Transactions
  alias EctoLibSql.{Error, Result, State}
  alias EctoLibSql.Options.TransactionMode

  require SandboxCopy

  # Nested savepoints may share a name: SQLite takes the innermost.
  @savepoint "ecto_libsql_savepoint"

  @spec status(State.t()) ::
          {:idle | :transaction, State.t()} | {:disconnect, Error.t(), State.t()}
  def status(state) do
    case Transactions.status(state) do
      {:ok, {true, _trx_id}} -> {:transaction, state}
      {:ok, {false, nil}} -> {:idle, state}
      {:error, error} -> {:disconnect, error, state}
    end
  end

  @spec begin(keyword(), State.t()) ::
          {:ok, :begin, State.t()} | {:transaction, State.t()} | Call.failure()
  def begin(opts, state) do
    with {:ok, mode} <- TransactionMode.read(opts, Call.settings(state).default_transaction_mode),
         timeout when is_integer(timeout) <- Call.timeout(opts, state),
         {:ok, state} <- SandboxCopy.before_begin(opts, state) do
      begin(mode, timeout, opts, state)
    else
      # The database could not be opened again.
      {:error, error} when SandboxCopy.has_unused_copy(state) -> {:disconnect, error, state}
      {:error, error} -> {:error, error, state}
    end
  end

  defp begin(:savepoint, timeout, opts, state) do
    case Transactions.savepoint(state, :open, @savepoint, timeout) do
      :ok -> writes(opts, :refuse, :begin, state)
      {:error, error} -> Call.failed(error, state)
    end
  end

  defp begin(mode, timeout, _opts, state),
    do: begun(Transactions.open(state, mode, timeout), state)

  defp begun({:ok, state}, _before), do: {:ok, :begin, state}

  defp begun({:error, %Error{kind: :misuse} = error}, state) do
    case Transactions.status(state) do
      {:ok, {true, _trx_id}} -> {:transaction, state}
      _ -> Call.failed(error, state)
    end
  end

  defp begun({:error, error}, state), do: Call.failed(error, state)

  @spec commit(keyword(), State.t()) ::
          {:ok, Result.t(), State.t()} | {:idle, State.t()} | Call.failure()
  def commit(opts, state) do
    if TransactionMode.asks?(opts, :savepoint) do
      end_savepoint([:release], :commit, opts, state)
    else
      with timeout when is_integer(timeout) <- Call.timeout(opts, state),
           {:ok, state} <- Transactions.commit(state, timeout) do
        {:ok, %Result{command: :commit}, state}
      else
        :idle -> {:idle, %{state | trx_id: nil}}
        {:error, error} -> failed(error, state)
      end
    end
  end

  @spec rollback(keyword(), State.t()) ::
          {:ok, Result.t(), State.t()} | {:idle, State.t()} | Call.failure()
  def rollback(opts, state) do
    if TransactionMode.asks?(opts, :savepoint) do
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

  # The commit or rollback was refused, or names another transaction. A pool must not lend a connection with an open
  # transaction to others.
  defp failed(error, state) do
    case Transactions.status(state) do
      {:ok, {false, nil}} -> Call.failed(error, %{state | trx_id: nil})
      _open_or_closed -> {:disconnect, error, state}
    end
  end

  defp end_savepoint([operation | rest], command, opts, state) do
    case Transactions.savepoint(state, operation, @savepoint) do
      :ok -> end_savepoint(rest, command, opts, state)
      {:error, %Error{kind: :misuse}} -> {:idle, state}
      {:error, error} -> Call.failed(error, state)
    end
  end

  defp end_savepoint([], command, opts, state),
    do: writes(opts, :allow, %Result{command: command}, state)

  # Inside of the sandbox a read-only transaction is a savepoint.
  defp writes(opts, operation, done, state) do
    with true <- TransactionMode.asks?(opts, :read_only),
         {:error, error} <- Transactions.set_writes(state, operation) do
      Call.failed(error, state)
    else
      _nothing_to_do_or_done -> {:ok, done, state}
    end
  end
end
