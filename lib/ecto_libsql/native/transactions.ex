defmodule EctoLibSql.Native.Transactions do
  @moduledoc false
  # Transactions and savepoints on one connection. The state carries the open transaction's id; what
  # is true of the connection is always asked from SQLite.

  alias EctoLibSql.{Error, Nif, State}
  alias EctoLibSql.Native.{Source, Statements}

  @keys [:mode, :behaviour, :behavior]
  # :transaction is what Ecto's sandbox says for an ordinary one.
  @modes [:deferred, :immediate, :exclusive, :read_only, :savepoint, :transaction]
  @expected "the transaction mode must be :deferred, :immediate, :exclusive, :read_only or :savepoint"

  @doc "The behaviour that options ask for, under any of its names; `:savepoint` for that mode."
  @spec behaviour(keyword(), State.t()) ::
          {:ok, :deferred | :immediate | :exclusive | :read_only | :savepoint}
          | {:error, Error.t()}
  def behaviour([], state), do: {:ok, default(state)}

  def behaviour(opts, state) when is_list(opts) do
    modes = modes(opts)

    cond do
      wrong = wrong_mode(modes) -> refuse(wrong)
      :savepoint in modes -> {:ok, :savepoint}
      modes == [] or hd(modes) == :transaction -> {:ok, default(state)}
      true -> {:ok, hd(modes)}
    end
  end

  def behaviour(_opts, _state), do: refuse("the options of a transaction must be a keyword list")

  defp modes(opts), do: for({key, mode} <- opts, key in @keys and mode != nil, do: mode)

  defp wrong_mode(modes) do
    mode = Enum.find(modes, &(&1 not in @modes))
    mode && "#{@expected}, got: #{inspect(mode)}"
  end

  @doc """
  Whether the options ask for `mode`, beside others: Ecto's sandbox puts its `mode: :savepoint` before
  what the caller asked for.
  """
  @spec mode?(keyword(), :savepoint | :read_only) :: boolean()
  def mode?(opts, mode),
    do: Enum.any?(opts, fn {key, asked} -> asked == mode and key in @keys end)

  defp refuse(message), do: {:error, Error.new(:invalid_argument, message)}

  defp default(%State{settings: nil}), do: :deferred
  defp default(%State{settings: settings}), do: settings.default_transaction_mode

  @doc """
  For a transaction inside of an open one, whose mode holds for both: raises if the inner one asks that
  nothing be written, and the outer one lets it, or for a mode that there is not.
  """
  @spec check_nested!(keyword(), Source.source()) :: :ok
  def check_nested!(opts, source) do
    if wrong = opts |> modes() |> wrong_mode(), do: raise(ArgumentError, wrong)

    if mode?(opts, :read_only) and
         Source.with_state(source, &Nif.writes(State.in_transaction(&1), :ask)) == {:ok, true} do
      raise ArgumentError,
            "a transaction inside of an open one cannot be :read_only, because the open one may write: " <>
              "begin that with mode: :read_only, or leave the mode out"
    end

    :ok
  end

  @doc """
  Forbids or allows writing again within a transaction, for a savepoint that is to be read-only.
  """
  @spec writes(State.t(), :refuse | :allow) :: :ok | {:error, Error.t()}
  def writes(state, operation) do
    case Nif.writes(State.in_transaction(state), operation) do
      {:ok, _allowed?} -> :ok
      {:error, error} -> {:error, Error.from_nif(error)}
    end
  end

  @spec open(State.t(), atom(), integer()) :: {:ok, State.t()} | {:error, Error.t()}
  def open(state, behaviour, timeout \\ -1) do
    conn = State.in_transaction(state)
    call = fn _left -> Nif.begin_transaction(conn, behaviour) end

    case Statements.waiting(state, timeout, call) do
      {:ok, trx_id} -> {:ok, %{state | trx_id: trx_id}}
      {:error, error} -> {:error, Error.from_nif(error)}
    end
  end

  @doc "Commits. A commit that SQLite refuses ends the transaction as well: it is rolled back."
  @spec commit(State.t(), integer()) :: {:ok, State.t()} | :idle | {:error, Error.t()}
  def commit(state, timeout \\ -1) do
    conn = State.in_transaction(state)

    case Statements.waiting(state, timeout, fn _left -> Nif.commit(conn) end) do
      :ok -> {:ok, %{state | trx_id: nil}}
      # None is open, or SQLite has rolled this one back by itself.
      {:error, %{kind: :misuse}} -> :idle
      {:error, error} -> {:error, Error.from_nif(error)}
    end
  end

  @doc "Rolls back. It is no error if SQLite has done so by itself already."
  @spec rollback(State.t()) :: {:ok, State.t()} | :idle | {:error, Error.t()}
  def rollback(state) do
    case Nif.rollback(State.in_transaction(state)) do
      :ok -> {:ok, %{state | trx_id: nil}}
      {:error, %{extended_code: :abort_rollback}} -> {:ok, %{state | trx_id: nil}}
      :idle -> :idle
      {:error, error} -> {:error, Error.from_nif(error)}
    end
  end

  @doc "Rolls back what is open, resets statements and closes cursors."
  @spec reset(State.t()) :: :ok | {:error, Error.t()}
  def reset(state), do: Statements.simple(Nif.reset(State.in_transaction(state)))

  @spec status(State.t()) :: {:ok, boolean()} | {:error, Error.t()}
  def status(state) do
    case Nif.transaction_status(State.conn(state)) do
      {:ok, {open?, _trx_id}} -> {:ok, open?}
      {:error, error} -> {:error, Error.from_nif(error)}
    end
  end

  @spec savepoint(State.t(), :open | :release | :rollback_to, term()) :: :ok | {:error, Error.t()}
  def savepoint(state, operation, name) do
    if is_binary(name) and name =~ ~r/\A[A-Za-z_][A-Za-z0-9_]*\z/ do
      savepoint_answer(Nif.savepoint(State.in_transaction(state), operation, name))
    else
      {:error,
       Error.new(
         :invalid_argument,
         "Invalid savepoint name: it must match [A-Za-z_][A-Za-z0-9_]*"
       )}
    end
  end

  defp savepoint_answer(:ok), do: :ok

  defp savepoint_answer({:error, %{kind: :misuse, extended_code: :misuse}}) do
    {:error,
     Error.new(:misuse, "No active transaction: savepoints exist inside transactions only")}
  end

  defp savepoint_answer({:error, error}), do: {:error, Error.from_nif(error)}
end
