defmodule Ecto.Adapters.LibSql.SQL.Join do
  @moduledoc false
  # Sources and joins.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Expr, Fragment, Select, Sources}
  alias Ecto.Adapters.LibSql.SQL.Rewrite.Lateral

  @quals %{
    inner: " INNER JOIN ",
    left: " LEFT OUTER JOIN ",
    right: " RIGHT OUTER JOIN ",
    full: " FULL OUTER JOIN ",
    cross: " CROSS JOIN "
  }

  @spec joins(map(), Sources.t()) :: iodata()
  def joins(%{joins: joins} = query, sources), do: Enum.map(joins, &join(&1, sources, query))

  defp join(%{qual: qual, source: %Ecto.SubQuery{}} = join, sources, query)
       when qual in [:inner_lateral, :left_lateral, :cross_lateral] do
    {join, extra} = Lateral.rewrite(join, sources, query)
    clause(join, extra, sources, query)
  end

  # A table-valued function sees the tables before it without being told.
  defp join(%{qual: :inner_lateral} = join, sources, query),
    do: clause(%{join | qual: :inner}, [], sources, query)

  defp join(%{qual: :left_lateral} = join, sources, query),
    do: clause(%{join | qual: :left}, [], sources, query)

  defp join(%{qual: :cross_lateral} = join, sources, query),
    do: clause(%{join | qual: :cross}, [], sources, query)

  defp join(join, sources, query), do: clause(join, [], sources, query)

  defp clause(%{qual: qual, ix: ix, source: source} = join, extra, sources, query)
       when is_map_key(@quals, qual) do
    {table, name} = source(source, ix, sources, query)

    [
      [@quals[qual], table, " AS ", name, hints(join, query)],
      on(qual, join.on.expr, extra, sources, query)
    ]
  end

  defp clause(%{qual: qual}, _extra, _sources, query),
    do: error!(query, "join qualifier #{inspect(qual)} is not supported")

  defp on(:cross, true, [], _sources, _query), do: []
  defp on(_qual, expr, [], sources, query), do: [" ON " | Expr.expr(expr, sources, query)]

  defp on(_qual, expr, extra, sources, query) do
    [" ON (", Expr.expr(expr, sources, query), ")", Enum.map(extra, &[" AND " | &1])]
  end

  @doc "A source as it stands behind FROM or JOIN, and its name."
  @spec source(term(), non_neg_integer(), Sources.t(), map()) :: {iodata(), iodata()}
  def source(source, ix, sources, query) do
    {table, name, _schema} = elem(sources, ix)
    {table || derived(source, sources, query), name}
  end

  defp derived(%Ecto.SubQuery{query: subquery}, sources, query),
    do: [?(, Select.nested(subquery, query, sources), ?)]

  defp derived({:fragment, _, _} = fragment, sources, query),
    do: Fragment.fragment(fragment, sources, query)

  defp derived({{:fragment, _, _} = fragment, _schema, _prefix}, sources, query),
    do: Fragment.fragment(fragment, sources, query)

  defp derived({{:fragment, _, _} = fragment, _schema}, sources, query),
    do: Fragment.fragment(fragment, sources, query)

  defp derived({:values, _, _} = values, sources, query), do: Expr.expr(values, sources, query)

  @doc "`INDEXED BY name` and `NOT INDEXED`; SQLite has no other hints."
  @spec hints(map(), map()) :: iodata()
  def hints(%{hints: hints}, query) do
    Enum.map(hints, fn hint ->
      if is_binary(hint) and hint =~ ~r/^\s*(INDEXED BY\s+("[^"]+"|\w+)|NOT INDEXED)\s*$/i do
        [?\s | hint]
      else
        error!(
          query,
          "unsupported hint #{inspect(hint)}; SQLite knows INDEXED BY and NOT INDEXED"
        )
      end
    end)
  end

  def hints(_built_by_hand, _query), do: []
end
