defmodule Ecto.Adapters.LibSql.Migration.Rebuild.Copy do
  @moduledoc false
  # The INSERT ... SELECT that fills a rebuilt table from the old one.

  alias Ecto.Adapters.LibSql.Definition
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.SQL.Quote

  @rowids ~w(rowid _rowid_ oid)

  @doc """
  Fills `to`, a quoted name, whose definition is `new`, with the rows of `from`, which is `old`. What
  `removed` names has no values to give, even if a column of this name was added anew; `conversions` are the
  new values, as SQL, of columns whose type changes.
  """
  @spec sql(
          {iodata(), Definition.Table.t()},
          {iodata(), Definition.Table.t()},
          [String.t()],
          %{String.t() => iodata()}
        ) :: iodata()
  def sql({to, new}, {from, old}, removed, conversions) do
    kept = kept(new, old, Enum.map(removed, &Tokenizer.fold/1))

    # By the parsed name: as an expression, a name stored as 'a' is a text, and current_date the date.
    columns = for name <- kept, do: {Quote.name(name), conversions[name] || Quote.name(name)}
    pairs = rowid(new, old, kept) ++ columns

    # OR ABORT overrides ON CONFLICT IGNORE and REPLACE of the table, which would drop rows silently.
    if pairs == [],
      do: ["SELECT 1"],
      else: [
        "INSERT OR ABORT INTO ",
        to,
        " (",
        list(pairs, 0),
        ") SELECT ",
        list(pairs, 1),
        " FROM " | from
      ]
  end

  defp list(pairs, at), do: Enum.map_intersperse(pairs, ", ", &elem(&1, at))

  defp kept(new, old, removed) do
    for %{name: name} <- stored(new),
        name not in removed,
        stored?(Definition.Table.column(old, name)),
        do: name
  end

  # Generated columns are computed.
  defp stored(table), do: Enum.filter(table.items, &(&1.kind == :column and stored?(&1)))

  defp stored?(nil), do: false

  defp stored?(item),
    do: not Enum.any?(Definition.Column.parse(item.tokens).clauses, &(&1.kind == :generated))

  ## Rowids

  # The rowid, by a name that is no column in either table, unless a column of the new table is the rowid.
  defp rowid(new, old, kept) do
    with true <- copy_rowid?(new, old, kept),
         to when to != nil <- free(new),
         from when from != nil <- free(old) do
      [{to, from}]
    else
      _nothing -> []
    end
  end

  # A column that is the rowid is copied itself. A new column that is the rowid takes the old rowids, unless
  # another column was the rowid: then the rows are numbered anew.
  defp copy_rowid?(new, old, kept) do
    becomes = Definition.Table.rowid_alias(new)

    cond do
      Definition.Table.without_rowid?(old) or Definition.Table.without_rowid?(new) -> false
      is_nil(becomes) -> true
      becomes in kept -> false
      true -> is_nil(Definition.Table.rowid_alias(old))
    end
  end

  defp free(table), do: Enum.find(@rowids, &(not Definition.Table.column?(table, &1)))
end
