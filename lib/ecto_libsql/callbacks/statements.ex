defmodule EctoLibSql.Callbacks.Statements do
  @moduledoc false
  # Statements as DBConnection prepares, runs and closes them; EctoLibSql documents what each callback returns.

  alias EctoLibSql.Callbacks.{Call, SandboxCopy, StateQuery}
  alias EctoLibSql.{Query, Result, State, Telemetry}
  alias EctoLibSql.Connection.Statements

  require SandboxCopy
  require StateQuery

  # Each statement runs through these.
  @compile {:inline, run: 4, cache?: 1}

  @spec prepare(term(), keyword(), State.t()) :: {:ok, Query.t(), State.t()} | Call.failure()
  def prepare(query, opts, state) when SandboxCopy.has_unused_copy(state),
    do: SandboxCopy.outside(state, &prepare(query, opts, &1))

  def prepare(%Query{statement: StateQuery.text()} = query, _opts, state), do: {:ok, query, state}

  def prepare(%Query{statement: sql} = query, opts, state) when is_binary(sql) do
    with timeout when is_integer(timeout) <- Call.timeout(opts, state),
         checked when checked in [:ok, :script] <- Statements.check(state, sql, timeout) do
      {:ok, query, state}
    else
      {:error, error} -> error |> Call.with_statement(sql) |> Call.failed(state)
    end
  end

  def prepare(query, opts, state) do
    with {:ok, query} <- Call.query(query, state), do: prepare(query, opts, state)
  end

  @spec execute(term(), term(), keyword(), State.t()) ::
          {:ok, Query.t(), Result.t(), State.t()} | Call.failure()
  def execute(query, params, opts, state) when SandboxCopy.has_unused_copy(state),
    do: SandboxCopy.outside(state, &execute(query, params, opts, &1))

  def execute(%Query{statement: StateQuery.text()} = query, _params, _opts, state),
    do: {:ok, query, StateQuery.result(state), state}

  def execute(%Query{statement: sql} = query, params, opts, state) when is_binary(sql) do
    started = Telemetry.start()
    outcome = run(state, query, params, opts)
    Telemetry.query(started, state, sql, outcome)

    case outcome do
      {:ok, result} -> {:ok, query, result, state}
      {:error, error} -> Call.failed(error, params, state)
    end
  end

  def execute(query, params, opts, state) do
    with {:ok, query} <- Call.query(query, state), do: execute(query, params, opts, state)
  end

  defp run(state, %Query{statement: sql, cache: cache}, params, opts) do
    with {:ok, params} <- Query.encoded(params),
         timeout when is_integer(timeout) <- Call.timeout(opts, state),
         {:ok, result} <-
           Statements.execute(state, sql, params, timeout, cache and cache?(opts)) do
      {:ok, result}
    else
      {:error, error} -> {:error, Call.with_statement(error, sql)}
    end
  end

  defp cache?([]), do: true
  defp cache?(opts), do: List.keyfind(opts, :cache, 0) != {:cache, false}

  @spec close(term(), State.t()) :: {:ok, Result.t(), State.t()} | Call.failure()
  def close(query, state) do
    with {:ok, %Query{statement: sql}} <- Call.query(query, state) do
      case Statements.uncache(state, sql) do
        :ok -> {:ok, %Result{}, state}
        {:error, error} -> Call.failed(error, state)
      end
    end
  end
end
