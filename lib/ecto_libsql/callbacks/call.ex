defmodule EctoLibSql.Callbacks.Call do
  @moduledoc false
  # What the callbacks share: queries in any form, the options of a call, and the decision whether an error is
  # returned or closes the connection (an error alone ends no transaction).

  alias EctoLibSql.{Error, Options, Query, State}

  @type failure :: {:error | :disconnect, Exception.t(), State.t()}

  @doc "A query in the form that runs: the struct with its text as one binary."
  @spec query(term(), State.t()) :: {:ok, Query.t()} | {:error, Error.t(), State.t()}
  def query(%Query{statement: sql} = query, _state) when is_binary(sql), do: {:ok, query}
  def query(sql, _state) when is_binary(sql), do: {:ok, %Query{statement: sql}}

  def query(%Query{statement: sql} = query, state) when is_list(sql) do
    with {:ok, text} <- binary(sql, state), do: {:ok, %{query | statement: text}}
  end

  def query(sql, state) when is_list(sql), do: query(%Query{statement: sql}, state)

  def query(_other, state) do
    {:error, Error.new(:invalid_argument, "a query must be SQL text or an %EctoLibSql.Query{}"),
     state}
  end

  defp binary(iodata, state) do
    {:ok, IO.iodata_to_binary(iodata)}
  rescue
    ArgumentError -> query(nil, state)
  end

  @doc "The time that a call may take, in milliseconds; -1 if its options set none. No other value is taken."
  @spec timeout(keyword(), State.t()) :: integer() | {:error, Error.t()}
  def timeout([], _state), do: -1

  def timeout(opts, state) do
    case List.keyfind(opts, :deadline, 0) do
      {_, deadline} when is_integer(deadline) ->
        max(deadline - System.monotonic_time(:millisecond), 0)

      _ ->
        given_timeout(List.keyfind(opts, :timeout, 0), settings(state).pooled)
    end
  end

  # A pool measures the same timeout from a little earlier, and then closes the connection. The statement is
  # stopped before, so that the connection is kept, and a database in its memory.
  defp given_timeout({:timeout, milliseconds}, true)
       when is_integer(milliseconds) and milliseconds > 0,
       do: milliseconds - min(div(milliseconds, 4), 500)

  defp given_timeout({:timeout, milliseconds}, _pooled)
       when is_integer(milliseconds) and milliseconds >= 0,
       do: milliseconds

  defp given_timeout(none, _pooled) when none in [nil, {:timeout, nil}, {:timeout, :infinity}],
    do: -1

  defp given_timeout({:timeout, other}, _pooled) do
    message =
      "the option :timeout must be a number of milliseconds from 0, or :infinity, got: " <>
        inspect(other, limit: 5, printable_limit: 50)

    {:error, Error.new(:invalid_argument, message)}
  end

  @doc "The error with the SQL that it is about, unless it has one."
  @spec with_statement(Exception.t(), String.t()) :: Exception.t()
  def with_statement(%Error{statement: nil} = error, sql), do: %{error | statement: sql}
  def with_statement(error, _sql), do: error

  @doc """
  How an error leaves a callback. Mistakes in parameters are raised, unless DBConnection calls: it
  would stop the connection for an exception, and raises the returned one itself.
  """
  @spec failed(Exception.t(), term(), State.t()) :: failure()
  def failed(%ArgumentError{} = error, {:encoded, _params}, state), do: {:error, error, state}
  def failed(%ArgumentError{} = error, _params, _state), do: raise(error)
  def failed(error, _params, state), do: failed(error, state)

  @spec failed(Error.t(), State.t()) :: failure()
  def failed(%Error{} = error, state) do
    if Error.poisons_connection?(error, settings(state).disconnect_on_error_codes),
      do: {:disconnect, error, state},
      else: {:error, error, state}
  end

  @doc "What the options of the connection say; the defaults for a state that was built by hand."
  @spec settings(State.t()) :: Options.settings()
  def settings(%State{settings: nil}), do: Options.default_settings()
  def settings(%State{settings: settings}), do: settings
end
