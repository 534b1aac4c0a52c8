defmodule Ecto.Adapters.LibSql.Migration.References do
  @moduledoc false
  # Refuses to remove a table, an index or a name that foreign keys or full-text searches need, which SQLite
  # does not check. Views and triggers are found by Dependents.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration.{Index, Table}

  @type meta :: Ecto.Adapter.adapter_meta()

  @doc """
  SQLite deletes the rows of a table before it drops it, and with them those of children that cascade. Raises
  where rows of another table refer to it; for `:cascade`, which would have to change that table, where its
  definition does.
  """
  @spec droppable!(meta(), Table.t(), :restrict | :cascade) :: :ok
  def droppable!(meta, table, mode) do
    for %{child: child, from: columns} <- foreign_keys(meta, table) do
      if mode == :cascade, do: cascade!(table, child)
      count = referring(meta, table.prefix, child, columns)
      if count > 0, do: referred_to!(table, child, columns, count)
    end

    :ok
  end

  @doc """
  Raises where rows of another table refer to it: to replace it on a server, it has to be dropped and made anew. Inside
  a migration's transaction that would delete those rows, or fail.
  """
  @spec replaceable!(meta(), %{:name => term(), :prefix => term(), optional(atom()) => term()}) ::
          :ok
  def replaceable!(meta, table) do
    for %{child: child, from: columns} <- foreign_keys(meta, table),
        count = referring(meta, table.prefix, child, columns),
        count > 0 do
      raise ArgumentError,
            "cannot change table #{inspect(table.name)} on a server inside a transaction: it has to be dropped and made anew, " <>
              "and #{rows(count)} of #{inspect(child)} with a value in #{Enum.join(columns, ", ")} refer to it. " <>
              "Put the change into a migration of its own with @disable_ddl_transaction true: it is then made with " <>
              "foreign keys off, in a transaction of its own, and all keys are checked before its commit"
    end

    :ok
  end

  # Those of other tables.
  defp foreign_keys(meta, table) do
    name = to_string(table.name)

    for key <- Catalog.foreign_keys_to(meta, name, table.prefix),
        Tokenizer.fold(key.child) != Tokenizer.fold(name),
        do: key
  end

  # A NULL in one of the columns refers to nothing.
  defp referring(meta, prefix, child, columns) do
    given = Enum.map_intersperse(columns, " AND ", &[Quote.name(&1), " IS NOT NULL"])
    sql = ["SELECT count(*) FROM ", Quote.table(prefix, child), " WHERE " | given]
    [[count]] = Catalog.rows(meta, IO.iodata_to_binary(sql))
    count
  end

  @spec referred_to!(Table.t(), String.t(), [String.t()], pos_integer()) :: no_return()
  defp referred_to!(table, child, columns, count) do
    raise ArgumentError,
          "cannot drop table #{inspect(table.name)}: #{rows(count)} of #{inspect(child)} with a value in " <>
            "#{Enum.join(columns, ", ")} refer to it, and SQLite would delete the referenced rows first. To change the " <>
            "table use modify, add and remove in alter table, which keep its rows and those that refer to " <>
            "them; to remove it, first drop #{inspect(child)} or remove its reference"
  end

  defp rows(1), do: "1 row"
  defp rows(count), do: "#{count} rows"

  @spec cascade!(Table.t(), String.t()) :: no_return()
  defp cascade!(table, child) do
    raise ArgumentError,
          "cannot drop table #{inspect(table.name)} with mode: :cascade, which SQLite does not have: " <>
            "#{inspect(child)} refers to it; first drop #{inspect(child)} or remove its reference"
  end

  ## Indexes

  @doc "Without the unique index over its parent's columns a foreign key lets nothing be written any more."
  @spec no_parent_key!(meta(), Index.t()) :: :ok
  def no_parent_key!(meta, %Index{} = index) do
    table = indexed(meta, index)
    indexes = Catalog.indexes(meta, table, index.prefix)

    with %{unique: true, partial: false} = key <- Enum.find(indexes, &same?(&1.name, index.name)),
         false <- another?(meta, table, index.prefix, key, indexes -- [key]),
         %{child: child} <- child(meta, table, index.prefix, key) do
      raise ArgumentError,
            "cannot drop index #{inspect(index.name)}: it is the key that a foreign key of " <>
              "#{inspect(child)} refers to; drop that one first"
    else
      _unused -> :ok
    end
  end

  # A migration may name another table, since SQLite needs none to drop an index.
  defp indexed(meta, index) do
    master = [Catalog.database(index.prefix), "sqlite_master"]
    sql = ["SELECT tbl_name FROM ", master, " WHERE type = 'index' AND name = ?1 COLLATE NOCASE"]

    case Catalog.rows(meta, sql, [to_string(index.name)]) do
      [[table]] -> table
      [] -> to_string(index.table)
    end
  end

  defp child(meta, table, prefix, key) do
    meta
    |> Catalog.foreign_keys_to(table, prefix)
    |> Enum.find(&(nil not in &1.to and names(&1.to) == names(key.columns)))
  end

  # Another key over the same columns serves as well.
  defp another?(meta, table, prefix, key, others) do
    primary = for %{pk: pk, name: name} <- Catalog.columns(meta, table, prefix), pk > 0, do: name

    names(primary) == names(key.columns) or
      Enum.any?(
        others,
        &(&1.unique and not &1.partial and names(&1.columns) == names(key.columns))
      )
  end

  defp names(columns), do: columns |> Enum.map(&(&1 && Tokenizer.fold(&1))) |> Enum.sort()
  defp same?(name, other), do: Tokenizer.fold(name) == other |> to_string() |> Tokenizer.fold()

  ## Full-text searches

  @doc "A search knows its table, and the table's columns, by name."
  @spec unsearched!(meta(), Table.t(), atom() | :table) :: :ok
  def unsearched!(meta, table, column) do
    for [name, sql] <- virtual_tables(meta, table.prefix),
        %{content: content, names: names} <- [search(sql)],
        same?(content, table.name),
        column == :table or Enum.any?(names, &same?(&1, column)) do
      what = if column == :table, do: "table", else: "column #{inspect(column)} of"

      raise ArgumentError,
            "cannot rename #{what} #{inspect(table.name)}: the full-text search #{inspect(name)} reads " <>
              "it by this name; use drop_full_text_search before and create_full_text_search after"
    end

    :ok
  end

  defp virtual_tables(meta, prefix) do
    Catalog.rows(meta, [
      ["SELECT name, sql FROM ", Catalog.database(prefix), "sqlite_master "],
      "WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%'"
    ])
  end

  # `USING fts5(title, body, content='posts', content_rowid='id')`
  defp search(sql) do
    {head, body} = sql |> Tokenizer.scan() |> Enum.split_while(&(&1 != {:punct, "("}))
    {group, _rest} = Tokenizer.group(body)
    arguments = group |> Enum.slice(1..-2//1) |> Tokenizer.split() |> Enum.map(&argument/1)
    settings = for {key, value} <- arguments, into: %{}, do: {key, value}

    if Enum.any?(head, &(Tokenizer.keyword(&1) == "FTS5")) and
         settings["content"] not in [nil, ""] do
      columns = for {:column, name} <- arguments, do: name
      %{content: settings["content"], names: List.wrap(settings["content_rowid"]) ++ columns}
    end
  end

  defp argument(tokens) do
    case Enum.reject(tokens, &match?({:space, _}, &1)) do
      [key, {:punct, "="}, value | _] -> {Tokenizer.name(key), Tokenizer.identifier(value)}
      [column | _] -> {:column, Tokenizer.identifier(column)}
      [] -> :none
    end
  end
end
