defmodule EctoLibSql.Connection.Statements do
  @moduledoc false
  # Statements given as text. Takes states and encoded parameters, returns structs.

  alias EctoLibSql.Connection.{Await, Call}
  alias EctoLibSql.{Codec, Error, Nif, Result, State}

  @typedoc "`{name, origin | nil, declared type | nil}`."
  @type column :: {String.t(), String.t() | nil, String.t() | nil}

  @doc "Runs a text; one with several statements gives the result of the last."
  @spec execute(State.t(), String.t(), Nif.params(), integer(), boolean()) ::
          {:ok, Result.t()} | Call.failure()
  def execute(state, sql, params, timeout \\ -1, cache \\ true) do
    case one(state, sql, params, timeout, cache) do
      :script -> last_of_script(state, sql, params, timeout)
      answer -> result(answer, params)
    end
  end

  @doc "Runs a text that must be one statement."
  @spec single(State.t(), String.t(), Nif.params()) :: {:ok, Result.t()} | Call.failure()
  def single(state, sql, params) do
    case one(state, sql, params, -1, true) do
      :script -> refuse("the text holds more than one statement, and only one is taken here", sql)
      answer -> result(answer, params)
    end
  end

  # Does not use Call.waiting/3: allocating its closure is measurable for a short statement.
  defp one(state, sql, params, timeout, cache) do
    conn = State.in_transaction(state)

    case Nif.execute(conn, sql, params, {timeout, cache}) do
      {waiting, _ref} = wait when waiting in [:pending, :wait] ->
        Await.repeat(wait, state, timeout, &Nif.execute(conn, sql, params, {&1, cache}))

      answer ->
        answer
    end
  end

  defp last_of_script(state, sql, params, timeout) when params in [[], %{}] do
    with {:ok, results} <- script(state, sql, :plain, timeout) do
      {:ok, List.last(results, %Result{command: :unknown})}
    end
  end

  defp last_of_script(_state, sql, _params, _timeout) do
    refuse("a text with more than one statement takes no parameters", sql)
  end

  defp refuse(message, sql), do: {:error, Error.new(:invalid_argument, message, statement: sql)}

  @doc "Runs all statements of a text and returns each one's result."
  @spec script(State.t(), String.t(), :plain | :atomic, integer()) ::
          {:ok, [Result.t()]} | Call.failure()
  def script(state, sql, mode, timeout \\ -1) do
    conn = State.in_transaction(state)

    with {:ok, results} <-
           Call.structured(Call.waiting(state, timeout, &Nif.script(conn, sql, mode, &1))),
         do: {:ok, Enum.map(results, &Result.from_nif/1)}
  end

  @doc "Compiles a text into the cache, which checks it; `:script` if it holds several statements."
  @spec check(State.t(), String.t(), integer()) :: :ok | :script | Call.failure()
  def check(state, sql, timeout \\ -1),
    do: Call.structured(Nif.check(State.in_transaction(state), sql), timeout)

  @doc "The verb of a text, e.g. `:select`; `:unknown` where there is none."
  @spec kind(String.t()) :: atom()
  def kind(sql), do: Nif.statement_kind(sql)

  @doc "Drops a text from the cache of compiled statements."
  @spec uncache(State.t(), String.t()) :: :ok | Call.failure()
  def uncache(state, sql), do: Call.structured(Nif.uncache(State.conn(state), sql))

  @doc "The result columns of a text, and the names of its parameters with their prefixes, nil for `?`."
  @spec describe(State.t(), String.t()) ::
          {:ok, {[column()], [String.t() | nil]}} | Call.failure()
  def describe(state, sql), do: Call.structured(Nif.describe(State.in_transaction(state), sql))

  @doc "The rows of EXPLAIN QUERY PLAN."
  @spec explain(State.t(), term(), term()) :: {:ok, Result.t()} | Call.failure()
  def explain(state, sql, args) when is_binary(sql) do
    with {:ok, params} <- Codec.encode(args, :native),
         do: single(state, "EXPLAIN QUERY PLAN " <> sql, params)
  end

  def explain(_state, _sql, _args),
    do: {:error, Error.new(:invalid_argument, "the SQL to explain must be a string")}

  @doc "Runs one pragma; a text with more statements is refused, because they need not be pragmas."
  @spec pragma(State.t(), String.t()) :: {:ok, Result.t()} | Call.failure()
  def pragma(state, sql), do: single(state, sql, [])

  defp result({:ok, result}, _params), do: {:ok, Result.from_nif(result)}

  defp result({:error, error}, params),
    do: {:error, Codec.refusal(params, Call.exception(error))}
end
