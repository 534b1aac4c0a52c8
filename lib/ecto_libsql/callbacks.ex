defmodule EctoLibSql.Callbacks do
  @moduledoc false
  # What the callbacks of EctoLibSql share: queries in any form, options of a call, and the one way
  # in which an error leaves a callback.

  alias EctoLibSql.{Codec, Error, Options, Query, Result, State}
  alias EctoLibSql.Native.Statements

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

  @doc "Runs a query with parameters as the caller gave them."
  @spec execute(State.t(), Query.t(), term(), keyword()) ::
          {:ok, Result.t()} | {:error, Exception.t()}
  def execute(state, %Query{statement: sql, cache: cache}, params, opts) do
    with {:ok, params} <- encode(params),
         {:ok, result} <-
           Statements.execute(state, sql, params, timeout(opts, state), cache and cache?(opts)) do
      {:ok, result}
    else
      {:error, error} -> {:error, about(error, sql)}
    end
  end

  @spec open_cursor(State.t(), String.t(), term()) :: {:ok, String.t()} | {:error, Exception.t()}
  def open_cursor(state, sql, params) do
    with {:ok, params} <- encode(params) do
      Statements.open_cursor(state, sql, params)
    end
  end

  @spec fetch(State.t(), String.t(), term(), keyword()) ::
          {:ok, Result.t()} | {:error, Exception.t()}
  def fetch(state, id, max_rows, opts) when is_integer(max_rows) and max_rows > 0 do
    Statements.fetch(state, id, max_rows, timeout(opts, state))
  end

  def fetch(_state, _id, _max_rows, _opts) do
    {:error, Error.new(:invalid_argument, "max_rows must be a positive integer")}
  end

  defp encode({:encoded, params}), do: Codec.encode(params)
  defp encode(params), do: Codec.encode(params)

  @doc "The time that a call may take, in milliseconds; -1 if its options set none."
  @spec timeout(keyword(), State.t()) :: integer()
  def timeout([], _state), do: -1

  def timeout(opts, state) do
    case List.keyfind(opts, :deadline, 0) do
      {_, deadline} when is_integer(deadline) ->
        max(deadline - System.monotonic_time(:millisecond), 0)

      _ ->
        given_timeout(List.keyfind(opts, :timeout, 0), settings(state).pooled)
    end
  end

  # A pool gives the same time, counted from a little earlier, and then throws the connection away.
  # The statement stops before, so that the connection stays, and what it has in memory.
  defp given_timeout({:timeout, milliseconds}, true)
       when is_integer(milliseconds) and milliseconds > 0,
       do: milliseconds - min(div(milliseconds, 4), 500)

  defp given_timeout({:timeout, milliseconds}, _pooled) when is_integer(milliseconds),
    do: max(milliseconds, 0)

  defp given_timeout(_infinity_or_none, _pooled), do: -1

  defp cache?([]), do: true
  defp cache?(opts), do: List.keyfind(opts, :cache, 0) != {:cache, false}

  @doc "The error with the SQL that it is about, unless it tells that itself."
  @spec about(Exception.t(), String.t()) :: Exception.t()
  def about(%Error{statement: nil} = error, sql), do: %{error | statement: sql}
  def about(error, _sql), do: error

  @doc """
  How an error leaves a callback. Mistakes in parameters are raised, unless DBConnection calls: it
  would stop the connection for an exception, and raises the returned one itself.
  """
  @spec failed(Exception.t(), term(), State.t()) ::
          {:error | :disconnect, Exception.t(), State.t()}
  def failed(%ArgumentError{} = error, {:encoded, _params}, state), do: {:error, error, state}
  def failed(%ArgumentError{} = error, _params, _state), do: raise(error)
  def failed(error, _params, state), do: failed(error, state)

  @spec failed(Error.t(), State.t()) :: {:error | :disconnect, Error.t(), State.t()}
  def failed(%Error{} = error, state) do
    if Error.poisons_connection?(error, settings(state).disconnect_on_error_codes),
      do: {:disconnect, error, state},
      else: {:error, error, state}
  end

  @doc """
  In a pool's connection process, which DBConnection gives an index: traps exits, so that stopping
  the pool calls disconnect/2 and waits until the file is closed.
  """
  @spec prepare_to_close(keyword()) :: :ok
  def prepare_to_close(opts) do
    if opts[:pool_index], do: Process.flag(:trap_exit, true)
    :ok
  end

  @spec before_disconnect(term(), State.t()) :: :ok
  def before_disconnect(reason, state) do
    case settings(state).before_disconnect do
      nil -> :ok
      fun when is_function(fun) -> fun.(reason, state)
      {module, fun, args} -> apply(module, fun, [reason, state | args])
    end

    :ok
  end

  defp settings(%State{settings: nil}), do: Options.default_settings()
  defp settings(%State{settings: settings}), do: settings
end
