defmodule EctoLibSql.Doctor do
  @moduledoc """
  Reports what a database file is, how it is set, and what is wrong with it: damage, broken
  foreign keys, free pages, a long write-ahead log, missing and redundant indexes, UUIDs kept as
  bytes. It only reads, over a connection of its own; the database may be in use.

  A release has no `mix ecto_libsql.doctor`, but this:

      $ bin/my_app eval 'EctoLibSql.Doctor.print!("/data/my_app.db")'
  """

  import EctoLibSql.DatabaseFile

  alias EctoLibSql.{EncryptedFile, Error, ReplicaFile}

  @typedoc """
  `facts` are names and values; `findings` what is wrong, a sentence each; `damaged` is true if SQLite's
  `quick_check` reports an error.
  """
  @type report :: %{facts: [{String.t(), String.t()}], findings: [String.t()], damaged: boolean()}

  @doc """
  Examines a file. The message of an error names it, and says of one that cannot be read whether it is encrypted or
  damaged. `options` are those of the connection that concern encryption: `:encryption_key`, `:encryption_cipher`,
  `:encryption_kdf`.
  """
  @spec examine(Path.t(), keyword()) :: {:ok, report()} | {:error, Error.t()}
  def examine(path, options \\ []) do
    with {:error, %Error{kind: :not_a_database} = error} <-
           with_file(path, [mode: :readonly] ++ options, &report(&1, path)),
         do: {:error, explained(error, path)}
  end

  defp explained(error, path) do
    with {:ok, kind} <- EncryptedFile.kind(path),
         text when is_binary(text) <- EncryptedFile.explanation(kind) do
      %{error | message: error.message <> "; the file is " <> text}
    else
      _nothing -> error
    end
  end

  @doc "A report as lines of text; those of findings begin with `!`."
  @spec lines(report()) :: [String.t()]
  def lines(%{facts: facts, findings: findings}) do
    Enum.map(facts, fn {name, value} -> String.pad_trailing(name <> ":", 22) <> " " <> value end) ++
      Enum.map(findings, &("! " <> &1))
  end

  @doc "Prints the report of a file. Raises if the file is damaged or cannot be read."
  @spec print!(Path.t(), keyword()) :: :ok
  def print!(path, options \\ []) do
    case examine(path, options) do
      {:ok, report} ->
        Enum.each(lines(report), &IO.puts/1)
        if report.damaged, do: raise(Error.new(:corrupt, "#{path} is damaged")), else: :ok

      {:error, error} ->
        raise error
    end
  end

  defp report(state, path) do
    damage = for [text] <- rows(state, "PRAGMA quick_check(10)"), text != "ok", do: text

    report = %{
      facts: facts(state, path) ++ encryption(path) ++ ReplicaFile.facts(path),
      findings:
        Enum.map(damage, &"damaged: #{&1}") ++
          free_pages(state) ++
          log(path) ++
          foreign_keys(state) ++
          redundant_indexes(state) ++
          unindexed_references(state) ++
          bytes_as_uuids(state),
      damaged: damage != []
    }

    {:ok, report}
  end

  defp facts(state, path) do
    pages = value(state, "PRAGMA page_count")
    size = value(state, "PRAGMA page_size")

    [
      {"file", path},
      {"size", "#{bytes(pages * size)} (#{pages} pages of #{size} bytes)"},
      {"write-ahead log", bytes(size_of(path <> "-wal"))},
      {"journal mode", value(state, "PRAGMA journal_mode")},
      {"encoding", value(state, "PRAGMA encoding")},
      {"auto_vacuum", Enum.at(~w(none full incremental), value(state, "PRAGMA auto_vacuum"))},
      {"user_version", to_string(value(state, "PRAGMA user_version"))},
      {"tables", to_string(length(tables(state)))},
      {"SQLite", value(state, "SELECT sqlite_version()")}
    ]
  end

  defp encryption(path) do
    case EncryptedFile.kind(path) do
      {:ok, kind} when kind in [:aes256cbc, :aes256gcm] -> [{"encryption", to_string(kind)}]
      _plain -> []
    end
  end

  defp free_pages(state) do
    free = value(state, "PRAGMA freelist_count")
    pages = value(state, "PRAGMA page_count")

    if free * 4 > pages,
      do: ["#{free} of #{pages} pages are free; VACUUM gives them back"],
      else: []
  end

  defp log(path) do
    size = size_of(path <> "-wal")

    if size > 100 * 1024 * 1024,
      do: [
        "the write-ahead log has #{bytes(size)}; a reader that never ends keeps it from shrinking"
      ],
      else: []
  end

  defp foreign_keys(state) do
    case rows(state, "PRAGMA foreign_key_check") do
      [] ->
        []

      [[table | _] | _] = all ->
        ["#{length(all)} rows break a foreign key, the first in #{table}"]
    end
  end

  # An index on (a) is redundant next to one on (a, b).
  defp redundant_indexes(state) do
    for table <- tables(state),
        indexes = indexes(state, table),
        {name, columns, false} <- indexes,
        {other, longer, _unique} <- indexes,
        name != other and List.starts_with?(longer, columns) and length(longer) > length(columns),
        do: "index #{name} is a prefix of #{other}"
  end

  # Deleting a parent reads the whole child table then.
  defp unindexed_references(state) do
    for table <- tables(state),
        {id, keys} <- foreign_key_columns(state, table),
        not indexed?(state, table, keys),
        do: "foreign key #{id} of #{table} (#{Enum.join(keys, ", ")}) has no index"
  end

  defp foreign_key_columns(state, table) do
    state
    |> rows("SELECT id, \"from\" FROM pragma_foreign_key_list(?) ORDER BY id, seq", [table])
    |> Enum.group_by(&hd/1, &List.last/1)
  end

  defp indexed?(state, table, keys) do
    primary =
      for [name] <-
            rows(state, "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", [table]),
          do: name

    Enum.any?(
      [primary | Enum.map(indexes(state, table), &elem(&1, 1))],
      &List.starts_with?(&1, keys)
    )
  end

  # `{name, columns, unique?}` of indexes on whole columns of whole tables.
  defp indexes(state, table) do
    for [name, unique] <-
          rows(state, "SELECT name, \"unique\" FROM pragma_index_list(?) WHERE partial = 0", [
            table
          ]),
        columns =
          for(
            [column] <-
              rows(state, "SELECT name FROM pragma_index_info(?) ORDER BY seqno", [name]),
            do: column
          ),
        nil not in columns,
        do: {name, columns, unique == 1}
  end

  defp bytes_as_uuids(state) do
    for table <- tables(state),
        [column] <-
          rows(state, "SELECT name FROM pragma_table_info(?) WHERE type = 'TEXT'", [table]),
        count = value(state, bytes_sql(table, column)),
        count > 0,
        do:
          "#{table}.#{column} holds #{count} UUIDs as bytes in a text column; comparisons with text miss them"
  end

  defp bytes_sql(table, column) do
    "SELECT count(*) FROM #{quoted(table)} WHERE typeof(#{quoted(column)}) = 'blob' AND length(#{quoted(column)}) = 16"
  end

  defp tables(state) do
    sql =
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'"

    for [name] <- rows(state, sql), do: name
  end

  defp size_of(path) do
    case File.stat(path) do
      {:ok, %{size: size}} -> size
      {:error, _reason} -> 0
    end
  end

  defp bytes(count) when count < 1024, do: "#{count} bytes"
  defp bytes(count) when count < 1024 * 1024, do: "#{div(count, 1024)} KiB"
  defp bytes(count), do: "#{div(count, 1024 * 1024)} MiB"
end
