defmodule EctoLibSql.DatabaseFile do
  @moduledoc false
  # Opens a database file for the mix tasks and the doctor, with a connection of its own.

  alias EctoLibSql.{Error, Result, State}

  @doc "What `fun` returns for an open connection, `{:ok, _}` or `{:error, _}`. The message of an error names the file."
  @spec with_file(Path.t(), keyword(), (State.t() -> {:ok, result} | {:error, Error.t()})) ::
          {:ok, result} | {:error, Error.t()}
        when result: term()
  def with_file(path, options, fun) do
    # Mix tasks and `bin/my_app eval` start no application.
    {:ok, _started} = Application.ensure_all_started(:ecto_libsql)

    if File.regular?(path),
      do: path |> open(options, fun) |> naming(path),
      else: {:error, about(path, :cannot_open, "no such file")}
  end

  defp open(path, options, fun) do
    with {:ok, state} <- EctoLibSql.connect([database: path] ++ options), do: using(state, fun)
  end

  # Closing rolls back what is open.
  defp using(state, fun) do
    fun.(state)
  rescue
    error in Error -> {:error, error}
  after
    EctoLibSql.disconnect([], state)
  end

  defp naming({:error, %Error{message: message} = error}, path) do
    if String.contains?(message, path),
      do: {:error, error},
      else: {:error, %{error | message: "#{path}: #{message}"}}
  end

  defp naming(ok, _path), do: ok

  @doc "An error whose message names a file."
  @spec about(Path.t(), atom(), String.t()) :: Error.t()
  def about(path, kind, message), do: Error.new(kind, "#{path}: #{message}")

  @doc "The rows of a statement; its error is raised, for `with_file/3` to return."
  @spec rows(State.t(), String.t(), list()) :: [[term()]]
  def rows(state, sql, params \\ []) do
    case EctoLibSql.handle_execute(sql, params, [], state) do
      {:ok, _query, %Result{rows: rows}, _state} -> rows
      {_kind, error, _state} -> raise error
    end
  end

  @doc "The one value of a query's one row."
  @spec value(State.t(), String.t()) :: term()
  def value(state, sql), do: state |> rows(sql) |> hd() |> hd()

  @doc "A quoted identifier."
  @spec quoted(String.t()) :: String.t()
  def quoted(name), do: ~s("#{String.replace(name, "\"", "\"\"")}")
end
