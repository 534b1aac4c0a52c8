defmodule EctoLibSql.FileMaintenance do
  @moduledoc false
  # What the mix tasks do to database files, over a connection of their own.

  import EctoLibSql.DatabaseFile

  alias EctoLibSql.Error

  @side_files ["-wal", "-shm", "-journal"]

  ## Backup

  @doc "Copies a database into a file that appears when it is whole. The size of the copy, or an error."
  @spec backup(Path.t(), Path.t(), keyword()) :: {:ok, non_neg_integer()} | {:error, Error.t()}
  def backup(from, to, opts \\ []) do
    cond do
      Path.expand(from) == Path.expand(to) ->
        {:error, Error.new(:invalid_argument, "#{to} is the database itself")}

      File.exists?(to) and !opts[:force] ->
        {:error, Error.new(:invalid_argument, "#{to} is there already; --force replaces it")}

      true ->
        copy(from, to, to <> ".part", opts[:key] || [])
    end
  end

  defp copy(from, to, part, key) do
    with {:ok, :copied} <- with_file(from, [mode: :readonly] ++ key, &copied(&1, part)),
         {:ok, :whole} <- with_file(part, [mode: :readonly] ++ key, &whole/1),
         {:ok, %{size: size}} <- File.stat(part),
         # The copy must not find the write-ahead log of the file that it replaces.
         :ok <- remove(to, @side_files),
         :ok <- File.rename(part, to) do
      {:ok, size}
    else
      {:error, %Error{} = error} -> {:error, error}
      {:error, reason} -> {:error, about(to, :io, to_string(:file.format_error(reason)))}
    end
  after
    remove(part, ["" | @side_files])
  end

  defp copied(state, part), do: with(:ok <- EctoLibSql.backup(state, part), do: {:ok, :copied})

  defp whole(state) do
    case rows(state, "PRAGMA quick_check(1)") do
      [["ok"]] -> {:ok, :whole}
      [[damage]] -> {:error, Error.new(:corrupt, "the copy is damaged: #{damage}")}
    end
  end

  defp remove(path, endings), do: Enum.each(endings, &File.rm(path <> &1))

  ## UUIDs

  @doc """
  Converts 16-byte UUIDs in text columns, `\"table.column\"` or `:all`; with none it only counts. Returns the
  columns that hold some, with their number.
  """
  @spec convert_uuids(Path.t(), :all | [String.t()]) ::
          {:ok, [{String.t(), pos_integer()}]} | {:error, Error.t()}
  def convert_uuids(path, wanted) do
    mode = if wanted == [], do: [mode: :readonly], else: []
    with_file(path, mode, &convert(&1, wanted))
  end

  defp convert(state, wanted) do
    found = columns_with_bytes(state)
    names = Map.new(found, fn {table, column, count} -> {"#{table}.#{column}", count} end)

    cond do
      wanted == [] or found == [] ->
        {:ok, Enum.sort(names)}

      wanted != :all and wanted -- Map.keys(names) != [] ->
        missing = Enum.join(wanted -- Map.keys(names), ", ")
        {:error, Error.new(:invalid_argument, "no text column with UUIDs as bytes: #{missing}")}

      true ->
        names = if wanted == :all, do: names, else: Map.take(names, wanted)
        update(state, Enum.filter(found, fn {t, c, _} -> is_map_key(names, "#{t}.#{c}") end))
        {:ok, Enum.sort(names)}
    end
  end

  defp update(state, columns) do
    rows(state, "BEGIN IMMEDIATE")
    rows(state, "PRAGMA defer_foreign_keys=ON")
    for {table, column, _count} <- columns, do: rows(state, to_text(table, column))
    rows(state, "COMMIT")
  end

  defp to_text(table, column) do
    name = quoted(column)
    part = fn from, size -> "substr(hex(#{name}), #{from}, #{size})" end

    parts =
      Enum.map_join([{1, 8}, {9, 4}, {13, 4}, {17, 4}, {21, 12}], " || '-' || ", fn {f, s} ->
        part.(f, s)
      end)

    "UPDATE #{quoted(table)} SET #{name} = lower(#{parts}) WHERE #{bytes?(name)}"
  end

  defp columns_with_bytes(state) do
    for [table] <-
          rows(
            state,
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
          ),
        [column] <- rows(state, text_columns(), [table]),
        [[count]] =
          rows(state, "SELECT count(*) FROM #{quoted(table)} WHERE #{bytes?(quoted(column))}"),
        count > 0,
        do: {table, column, count}
  end

  # Those with TEXT affinity, as SQLite decides it.
  defp text_columns do
    "SELECT name FROM pragma_table_info(?) WHERE type NOT LIKE '%INT%' AND " <>
      "(type LIKE '%TEXT%' OR type LIKE '%CHAR%' OR type LIKE '%CLOB%')"
  end

  defp bytes?(name), do: "typeof(#{name}) = 'blob' AND length(#{name}) = 16"
end
