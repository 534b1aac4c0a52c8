defmodule Ecto.Adapters.LibSql.Migration.DDL.Index do
  @moduledoc false
  # CREATE INDEX.

  alias Ecto.Adapters.LibSql.Migration.DDL
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration.Index

  @spec create(:create | :create_if_not_exists, Index.t()) :: iodata()
  def create(command, %Index{} = index) do
    check!(index)

    [
      ["CREATE ", if(index.unique, do: "UNIQUE ", else: []), "INDEX "],
      if(command == :create_if_not_exists, do: "IF NOT EXISTS ", else: []),
      [Quote.table(index.prefix, index.name), " ON ", Quote.name(index.table), " ("],
      DDL.Comment.sql(index.comment),
      [Enum.map_intersperse(columns(index), ", ", &column/1), ?)],
      where(index.where)
    ]
  end

  # `concurrently` changes how an index is built, not the index, and SQLite has one writer at a time.
  defp check!(%Index{} = index) do
    if index.only do
      raise ArgumentError,
            "SQLite has no partitions, got only: #{inspect(index.only)} for index #{inspect(index.name)}"
    end

    if index.using && String.downcase(to_string(index.using)) != "btree" do
      raise ArgumentError, "SQLite indexes are B-trees, got using: #{inspect(index.using)}"
    end

    if index.include != [] and index.unique do
      raise ArgumentError,
            "SQLite has no INCLUDE, and columns added to the unique index #{inspect(index.name)} " <>
              "would change what is unique"
    end

    if index.nulls_distinct == false do
      raise ArgumentError,
            "NULLs are always distinct in SQLite indexes; make #{inspect(index.name)} an index on " <>
              "coalesce(column, value) instead"
    end

    if index.options do
      raise ArgumentError, "SQLite indexes have no options, got: #{inspect(index.options)}"
    end
  end

  # As last columns of the key, included columns make the index a covering one as well.
  defp columns(%Index{columns: columns, include: include}), do: columns ++ include

  defp column({direction, column}) when direction in [:asc, :desc],
    do: [column(column), ?\s, direction |> Atom.to_string() |> String.upcase()]

  defp column({direction, column}) when is_atom(direction) and direction != :fragment do
    raise ArgumentError,
          "SQLite indexes cannot place NULLs: #{inspect(direction)} of #{inspect(column)}"
  end

  defp column({:fragment, sql}), do: sql
  defp column(column) when is_atom(column), do: Quote.name(column)

  # A string is SQL: an expression, or a column with COLLATE.
  defp column(column) when is_binary(column), do: column

  defp where(nil), do: []
  defp where(condition), do: [" WHERE " | to_string(condition)]
end
