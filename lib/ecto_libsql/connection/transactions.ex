defmodule EctoLibSql.Connection.Transactions do
  @moduledoc false
  # Transactions and savepoints on one connection. The state carries the id of its transaction, which the NIF
  # compares with the one that is open; whether one is open is asked from SQLite.

  alias EctoLibSql.Connection.{Await, Call}
  alias EctoLibSql.{Error, Nif, State}

  @type answer :: :ok | {:error, Error.t()}

  @doc "Begins a transaction; the state that is returned belongs to it."
  @spec open(State.t(), atom(), integer()) :: {:ok, State.t()} | {:error, Error.t()}
  def open(state, mode, timeout \\ -1) do
    conn = State.in_transaction(state)
    call = fn _left -> Nif.begin_transaction(conn, mode) end

    with {:ok, trx_id} <- Call.structured(Call.waiting(state, timeout, call)),
         do: {:ok, %{state | trx_id: trx_id}}
  end

  @doc "Commits. A commit that SQLite refuses ends the transaction as well: it is rolled back."
  @spec commit(State.t(), integer()) :: {:ok, State.t()} | :idle | {:error, Error.t()}
  def commit(state, timeout \\ -1) do
    conn = State.in_transaction(state)

    case Call.waiting(state, timeout, fn _left -> Nif.commit(conn) end) do
      :ok -> {:ok, %{state | trx_id: nil}}
      # None is open, or SQLite has rolled this one back by itself.
      {:error, %{kind: :misuse}} -> :idle
      {:error, error} -> refused(Error.from_nif(error), conn)
    end
  end

  # One that was stopped before it began (an interrupt, the timeout) is still open.
  defp refused(%{kind: kind} = error, _conn) when kind in [:not_found, :foreign],
    do: {:error, error}

  defp refused(error, conn) do
    _rolled_back_or_not = Await.answer(Nif.rollback(conn))
    {:error, error}
  end

  @doc "Rolls back. It is no error if SQLite has done so by itself already."
  @spec rollback(State.t()) :: {:ok, State.t()} | :idle | {:error, Error.t()}
  def rollback(state) do
    case Await.answer(Nif.rollback(State.in_transaction(state))) do
      :ok -> {:ok, %{state | trx_id: nil}}
      {:error, %{extended_code: :abort_rollback}} -> {:ok, %{state | trx_id: nil}}
      :idle -> :idle
      {:error, error} -> {:error, Error.from_nif(error)}
    end
  end

  @doc "Rolls back what is open, resets statements and closes cursors."
  @spec reset(State.t()) :: answer()
  def reset(state) do
    case Await.answer(Nif.reset(State.in_transaction(state))) do
      # SQLite has rolled the transaction back by itself: nothing of it is open.
      {:error, %{extended_code: :abort_rollback}} ->
        Call.structured(Nif.reset(State.conn(state)))

      answer ->
        Call.structured(answer)
    end
  end

  @doc "Whether a transaction is open on the connection, and its id."
  @spec status(State.t()) :: {:ok, {boolean(), String.t() | nil}} | {:error, Error.t()}
  def status(state), do: Call.structured(Nif.transaction_status(State.conn(state)))

  @doc "`:ok` unless the state names a transaction that is not open on its connection."
  @spec check(State.t()) :: answer()
  def check(state) do
    with {:ok, _status} <- Call.structured(Nif.transaction_status(State.in_transaction(state))),
         do: :ok
  end

  @doc "Opens a savepoint, releases it, or rolls back to it."
  @spec savepoint(State.t(), :open | :release | :rollback_to, term(), integer()) :: answer()
  def savepoint(state, operation, name, timeout \\ -1) do
    if is_binary(name) and name =~ ~r/\A[A-Za-z_][A-Za-z0-9_]*\z/ do
      Nif.savepoint(State.in_transaction(state), operation, name)
      |> Await.answer(timeout)
      |> savepoint_answer()
    else
      message = "Invalid savepoint name: it must match [A-Za-z_][A-Za-z0-9_]*"
      {:error, Error.new(:invalid_argument, message)}
    end
  end

  # A transaction that SQLite has rolled back by itself has another code, :abort_rollback.
  defp savepoint_answer({:error, %{kind: :misuse, extended_code: :misuse}}) do
    {:error,
     Error.new(:misuse, "No active transaction: savepoints exist inside transactions only")}
  end

  defp savepoint_answer(answer), do: Call.structured(answer)

  @doc "Whether the open transaction may write."
  @spec may_write(State.t()) :: {:ok, boolean()} | {:error, Error.t()}
  def may_write(state), do: Call.structured(Nif.writes(State.in_transaction(state), :ask))

  @doc "Forbids or allows writing again within a transaction, for a savepoint that is to be read-only."
  @spec set_writes(State.t(), :refuse | :allow) :: answer()
  def set_writes(state, operation) do
    with {:ok, _allowed?} <-
           Call.structured(Nif.writes(State.in_transaction(state), operation)),
         do: :ok
  end
end
