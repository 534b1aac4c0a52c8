defmodule Ecto.Adapters.LibSql.RowCopy do
  @moduledoc false
  # The INSERT ... SELECT that fills a rebuilt table from the old one.

  alias Ecto.Adapters.LibSql.{CreateColumn, CreateTable, Tokens}
  alias Ecto.Adapters.LibSql.SQL.Quote

  @doc "Fills `to`, a quoted name, whose definition is `new`, with the rows of `from`, which is `old`."
  @spec sql(iodata(), CreateTable.t(), iodata(), CreateTable.t()) :: iodata()
  def sql(to, new, from, old) do
    kept = for %{name: name} <- stored(new), stored?(CreateTable.column(old, name)), do: name
    rowid = if copy_rowid?(old, new), do: ["rowid"], else: []

    # By the parsed name: 'a' as it is stored would be a text here, and current_date the day.
    columns = Enum.intersperse(rowid ++ Enum.map(kept, &Quote.name/1), ", ")

    # OR ABORT overrules the ON CONFLICT clauses of the table, which would drop rows without a word.
    if columns == [],
      do: ["SELECT 1"],
      else: ["INSERT OR ABORT INTO ", to, " (", columns, ") SELECT ", columns, " FROM " | from]
  end

  # Generated columns fill themselves.
  defp stored(table), do: Enum.filter(table.items, &(&1.kind == :column and stored?(&1)))

  defp stored?(nil), do: false

  defp stored?(item),
    do: not Enum.any?(CreateColumn.parse(item.tokens).clauses, &(&1.kind == :generated))

  # A rowid that has a name travels with its column.
  defp copy_rowid?(old, new) do
    not CreateTable.without_rowid?(old) and not CreateTable.without_rowid?(new) and
      not CreateTable.column?(old, "rowid") and not CreateTable.column?(new, "rowid") and
      not rowid_alias?(old)
  end

  defp rowid_alias?(table) do
    Enum.any?(table.items, fn
      %{kind: :column} = item ->
        column = CreateColumn.parse(item.tokens)

        Tokens.fold(column.type) == "integer" and
          Enum.any?(column.clauses, &(&1.kind == :primary_key))

      %{kind: :constraint} ->
        false
    end)
  end
end
