defmodule EctoLibSql.Native.Statements do
  @moduledoc false
  # Running statements: by text, prepared, or through a cursor. Takes states and encoded parameters,
  # returns structs; EctoLibSql and EctoLibSql.Native give them the shapes of their callers.

  alias EctoLibSql.{Codec, Error, Nif, Result, State}
  alias EctoLibSql.Native.Await

  @type failure :: {:error, Error.t() | ArgumentError.t()}

  @doc "Runs a text; one with several statements gives the result of the last."
  @spec execute(State.t(), String.t(), Nif.params(), integer(), boolean()) ::
          {:ok, Result.t()} | failure()
  def execute(state, sql, params, timeout \\ -1, cache \\ true) do
    case one(state, sql, params, timeout, cache) do
      :script -> last_of_script(state, sql, params, timeout)
      answer -> result(answer, params)
    end
  end

  @doc "Runs a text that must be one statement."
  @spec single(State.t(), String.t(), Nif.params()) :: {:ok, Result.t()} | failure()
  def single(state, sql, params) do
    case one(state, sql, params, -1, true) do
      :script -> refuse("the text holds more than one statement, and only one is taken here", sql)
      answer -> result(answer, params)
    end
  end

  defp one(state, sql, params, timeout, cache) do
    conn = State.in_transaction(state)

    case Nif.execute(conn, sql, params, {timeout, cache}) do
      {:wait, ticket} ->
        Await.repeat(ticket, state, timeout, &Nif.execute(conn, sql, params, {&1, cache}))

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
          {:ok, [Result.t()]} | failure()
  def script(state, sql, mode, timeout \\ -1) do
    conn = State.in_transaction(state)

    case waiting(state, timeout, &Nif.script(conn, sql, mode, &1)) do
      {:ok, results} -> {:ok, Enum.map(results, &to_result/1)}
      {:error, error} -> {:error, exception(error)}
    end
  end

  @doc "Compiles a statement and returns the id under which it is kept."
  @spec prepare(State.t(), String.t()) :: {:ok, String.t()} | failure()
  def prepare(state, sql), do: simple(Nif.prepare(State.in_transaction(state), sql))

  @doc "Runs a prepared statement."
  @spec run_prepared(State.t(), String.t(), Nif.params(), integer()) ::
          {:ok, Result.t()} | failure()
  def run_prepared(state, id, params, timeout \\ -1) do
    conn = State.in_transaction(state)

    case Nif.execute_statement(conn, id, params, timeout) do
      {:wait, ticket} ->
        Await.repeat(ticket, state, timeout, &Nif.execute_statement(conn, id, params, &1))
        |> result(params)

      answer ->
        result(answer, params)
    end
  end

  @doc """
  Runs a text that is compiled for this run alone, and says what the run has cost: the counters of the
  NIF, `:microseconds`, and `:rows`, read or changed.
  """
  @spec measure(State.t(), String.t(), list(), integer()) ::
          {:ok, %{atom() => integer()}} | failure()
  def measure(state, sql, params, timeout \\ -1) do
    with {:ok, params} <- Codec.encode(params),
         {:ok, id} <- prepare(state, sql) do
      try do
        started = System.monotonic_time(:microsecond)

        with {:ok, result} <- run_prepared(state, id, params, timeout),
             took = System.monotonic_time(:microsecond) - started,
             {:ok, counters} <- simple(Nif.statement_counters(State.conn(state), id)) do
          {:ok, Map.merge(counters, %{microseconds: took, rows: result.num_rows})}
        end
      after
        Nif.close_statement(id)
      end
    end
  end

  @doc "Opens a cursor and returns its id."
  @spec open_cursor(State.t(), String.t(), Nif.params()) :: {:ok, String.t()} | failure()
  def open_cursor(state, sql, params) do
    case Nif.open_cursor(State.in_transaction(state), sql, params) do
      {:ok, id} -> {:ok, id}
      {:error, error} -> {:error, Codec.refusal(params, exception(error))}
    end
  end

  @doc "The next rows of a cursor."
  @spec fetch(State.t(), String.t(), pos_integer(), integer()) :: {:ok, Result.t()} | failure()
  def fetch(state, cursor_id, max_rows, timeout \\ -1) do
    conn = State.in_transaction(state)

    case waiting(state, timeout, &Nif.fetch(conn, cursor_id, max_rows, &1)) do
      {:ok, {columns, rows, count, _done?}} ->
        {:ok, %Result{command: :select, columns: columns, rows: rows, num_rows: count}}

      {:error, error} ->
        {:error, exception(error)}
    end
  end

  @doc "Closes a cursor; one that is closed already is fine."
  @spec close_cursor(String.t()) :: :ok
  def close_cursor(cursor_id) do
    _closed_or_unknown = Nif.close_cursor(cursor_id)
    :ok
  end

  @doc "Compiles a text into the cache, to see whether it is right; `:script` if it is several."
  @spec check(State.t(), String.t()) :: :ok | :script | failure()
  def check(state, sql), do: simple(Nif.check(State.in_transaction(state), sql))

  @doc "Drops a text from the cache of compiled statements."
  @spec uncache(State.t(), String.t()) :: :ok | failure()
  def uncache(state, sql), do: simple(Nif.uncache(State.conn(state), sql))

  @doc "The declared parameters of a text: `[name | nil]`."
  @spec parameter_names(State.t(), String.t()) :: {:ok, [String.t() | nil]} | failure()
  def parameter_names(state, sql) do
    with {:ok, {_columns, names}} <- simple(Nif.describe(State.in_transaction(state), sql)),
         do: {:ok, names}
  end

  @doc "Calls the NIF, and again for as long as it has to wait for the write lock."
  @spec waiting(State.t(), integer(), (integer() -> answer)) :: answer | Nif.failure()
        when answer: term()
  def waiting(state, timeout, call) do
    case call.(timeout) do
      {:wait, ticket} -> Await.repeat(ticket, state, timeout, call)
      answer -> answer
    end
  end

  @doc "An answer of the NIF with its error as a struct."
  @spec simple(answer) :: answer | failure() when answer: term()
  def simple({:error, error}), do: {:error, exception(error)}
  def simple(answer), do: answer

  @doc "The exception for a NIF error; mistakes in named parameters are the caller's ArgumentError."
  @spec exception(Nif.error()) :: Error.t() | ArgumentError.t()
  def exception(%{kind: kind, message: message})
      when kind in [:missing_parameters, :positional_parameters] do
    ArgumentError.exception(message)
  end

  def exception(error), do: Error.from_nif(error)

  @doc "A result as the NIF builds it."
  @spec to_result(Nif.result()) :: Result.t()
  def to_result({command, columns, rows, num_rows}) do
    %Result{command: command, columns: columns, rows: rows, num_rows: num_rows}
  end

  defp result({:ok, {command, columns, rows, num_rows}}, _params) do
    {:ok, %Result{command: command, columns: columns, rows: rows, num_rows: num_rows}}
  end

  defp result({:error, error}, params), do: {:error, Codec.refusal(params, exception(error))}
end
