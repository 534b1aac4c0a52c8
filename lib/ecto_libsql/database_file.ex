defmodule EctoLibSql.DatabaseFile do
  @moduledoc false
  # A database file that a task or a person looks at, over a connection of its own.

  alias EctoLibSql.{Error, Result, State}

  @doc "What `fun` gives for an open connection, or a message that names the file."
  @spec with_file(Path.t(), keyword(), (State.t() -> result)) ::
          {:ok, result} | {:error, String.t()}
        when result: term()
  def with_file(path, options, fun) do
    # Mix tasks and `bin/my_app eval` start no application.
    {:ok, _started} = Application.ensure_all_started(:ecto_libsql)

    if File.regular?(path),
      do: open(path, options, fun),
      else: {:error, "#{path}: no such file"}
  end

  defp open(path, options, fun) do
    case EctoLibSql.connect([database: path] ++ options) do
      {:ok, state} -> using(state, path, fun)
      {:error, error} -> {:error, "#{path}: #{Exception.message(error)}"}
    end
  end

  # Closing rolls back what is open.
  defp using(state, path, fun) do
    {:ok, fun.(state)}
  rescue
    error in Error -> {:error, "#{path}: #{Exception.message(error)}"}
  after
    EctoLibSql.disconnect([], state)
  end

  @spec rows(State.t(), String.t(), list()) :: [[term()]]
  def rows(state, sql, params \\ []) do
    case EctoLibSql.handle_execute(sql, params, [], state) do
      {:ok, _query, %Result{rows: rows}, _state} -> rows
      {_kind, error, _state} -> raise error
    end
  end

  @spec value(State.t(), String.t()) :: term()
  def value(state, sql), do: state |> rows(sql) |> hd() |> hd()

  @doc "A name as SQL writes it."
  @spec quoted(String.t()) :: String.t()
  def quoted(name), do: ~s("#{String.replace(name, "\"", "\"\"")}")
end
