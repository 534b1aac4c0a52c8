defmodule EctoLibSql.Connection.Prepared do
  @moduledoc false
  # Prepared statements: compiled once, kept by the connection under an id. Takes states and encoded parameters,
  # returns structs.

  alias EctoLibSql.Connection.{Await, Call, Statements}
  alias EctoLibSql.{Codec, Error, Nif, Result, State}

  @doc "Compiles a statement and returns the id under which it is kept."
  @spec prepare(State.t(), String.t()) :: {:ok, String.t()} | Call.failure()
  def prepare(state, sql), do: Call.structured(Nif.prepare(State.in_transaction(state), sql))

  @doc "Runs a prepared statement."
  @spec run(State.t(), term(), Nif.params(), integer()) :: {:ok, Result.t()} | Call.failure()
  def run(state, id, params, timeout \\ -1)

  def run(state, id, params, timeout) when is_binary(id) do
    conn = State.in_transaction(state)

    case Nif.execute_statement(conn, id, params, timeout) do
      {waiting, _ref} = wait when waiting in [:pending, :wait] ->
        Await.repeat(wait, state, timeout, &Nif.execute_statement(conn, id, params, &1))
        |> result(params)

      answer ->
        result(answer, params)
    end
  end

  def run(_state, _no_id, _params, _timeout), do: not_found()

  defp result({:ok, result}, _params), do: {:ok, Result.from_nif(result)}

  defp result({:error, error}, params),
    do: {:error, Codec.refusal(params, Call.exception(error))}

  defp not_found do
    {:error, Error.new(:not_found, "Statement not found", extended_code: :not_found_statement)}
  end

  @doc "Its result columns, and the names of its parameters with their prefixes, nil for `?`."
  @spec describe(State.t(), term()) ::
          {:ok, {[Statements.column()], [String.t() | nil]}} | Call.failure()
  def describe(state, id), do: Call.structured(Nif.describe_statement(State.conn(state), id))

  @doc "Resets it and clears its bindings."
  @spec reset(State.t(), term()) :: :ok | Call.failure()
  def reset(state, id), do: Call.structured(Nif.reset_statement(State.conn(state), id))

  @doc "Finalises it."
  @spec close(term()) :: :ok | Call.failure()
  def close(id), do: Call.structured(Nif.close_statement(id))

  @doc """
  Runs a text that is compiled for this run alone, and returns what the run has cost: the counters of the
  NIF, `:microseconds`, and `:rows`, read or changed.
  """
  @spec measure(State.t(), String.t(), list(), integer()) ::
          {:ok, %{atom() => integer()}} | Call.failure()
  def measure(state, sql, params, timeout \\ -1) do
    with {:ok, params} <- Codec.encode(params),
         {:ok, id} <- prepare(state, sql) do
      try do
        started = System.monotonic_time(:microsecond)

        with {:ok, result} <- run(state, id, params, timeout),
             took = System.monotonic_time(:microsecond) - started,
             {:ok, counters} <-
               Call.structured(Nif.statement_counters(State.conn(state), id)) do
          {:ok, Map.merge(counters, %{microseconds: took, rows: result.num_rows})}
        end
      after
        Await.answer(Nif.close_statement(id))
      end
    end
  end
end
