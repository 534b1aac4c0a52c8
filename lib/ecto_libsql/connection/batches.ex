defmodule EctoLibSql.Connection.Batches do
  @moduledoc false
  # Many statements in one call.

  alias EctoLibSql.Connection.{Call, Transactions}
  alias EctoLibSql.{Codec, Error, Nif, Result, State}
  alias EctoLibSql.Options.Names

  @options [:on_error, :results, :timeout]

  @type member :: {String.t(), list() | map()}
  @type outcome :: {:ok, Result.t()} | {:error, Error.t()}

  @doc "The options of a batch: what happens after a failure, the form of the outcomes, the timeout."
  @spec options(term()) ::
          {:ok, :proceed | :halt, :plain | :tagged, integer()} | {:error, Error.t()}
  def options(opts) do
    with :ok <- Names.check(opts, @options, "a batch"),
         {:ok, mode} <- mode(opts[:on_error]),
         {:ok, form} <- form(opts[:results]),
         {:ok, timeout} <- timeout(opts[:timeout]) do
      {:ok, mode, form, timeout}
    else
      {:error, error} ->
        {:error, error}

      :error ->
        {:error,
         Error.new(
           :invalid_argument,
           "options of a batch are on_error: :continue, :stop or :halt, results: :tagged, and " <>
             "timeout: milliseconds"
         )}
    end
  end

  defp mode(on_error) when on_error in [nil, :continue], do: {:ok, :proceed}
  defp mode(on_error) when on_error in [:stop, :halt], do: {:ok, :halt}
  defp mode(_other), do: :error

  defp form(nil), do: {:ok, :plain}
  defp form(:tagged), do: {:ok, :tagged}
  defp form(_other), do: :error

  defp timeout(none) when none in [nil, :infinity], do: {:ok, -1}
  defp timeout(ms) when is_integer(ms) and ms >= 0, do: {:ok, ms}
  defp timeout(_other), do: :error

  @doc "Runs all members also after a failure (`:proceed`), or stops at the first one (`:halt`)."
  @spec each(State.t(), [member()], :proceed | :halt | :rollback, integer()) ::
          {:ok, [outcome()]} | Call.failure()
  def each(state, members, on_error, timeout \\ -1) do
    with {:ok, answers} <- run(state, members, on_error, timeout),
         do: {:ok, expand(answers, &outcome/1)}
  end

  @doc "All or nothing. An error names the failing member."
  @spec atomic(State.t(), [member()]) :: {:ok, [Result.t()]} | Call.failure()
  def atomic(state, members) do
    # Every answer is a result: a failure ends the batch and is its only answer.
    with {:ok, answers} <- run(state, members, :rollback, -1),
         do: {:ok, expand(answers, &result/1)}
  end

  @doc "The first failure among outcomes as one error, or all results."
  @spec collect([outcome()]) :: {:ok, [Result.t()]} | {:error, Error.t()}
  def collect(outcomes) do
    case Enum.find_index(outcomes, &match?({:error, _}, &1)) do
      nil ->
        {:ok, for({:ok, result} <- outcomes, do: result)}

      index ->
        {:error, error} = Enum.at(outcomes, index)
        {:error, at(error, index)}
    end
  end

  defp run(state, [], _on_error, _timeout) do
    with :ok <- Transactions.check(state), do: {:ok, []}
  end

  defp run(state, members, on_error, timeout) do
    with {:ok, members} <- encode(members) do
      conn = State.in_transaction(state)

      case Call.waiting(state, timeout, &Nif.batch(conn, members, on_error, &1)) do
        {:ok, answers} -> {:ok, answers}
        {:error, %{index: index} = error} -> {:error, at(Call.exception(error), index)}
        {:error, error} -> {:error, Call.exception(error)}
      end
    end
  end

  # Most batches need no encoding; then the list goes to the NIF as it is.
  defp encode(members) do
    if plain?(members), do: {:ok, members}, else: encode_each(members, 0, [])
  end

  defp plain?([{sql, params} | rest]) when is_binary(sql),
    do: Codec.plain?(params) and plain?(rest)

  defp plain?(rest), do: rest == []

  defp encode_each([{sql, params} | rest], index, done) do
    with {:ok, text} <- text(sql),
         {:ok, encoded} <- Codec.encode(params, :native),
         :ok <- complete(encoded) do
      encode_each(rest, index + 1, [{text, encoded} | done])
    else
      {:error, error} -> {:error, at(error, index)}
    end
  end

  defp encode_each([sql | rest], index, done) when is_binary(sql) do
    encode_each([{sql, []} | rest], index, done)
  end

  defp encode_each([], _index, done), do: {:ok, Enum.reverse(done)}

  defp encode_each(_other, index, _done) do
    {:error, at(Error.new(:invalid_argument, "a batch is a list of {sql, arguments}"), index)}
  end

  # A batch refuses a value that cannot be stored, also one that its statement does not use.
  defp complete(params) do
    case Codec.refused(params) do
      nil -> :ok
      refusal -> {:error, refusal}
    end
  end

  defp text(sql) when is_binary(sql), do: {:ok, sql}
  defp text(_other), do: {:error, Error.new(:invalid_argument, "the SQL must be a string")}

  defp at(%ArgumentError{message: message}, index) do
    ArgumentError.exception("#{message} (batch statement #{index})")
  end

  defp at(%Error{message: message} = error, index) do
    %{error | message: "#{message} (batch statement #{index})"}
  end

  # Answers come as runs of equal ones, the last run first.
  defp expand(runs, form) do
    Enum.reduce(runs, [], fn {answer, count}, done -> repeat(form.(answer), count, done) end)
  end

  defp repeat(_outcome, 0, done), do: done
  defp repeat(outcome, count, done), do: repeat(outcome, count - 1, [outcome | done])

  defp outcome({:error, error}), do: {:error, Call.exception(error)}
  defp outcome(answer), do: {:ok, result(answer)}

  defp result({:ok, {_command, columns, rows, count}}) do
    %Result{command: :batch, columns: columns, rows: rows, num_rows: count}
  end
end
