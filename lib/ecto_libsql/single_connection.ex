defmodule EctoLibSql.SingleConnection do
  @moduledoc false
  # What EctoLibSql offers for pools, on the state of one connection: the same functions, without DBConnection.
  # EctoLibSql.Pool is its counterpart.

  alias EctoLibSql.Callbacks.{Cursors, Statements, Transactions}
  alias EctoLibSql.Connection.Transactions, as: OpenTransaction
  alias EctoLibSql.Options.TransactionMode
  alias EctoLibSql.{Query, Result, State}

  @rollback {__MODULE__, :rollback}

  @spec query(State.t(), Query.t() | String.t(), term(), keyword()) ::
          {:ok, Result.t()} | {:error, Exception.t()}
  def query(state, query, params, opts) do
    case Statements.execute(query, params, opts, state) do
      {:ok, _query, result, _state} -> {:ok, result}
      {_error, error, _state} -> {:error, error}
    end
  end

  @spec transaction(State.t(), (State.t() -> result), keyword()) ::
          {:ok, result} | {:error, term()}
        when result: term()
  def transaction(state, fun, opts) do
    case Transactions.begin(opts, state) do
      {:ok, _begun, state} -> inside(state, fun, opts)
      {:transaction, state} -> nested(state, fun, opts)
      {_error, error, _state} -> {:error, error}
    end
  end

  # A transaction inside a transaction is a savepoint.
  defp nested(state, fun, opts) do
    TransactionMode.check_nested!(opts, fn -> OpenTransaction.may_write(state) end)
    opts = [mode: :savepoint] ++ TransactionMode.without(opts)

    case Transactions.begin(opts, state) do
      {:ok, _begun, state} -> inside(state, fun, opts)
      {_error, error, _state} -> {:error, error}
    end
  end

  defp inside(%State{conn_id: id} = state, fun, opts) do
    fun.(state)
  catch
    :throw, {@rollback, ^id, reason} ->
      Transactions.rollback(opts, state)
      {:error, reason}

    kind, reason ->
      Transactions.rollback(opts, state)
      :erlang.raise(kind, reason, __STACKTRACE__)
  else
    result ->
      case Transactions.commit(opts, state) do
        {:ok, _result, _state} -> {:ok, result}
        {:idle, _state} -> {:error, :rollback}
        {_error, error, _state} -> {:error, error}
      end
  end

  @spec rollback(State.t(), term()) :: no_return()
  def rollback(%State{conn_id: id}, reason), do: throw({@rollback, id, reason})

  @spec stream(State.t(), Query.t() | String.t(), term(), keyword()) :: Enumerable.t()
  def stream(state, query, params, opts) do
    Stream.resource(
      fn -> declare(state, query, params, opts) end,
      fn cursor -> next(state, cursor, opts) end,
      fn cursor -> Cursors.deallocate(last(cursor), state) end
    )
  end

  defp declare(state, query, params, opts) do
    case Cursors.declare(query, params, opts, state) do
      {:ok, _query, cursor, _state} -> cursor
      {_error, error, _state} -> raise error
    end
  end

  defp next(_state, {:done, _cursor} = done, _opts), do: {:halt, done}

  defp next(state, cursor, opts) do
    case Cursors.fetch(cursor, opts, state) do
      {:cont, result, _state} -> {[result], cursor}
      {:halt, result, _state} -> {[result], {:done, cursor}}
      {_error, error, _state} -> raise error
    end
  end

  defp last({:done, cursor}), do: cursor
  defp last(cursor), do: cursor
end
