defmodule Ecto.Adapters.LibSql.Migration.Rebuild.InPlace do
  @moduledoc false
  # Whether a change of a definition leaves the stored rows and indexes as they are: NOT NULL, CHECK,
  # REFERENCES, comments, and a declared type of the same affinity. Then the new definition is written without
  # copying the table, however large it is (sqlite.org/lang_altertable.html#otheralter).
  #
  # Another DEFAULT is no such change: rows older than an ADD COLUMN end before the new column, and SQLite
  # reads the default of the definition in its place.

  alias Ecto.Adapters.LibSql.{Catalog, Definition}
  alias Ecto.Adapters.LibSql.Definition.{Checks, Column, Tokenizer}
  alias Ecto.Adapters.LibSql.Migration.Rebuild.{Fill, Target}
  alias Ecto.Adapters.LibSql.SQL.Quote

  # Clauses that say which values are allowed, and not how they are stored.
  @rules [:not_null, :null, :check, :references, :deferral, :comment, :name]

  @doc """
  Whether the definition can be written as it is. If a row breaks a new rule, it cannot: then the copy fails,
  with SQLite's error.
  """
  @spec possible?(Target.t(), Definition.Table.t(), Definition.Table.t()) :: boolean()
  def possible?(target, old, new) do
    target.removed == [] and same_storage?(old, new) and
      not Enum.any?(target.conversions, &changes?(target, &1)) and
      not nulls?(target, old, new) and
      (not target.check or
         Fill.broken(target, Checks.all(new) -- Checks.all(old), table(target)) == [])
  end

  ## Definitions

  defp same_storage?(old, new) do
    old.tail == new.tail and stored(old) == stored(new) and
      Definition.Table.rowid_alias(old) == Definition.Table.rowid_alias(new)
  end

  # What decides about rows and indexes, in the order in which it is written.
  defp stored(table) do
    strict? = Definition.Table.strict?(table)
    Enum.flat_map(table.items, &item(&1, strict?))
  end

  defp item(%{kind: :column, name: name, tokens: tokens}, strict?) do
    column = Column.parse(tokens)
    clauses = for %{kind: kind, text: text} <- column.clauses, kind not in @rules, do: text
    # A STRICT table checks the type itself, and its names are few.
    type = if strict?, do: Tokenizer.fold(column.type), else: affinity(column.type)
    [{name, type, clauses}]
  end

  defp item(%{kind: :constraint, tokens: tokens}, _strict?) do
    keywords = Enum.map(tokens, &Tokenizer.keyword/1)

    if Enum.find(keywords, &(&1 in ~w(PRIMARY UNIQUE CHECK FOREIGN))) in ["CHECK", "FOREIGN", nil],
      do: [],
      else: [Tokenizer.text(tokens)]
  end

  # sqlite.org/datatype3.html, 3.1. INTEGER and NUMERIC store alike.
  defp affinity(type) do
    cond do
      type =~ ~r/int/i -> :numeric
      type =~ ~r/char|clob|text/i -> :text
      type == "" or type =~ ~r/blob/i -> :blob
      type =~ ~r/real|floa|doub/i -> :real
      true -> :numeric
    end
  end

  ## Rows

  # Compared as bytes: the column's collation may take two different texts for equal.
  defp changes?(target, conversion) do
    column = Quote.name(conversion.column)
    new = [?(, conversion.sql, ?)]
    differs = ["typeof", new, " <> typeof(", column, ") OR ", new, " IS NOT ", column]
    any?(target, [column, " IS NOT NULL AND (", differs, " COLLATE BINARY)"])
  end

  defp nulls?(target, old, new) do
    Enum.any?(not_null(new) -- not_null(old), &any?(target, [Quote.name(&1), " IS NULL"]))
  end

  defp not_null(table) do
    for %{kind: :column, name: name, tokens: tokens} <- table.items,
        Enum.any?(Column.parse(tokens).clauses, &(&1.kind == :not_null)),
        do: name
  end

  defp any?(target, condition) do
    sql = ["SELECT 1 FROM ", table(target), " WHERE ", condition, " LIMIT 1"]
    Catalog.rows(target.meta, sql) != []
  end

  defp table(target), do: Target.quoted(target, target.name)
end
