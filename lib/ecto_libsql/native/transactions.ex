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
         Source.with_state(source, &Nif.writes(State.conn(&1), :ask)) == {:ok, true} do
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
    case Nif.writes(State.conn(state), operation) do
      {:ok, _allowed?} -> :ok
      {:error, error} -> {:error, Error.from_nif(error)}
    end
  end

  @spec open(State.t(), atom(), integer()) :: {:ok, State.t()} | {:error, Error.t()}
  def open(state, behaviour, timeout \\ -1) do
    conn = State.conn(state)
    call = fn _left -> Nif.begin_transaction(conn, behaviour) end

    case Statements.waiting(state, timeout, call) do
      {:ok, trx_id} -> {:ok, %{state | trx_id: trx_id}}
      {:error, error} -> {:error, Error.from_nif(error)}
    end
  end

  @doc "`:ok` unless the state names a transaction that is not the one open on its connection."
  @spec named(State.t()) :: :ok | {:error, Error.t()}
  def named(%State{trx_id: nil}), do: :ok

  def named(%State{trx_id: trx_id} = state) do
    case Nif.transaction_status(State.conn(state)) do
      {:ok, {true, other}} when other != trx_id and other != nil ->
        {:error,
         Error.new(:foreign, "Transaction does not belong to this connection",
           extended_code: :foreign_transaction
         )}

      {:ok, _idle_or_same} ->
        :ok

      {:error, error} ->
        {:error, Error.from_nif(error)}
    end
  end

  @doc """
  Commits. A commit that SQLite refuses ends the transaction as well: it is rolled back. The flag
  says whether the connection is free of the transaction.
  """
  @spec commit(State.t(), integer()) ::
          {:ok, State.t()} | :idle | {:error, Error.t(), :rolled_back | :still_open}
  def commit(state, timeout \\ -1) do
    conn = State.conn(state)

    case Statements.waiting(state, timeout, fn _left -> Nif.commit(conn) end) do
      :ok -> {:ok, %{state | trx_id: nil}}
      {:error, %{kind: :misuse}} -> :idle
      {:error, error} -> {:error, Error.from_nif(error), ended(conn)}
    end
  end

  defp ended(conn) do
    if match?({:error, _}, Nif.rollback(conn)), do: :still_open, else: :rolled_back
  end

  @spec rollback(State.t()) :: {:ok, State.t()} | :idle | {:error, Error.t()}
  def rollback(state) do
    case Nif.rollback(State.conn(state)) do
      :ok -> {:ok, %{state | trx_id: nil}}
      :idle when state.trx_id != nil -> {:ok, %{state | trx_id: nil}}
      :idle -> :idle
      {:error, error} -> {:error, Error.from_nif(error)}
    end
  end

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
      savepoint_answer(Nif.savepoint(State.conn(state), operation, name))
    else
      {:error,
       Error.new(
         :invalid_argument,
         "Invalid savepoint name: it must match [A-Za-z_][A-Za-z0-9_]*"
       )}
    end
  end

  defp savepoint_answer(:ok), do: :ok

  defp savepoint_answer({:error, %{kind: :misuse}}) do
    {:error,
     Error.new(:misuse, "No active transaction: savepoints exist inside transactions only")}
  end

  defp savepoint_answer({:error, error}), do: {:error, Error.from_nif(error)}
end
