defmodule EctoLibSql.Callbacks.Cursors do
  @moduledoc false
  # Cursors as DBConnection declares, fetches and closes them; EctoLibSql documents what each callback returns.

  alias EctoLibSql.Callbacks.{Call, SandboxCopy}
  alias EctoLibSql.Connection.Cursors
  alias EctoLibSql.{Cursor, Error, Query, Result, State, Telemetry}

  require SandboxCopy

  @max_rows 500

  @spec declare(term(), term(), keyword(), State.t()) ::
          {:ok, Query.t(), Cursor.t(), State.t()} | Call.failure()
  def declare(query, params, opts, state) when SandboxCopy.has_unused_copy(state),
    do: SandboxCopy.outside(state, &declare(query, params, opts, &1))

  def declare(query, params, opts, state) do
    with {:ok, %Query{statement: sql} = query} <- Call.query(query, state) do
      case open(state, sql, params, Call.timeout(opts, state)) do
        {:ok, id} -> {:ok, query, %Cursor{ref: id}, state}
        {:error, error} -> error |> Call.with_statement(sql) |> Call.failed(params, state)
      end
    end
  end

  defp open(state, sql, params, timeout) when is_integer(timeout) do
    with {:ok, params} <- Query.encoded(params), do: Cursors.open(state, sql, params, timeout)
  end

  defp open(_state, _sql, _params, {:error, _} = error), do: error

  @spec fetch(term(), keyword(), State.t()) ::
          {:cont | :halt, Result.t(), State.t()} | Call.failure()
  def fetch(%{ref: id}, opts, state) do
    started = Telemetry.now()

    case portion(state, id, Keyword.get(opts, :max_rows, @max_rows), opts) do
      {:ok, result} ->
        Telemetry.cursor(started, state, id, result.num_rows)
        {if(result.num_rows == 0, do: :halt, else: :cont), result, state}

      {:error, error} ->
        Call.failed(error, state)
    end
  end

  def fetch(_no_cursor, _opts, state) do
    error = Error.new(:not_found, "Cursor not found", extended_code: :not_found_cursor)
    Call.failed(error, state)
  end

  defp portion(state, id, max_rows, opts) when is_integer(max_rows) and max_rows > 0 do
    with timeout when is_integer(timeout) <- Call.timeout(opts, state),
         do: Cursors.fetch(state, id, max_rows, timeout)
  end

  defp portion(_state, _id, _max_rows, _opts),
    do: {:error, Error.new(:invalid_argument, "max_rows must be a positive integer")}

  @spec deallocate(term(), State.t()) :: {:ok, Result.t(), State.t()}
  def deallocate(cursor, state) do
    # One that is closed or finished already is fine.
    with %{ref: id} <- cursor, do: Cursors.close(id)
    {:ok, %Result{}, state}
  end
end
