defmodule Ecto.Adapters.LibSql.Structure do
  @moduledoc false
  # `mix ecto.dump` and `mix ecto.load`, over the driver: the statements that made the objects, in an
  # order in which they can be made again, and the versions of the migrations, so that a loaded database
  # does not run them once more.

  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Adapters.LibSql.Storage

  @objects """
  SELECT m.type, m.sql FROM sqlite_master AS m
  WHERE m.sql IS NOT NULL AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    AND m.name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow') AND m.name <> ?
  ORDER BY CASE m.type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, m.rowid
  """

  @spec dump(String.t(), keyword()) :: {:ok, String.t()} | {:error, term()}
  def dump(default, config) do
    path = path(default, config)
    table = source(config)

    Storage.with_existing(config, fn state ->
      with {:ok, %{rows: objects}} <- Storage.result(state, @objects, [table <> "_lock"]),
           {:ok, versions} <- versions(state, table) do
        File.mkdir_p!(Path.dirname(path))
        File.write!(path, [Enum.map(objects, &statement/1), inserts(table, versions)])
        {:ok, path}
      end
    end)
  end

  defp statement([_type, sql]), do: [if_not_exists(sql), ";\n"]

  defp if_not_exists(sql) do
    Regex.replace(
      ~r/^CREATE (UNIQUE |VIRTUAL )?(TABLE|INDEX|VIEW|TRIGGER) (?!IF NOT EXISTS)/i,
      sql,
      "CREATE \\1\\2 IF NOT EXISTS "
    )
  end

  defp versions(state, table) do
    case Storage.result(state, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [
           table
         ]) do
      {:ok, %{rows: []}} ->
        {:ok, []}

      {:ok, _exists} ->
        sql =
          IO.iodata_to_binary(["SELECT version FROM ", Quote.name(table), " ORDER BY version"])

        with {:ok, %{rows: rows}} <- Storage.result(state, sql), do: {:ok, List.flatten(rows)}

      {:error, _error} = error ->
        error
    end
  end

  defp inserts(table, versions) do
    for version <- versions do
      [
        ["INSERT OR IGNORE INTO ", Quote.name(table), " (version, inserted_at) VALUES ("],
        [Integer.to_string(version), ", CURRENT_TIMESTAMP);\n"]
      ]
    end
  end

  @spec load(String.t(), keyword()) :: {:ok, String.t()} | {:error, term()}
  def load(default, config) do
    path = path(default, config)

    with {:ok, script} <- read(path) do
      Storage.with_connection(config, fn state ->
        with :ok <- Storage.query(state, "BEGIN IMMEDIATE"),
             :ok <- run(state, script),
             :ok <- Storage.query(state, "COMMIT"),
             do: {:ok, path}
      end)
    end
  end

  # The sqlite3 program, by which ecto_sqlite3 dumps, writes SQLite's own tables too, which nobody may create.
  defp read(path) do
    case File.read(path) do
      {:ok, script} -> {:ok, String.replace(script, own_table(), "")}
      {:error, reason} -> {:error, "cannot read #{path}: #{:file.format_error(reason)}"}
    end
  end

  defp own_table,
    do: ~r/^CREATE TABLE (IF NOT EXISTS )?["'`\[]?sqlite_\w+["'`\]]?\s*\([^;()]*\);/im

  # The driver runs every statement of a text.
  defp run(state, script) do
    with {:error, error} <- Storage.query(state, script) do
      Storage.query(state, "ROLLBACK")
      {:error, Exception.message(error)}
    end
  end

  @spec command([String.t()], keyword(), keyword()) :: {Collectable.t(), non_neg_integer()}
  def command(args, opts, config) do
    program = System.find_executable("sqlite3")

    if is_nil(program) do
      raise ArgumentError,
            "dump_cmd runs the sqlite3 program, which is not installed; structure_dump/2 does not need it"
    end

    opts = Keyword.put_new(opts, :stderr_to_stdout, true)
    System.cmd(program, [Keyword.fetch!(config, :database) | args], opts)
  end

  defp path(default, config), do: config[:dump_path] || Path.join(default, "structure.sql")
  defp source(config), do: to_string(config[:migration_source] || "schema_migrations")
end
