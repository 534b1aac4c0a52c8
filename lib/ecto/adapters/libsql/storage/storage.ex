defmodule Ecto.Adapters.LibSql.Storage do
  @moduledoc false
  # `mix ecto.create` and `mix ecto.drop`. The database of a server is neither created nor removed.

  alias Ecto.Adapters.LibSql.Options

  @side_files ["", "-wal", "-shm", "-journal", "-info", "-client_wal_index"]

  @spec up(keyword()) :: :ok | {:error, :already_up | term()}
  def up(opts) do
    cond do
      not Options.Repo.local?(opts) -> with(:ok <- reach(opts), do: {:error, :already_up})
      Options.Repo.memory?(opts) -> :ok
      File.dir?(path!(opts)) -> {:error, "#{path!(opts)} is a folder"}
      File.exists?(path!(opts)) -> {:error, :already_up}
      true -> create(opts)
    end
  end

  # Connects once, so that WAL mode is on before several connections open the file at the same time.
  defp create(opts) do
    folder = Path.dirname(path!(opts))

    case File.mkdir_p(folder) do
      :ok -> with_connection(opts, fn state -> query(state, "PRAGMA user_version = 0") end)
      {:error, reason} -> {:error, "cannot make #{folder}: #{:file.format_error(reason)}"}
    end
  end

  @spec down(keyword()) :: :ok | {:error, :already_down | :unsupported | term()}
  def down(opts) do
    cond do
      not Options.Repo.local?(opts) -> {:error, :unsupported}
      Options.Repo.memory?(opts) -> :ok
      not File.exists?(path!(opts)) -> {:error, :already_down}
      true -> Enum.reduce(@side_files, :ok, &remove(path!(opts) <> &1, &2))
    end
  end

  defp remove(path, result) do
    case File.rm(path) do
      :ok -> result
      {:error, :enoent} -> result
      {:error, reason} -> {:error, "cannot remove #{path}: #{:file.format_error(reason)}"}
    end
  end

  @spec status(keyword()) :: :up | :down | {:error, term()}
  def status(opts) do
    cond do
      not Options.Repo.local?(opts) -> with(:ok <- reach(opts), do: :up)
      Options.Repo.memory?(opts) -> :up
      not File.exists?(path!(opts)) -> :down
      true -> with(:ok <- reach(opts), do: :up)
    end
  end

  defp reach(opts),
    do: with_connection(opts, fn state -> query(state, "SELECT count(*) FROM sqlite_master") end)

  defp path!(opts) do
    case opts[:database] do
      name when is_binary(name) and name != "" ->
        {:file, path} = Options.Database.kind(name)
        path

      other ->
        raise ArgumentError, """
        the :database of a repository is the path of a file, got: #{inspect(other)}. For example:

            config #{inspect(opts[:otp_app] || :my_app)}, #{repository(opts)}, database: "priv/my_app.db"
        """
    end
  end

  # Repo.config/0 has the name of the repository only as the prefix of its telemetry events.
  defp repository(opts) do
    (opts[:telemetry_prefix] || [:my_app, :repo])
    |> Enum.map_join(".", &(&1 |> to_string() |> Macro.camelize()))
  end

  @doc "As with_connection/2, with an error instead of a new database where there is none."
  @spec with_existing(keyword(), (term() -> result)) :: result | {:error, term()}
        when result: term()
  def with_existing(opts, fun) do
    missing? =
      Options.Repo.local?(opts) and not Options.Repo.memory?(opts) and
        not File.exists?(path!(opts))

    if missing?,
      do: {:error, "there is no database #{path!(opts)}"},
      else: with_connection(opts, fun)
  end

  @doc """
  Runs `fun` with a connection of its own, outside any pool. The result of `fun`, or the error.
  """
  @spec with_connection(keyword(), (term() -> result)) :: result | {:error, Exception.t()}
        when result: term()
  def with_connection(opts, fun) do
    opts =
      opts
      |> Keyword.drop([:pool, :pool_size, :name, :log, :changes])
      |> Options.Repo.connection()

    # Mix tasks such as ecto.create start no applications.
    {:ok, _} = Application.ensure_all_started(:telemetry)

    with {:ok, state} <- EctoLibSql.connect(opts) do
      try do
        fun.(state)
      after
        EctoLibSql.disconnect([], state)
      end
    end
  end

  @spec query(term(), String.t(), list()) :: :ok | {:error, Exception.t()}
  def query(state, sql, params \\ []) do
    with {:ok, _result} <- result(state, sql, params), do: :ok
  end

  @spec result(term(), String.t(), list()) :: {:ok, struct()} | {:error, Exception.t()}
  def result(state, sql, params \\ []) do
    case EctoLibSql.handle_execute(%EctoLibSql.Query{statement: sql}, params, [], state) do
      {:ok, _query, result, _state} -> {:ok, result}
      {kind, error, _state} when kind in [:error, :disconnect] -> {:error, error}
    end
  end
end
