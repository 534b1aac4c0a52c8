defmodule EctoLibSql.Connection.Cursors do
  @moduledoc false
  # Cursors: statements that are read in portions. Takes states and encoded parameters, returns structs.

  alias EctoLibSql.Connection.{Await, Call}
  alias EctoLibSql.{Codec, Nif, Result, State}

  @doc "Opens a cursor and returns its id."
  @spec open(State.t(), String.t(), Nif.params(), integer()) ::
          {:ok, String.t()} | Call.failure()
  def open(state, sql, params, timeout \\ -1) do
    case Await.answer(Nif.open_cursor(State.in_transaction(state), sql, params), timeout) do
      {:ok, id} -> {:ok, id}
      {:error, error} -> {:error, Codec.refusal(params, Call.exception(error))}
    end
  end

  @doc "The next rows of a cursor."
  @spec fetch(State.t(), term(), pos_integer(), integer()) ::
          {:ok, Result.t()} | Call.failure()
  def fetch(state, id, max_rows, timeout \\ -1) do
    conn = State.in_transaction(state)
    call = &Nif.fetch(conn, id, max_rows, &1)

    with {:ok, {columns, rows, count, _done?}} <-
           Call.structured(Call.waiting(state, timeout, call)) do
      {:ok, %Result{command: :select, columns: columns, rows: rows, num_rows: count}}
    end
  end

  @doc "Closes a cursor."
  @spec close(term()) :: :ok | Call.failure()
  def close(id), do: Call.structured(Nif.close_cursor(id))
end
