defmodule Ecto.Adapters.LibSql.Query.Transaction do
  @moduledoc false
  # Repo.transaction with the options that this adapter adds: `mode: :savepoint` rolls back a nested transaction alone,
  # `retry: n` runs a transaction again after SQLITE_BUSY or SQLITE_LOCKED.

  alias Ecto.Adapters.SQL
  alias EctoLibSql.Error
  alias EctoLibSql.Connection.Transactions
  alias EctoLibSql.Options.TransactionMode
  alias EctoLibSql.Source

  @type meta :: Ecto.Adapter.adapter_meta()

  @spec run(meta(), keyword(), (() -> result)) :: {:ok, result} | {:error, term()}
        when result: term()
  def run(meta, opts, fun) do
    nested? = SQL.in_transaction?(meta)

    cond do
      nested? and opts[:mode] == :savepoint -> savepoint(meta, opts, fun)
      nested? -> nested(meta, opts, fun)
      true -> retried(meta, opts, fun, retries!(opts))
    end
  end

  # Only the outermost transaction is retried.
  defp nested(meta, opts, fun) do
    may_write = fn -> Source.with_state(connection(meta), &Transactions.may_write/1) end
    TransactionMode.check_nested!(opts, may_write)
    SQL.transaction(meta, opts, fun)
  end

  ## Retries

  defp retries!(opts) do
    case Keyword.get(opts, :retry, 0) do
      count when is_integer(count) and count >= 0 ->
        count

      other ->
        raise ArgumentError,
              "the option :retry must be a count of retries, got: #{inspect(other)}"
    end
  end

  defp retried(meta, opts, fun, 0), do: SQL.transaction(meta, opts, fun)

  defp retried(meta, opts, fun, left) do
    SQL.transaction(meta, opts, fun)
  rescue
    error in Error ->
      if busy?(error), do: again(meta, opts, fun, left), else: reraise(error, __STACKTRACE__)
  else
    {:error, %Error{} = error} = failed ->
      if busy?(error), do: again(meta, opts, fun, left), else: failed

    result ->
      result
  end

  # Begins with the write lock: a deferred transaction that has read before its first write fails if another one wrote
  # in between.
  defp again(meta, opts, fun, left) do
    opts =
      if opts[:mode] in [nil, :deferred], do: Keyword.put(opts, :mode, :immediate), else: opts

    retried(meta, opts, fun, left - 1)
  end

  defp busy?(%Error{sqlite: %{code: code}}), do: code in [:busy, :locked]
  defp busy?(_error), do: false

  ## Savepoints

  # Each level has a unique name. Repo.rollback/1 throws a tuple with the connection's reference.
  defp savepoint(meta, opts, fun) do
    name = "ecto_#{System.unique_integer([:positive])}"
    run = &SQL.query(meta, &1 <> name, [], Keyword.take(opts, [:log, :timeout]))
    done!(run.("SAVEPOINT "))

    try do
      fun.()
    catch
      kind, reason ->
        # If SQLite has rolled back the whole transaction, there is no savepoint; the caller gets the first error.
        with {:ok, _} <- run.("ROLLBACK TO "), do: run.("RELEASE ")
        rolled_back(kind, reason, connection(meta), __STACKTRACE__)
    else
      result ->
        done!(run.("RELEASE "))
        {:ok, result}
    end
  end

  defp done!({:ok, _result}), do: :ok
  defp done!({:error, error}), do: raise(error)

  defp rolled_back(:throw, {DBConnection, ref, reason}, %DBConnection{conn_ref: ref}, _stack),
    do: {:error, reason}

  defp rolled_back(kind, reason, _conn, stack), do: :erlang.raise(kind, reason, stack)

  @doc "The connection that this process has checked out; Ecto.Adapters.SQL keeps it in the process dictionary."
  @spec connection(meta()) :: DBConnection.t() | nil
  def connection(%{pid: pool}), do: Process.get({SQL, pool})
end
