defmodule Ecto.Adapters.LibSql.Storage.Structure do
  @moduledoc false
  # `mix ecto.dump` and `mix ecto.load`, without the sqlite3 program: the CREATE statements of all objects in an
  # order in which they can run, the first numbers of AUTOINCREMENT, and the versions of the migrations, so that
  # they do not run again on a loaded database. CREATE INDEX makes what belongs to a vector index.

  alias Ecto.Adapters.LibSql.Options
  alias Ecto.Adapters.LibSql.Storage
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Adapters.LibSql.Storage.Script

  @objects """
  SELECT m.sql FROM sqlite_master AS m
  WHERE m.sql IS NOT NULL AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.name <> ?
    AND m.name NOT LIKE 'libsql\\_vx\\_%' ESCAPE '\\'
    AND m.name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow' AND schema = 'main')
  ORDER BY CASE m.type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, m.rowid
  """

  @spec dump(String.t(), keyword()) :: {:ok, String.t()} | {:error, term()}
  def dump(default, config) do
    path = path(default, config)
    table = source(config)

    Storage.with_existing(config, fn state ->
      with {:ok, %{rows: objects}} <- Storage.result(state, @objects, [table <> "_lock"]),
           {:ok, numbers} <- numbers(state),
           {:ok, versions} <- versions(state, table) do
        File.mkdir_p!(Path.dirname(path))
        File.write!(path, [Enum.map(objects, &statement/1), numbers, inserts(table, versions)])
        {:ok, path}
      end
    end)
  end

  defp statement([sql]) do
    sql = String.trim_trailing(sql)
    [if_not_exists(sql), ending(List.last(Tokenizer.scan(sql))), ";\n"]
  end

  # A comment at the end would include the semicolon.
  defp ending({:space, "--" <> _}), do: "\n"
  defp ending({:space, "/*" <> text}), do: if(String.ends_with?(text, "*/"), do: "", else: "*/")
  defp ending(_token), do: ""

  defp if_not_exists(sql) do
    Regex.replace(
      ~r/^CREATE (UNIQUE |VIRTUAL )?(TABLE|INDEX|VIEW|TRIGGER) (?!IF NOT EXISTS)/i,
      sql,
      "CREATE \\1\\2 IF NOT EXISTS "
    )
  end

  ## AUTOINCREMENT

  defp numbers(state) do
    with {:ok, true} <- table?(state, "sqlite_sequence"),
         {:ok, %{rows: rows}} <-
           Storage.result(state, "SELECT name, seq FROM sqlite_sequence ORDER BY name") do
      collect(rows, &number(state, &1))
    else
      {:ok, false} -> {:ok, []}
      error -> error
    end
  end

  # The last number is data; the number before the first row is the `start_value:` of the table.
  defp number(state, [name, last]) do
    first = IO.iodata_to_binary(["SELECT min(rowid) - 1 FROM ", Quote.name(name)])

    with {:ok, %{rows: [[before]]}} <- Storage.result(state, first),
         do: {:ok, sequence(name, before || last)}
  end

  defp sequence(name, last) when is_integer(last) and last > 0 do
    name = Quote.text(name)

    [
      ["INSERT INTO sqlite_sequence (name, seq) SELECT ", name, ", ", Integer.to_string(last)],
      [" WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ", name, ");\n"]
    ]
  end

  defp sequence(_name, _from_the_first), do: []

  defp collect(list, fun) do
    Enum.reduce_while(list, {:ok, []}, fn item, {:ok, done} ->
      case fun.(item) do
        {:ok, value} -> {:cont, {:ok, [done, value]}}
        error -> {:halt, error}
      end
    end)
  end

  ## Versions

  defp versions(state, table) do
    sql = IO.iodata_to_binary(["SELECT version FROM ", Quote.name(table), " ORDER BY version"])

    with {:ok, true} <- table?(state, table),
         {:ok, %{rows: rows}} <- Storage.result(state, sql) do
      {:ok, List.flatten(rows)}
    else
      {:ok, false} -> {:ok, []}
      error -> error
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

  defp table?(state, name) do
    sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
    with {:ok, %{rows: [[count]]}} <- Storage.result(state, sql, [name]), do: {:ok, count == 1}
  end

  ## Loading

  @spec load(String.t(), keyword()) :: {:ok, String.t()} | {:error, term()}
  def load(default, config) do
    path = path(default, config)

    with {:ok, text} <- read(path),
         {:ok, script, keys_off?} <- Script.inside_transaction(text) do
      {config, begin} = beginning(config, keys_off?)
      Storage.with_connection(config, &load_into(&1, path, {begin, script}, keys_off?))
    end
  end

  # A server takes no options of its connections; the setting has to be in one request with BEGIN, which keeps its stream.
  defp beginning(config, keys_off?) do
    cond do
      not keys_off? -> {config, "BEGIN IMMEDIATE"}
      Options.Repo.local?(config) -> {Keyword.put(config, :foreign_keys, :off), "BEGIN IMMEDIATE"}
      true -> {config, "PRAGMA foreign_keys=OFF; BEGIN IMMEDIATE"}
    end
  end

  defp read(path) do
    with {:error, reason} <- File.read(path),
         do: {:error, "cannot read #{path}: #{:file.format_error(reason)}"}
  end

  # The driver runs every statement of the text, which must not be empty. After an error the connection closes,
  # which rolls back.
  defp load_into(state, path, {begin, script}, keys_off?) do
    with :ok <- Storage.query(state, begin),
         {:ok, before} <- orphans(state, keys_off?),
         :ok <- Storage.query(state, script <> "\n;SELECT 1"),
         {:ok, orphans} <- orphans(state, keys_off?),
         :ok <- adopted(orphans -- before),
         :ok <- Storage.query(state, "COMMIT") do
      {:ok, path}
    else
      {:error, %{message: message}} -> {:error, message}
      error -> error
    end
  end

  # With foreign keys off, rows may be inserted before their parents, which have to exist at the end.
  defp orphans(_state, false), do: {:ok, []}

  defp orphans(state, true) do
    with {:ok, %{rows: rows}} <- Storage.result(state, "PRAGMA foreign_key_check"),
         do: {:ok, rows}
  end

  defp adopted([]), do: :ok

  defp adopted([[table, _rowid, parent, _key] | _]),
    do: {:error, "rows of #{inspect(table)} have no parent in #{inspect(parent)}"}

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
