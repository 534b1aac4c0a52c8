defmodule EctoLibSql.FileMaintenance do
  @moduledoc false
  # What the mix tasks do to database files, over a connection of their own.

  import EctoLibSql.DatabaseFile

  alias EctoLibSql.Native

  @side_files ["-wal", "-shm", "-journal"]

  ## Backup

  @doc "Copies a database into a file that appears when it is whole. The size of the copy, or a message."
  @spec backup(Path.t(), Path.t(), keyword()) :: {:ok, non_neg_integer()} | {:error, String.t()}
  def backup(from, to, opts \\ []) do
    cond do
      Path.expand(from) == Path.expand(to) ->
        {:error, "#{to} is the database itself"}

      File.exists?(to) and !opts[:force] ->
        {:error, "#{to} is there already; --force replaces it"}

      true ->
        copy(from, to, to <> ".part")
    end
  end

  defp copy(from, to, part) do
    with {:ok, :ok} <- with_file(from, [mode: :readonly], &Native.backup(&1, part)),
         {:ok, :ok} <- with_file(part, [mode: :readonly], &whole/1),
         {:ok, %{size: size}} <- File.stat(part),
         # The log of a file that is replaced is not that of the copy.
         :ok <- remove(to, @side_files),
         :ok <- File.rename(part, to) do
      {:ok, size}
    else
      {:ok, {:error, reason}} -> {:error, "#{from}: #{reason}"}
      {:error, reason} when is_atom(reason) -> {:error, "#{to}: #{:file.format_error(reason)}"}
      {:error, message} -> {:error, message}
    end
  after
    remove(part, ["" | @side_files])
  end

  defp whole(state) do
    case rows(state, "PRAGMA quick_check(1)") do
      [["ok"]] -> :ok
      [[damage]] -> {:error, "the copy is damaged: #{damage}"}
    end
  end

  defp remove(path, endings), do: Enum.each(endings, &File.rm(path <> &1))

  ## UUIDs

  @doc """
  Converts 16-byte UUIDs in text columns, `\"table.column\"` or `:all`; with none it only counts. Gives the
  columns that hold some, with their number.
  """
  @spec convert_uuids(Path.t(), :all | [String.t()]) ::
          {:ok, [{String.t(), pos_integer()}]} | {:error, String.t()}
  def convert_uuids(path, wanted) do
    mode = if wanted == [], do: [mode: :readonly], else: []

    case with_file(path, mode, &convert(&1, wanted)) do
      {:ok, {:error, reason}} -> {:error, "#{path}: #{reason}"}
      {:ok, converted} -> converted
      {:error, message} -> {:error, message}
    end
  end

  defp convert(state, wanted) do
    found = columns_with_bytes(state)
    names = Map.new(found, fn {table, column, count} -> {"#{table}.#{column}", count} end)

    cond do
      wanted == [] or found == [] ->
        {:ok, Enum.sort(names)}

      wanted != :all and wanted -- Map.keys(names) != [] ->
        {:error,
         "no text column with UUIDs as bytes: #{Enum.join(wanted -- Map.keys(names), ", ")}"}

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
