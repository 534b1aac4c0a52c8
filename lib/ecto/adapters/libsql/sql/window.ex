defmodule Ecto.Adapters.LibSql.SQL.Window do
  @moduledoc false
  # Window definitions, named and inline, and the terms of ORDER BY, which they share.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Expr, Quote, Sources, Typing}

  @spec clause(map(), Sources.t()) :: iodata()
  def clause(%{windows: []}, _sources), do: []

  def clause(%{windows: windows} = query, sources) do
    [
      " WINDOW "
      | Enum.map_intersperse(windows, ", ", fn {name, %{expr: definition}} ->
          [Quote.name(name), " AS " | definition(definition, sources, query)]
        end)
    ]
  end

  @spec reference(atom() | keyword(), Sources.t(), map()) :: iodata()
  def reference(name, _sources, _query) when is_atom(name), do: Quote.name(name)
  def reference(definition, sources, query), do: definition(definition, sources, query)

  defp definition(parts, sources, query),
    do: [?(, Enum.map_intersperse(parts, ?\s, &part(&1, sources, query)), ?)]

  defp part({:partition_by, fields}, sources, query),
    do: ["PARTITION BY " | Enum.map_intersperse(fields, ", ", &Expr.expr(&1, sources, query))]

  defp part({:order_by, terms}, sources, query),
    do: ["ORDER BY " | Enum.map_intersperse(terms, ", ", &order_term(&1, sources, query))]

  defp part({:frame, {:fragment, _, _} = fragment}, sources, query),
    do: Expr.expr(fragment, sources, query)

  defp part({kind, _}, _sources, query),
    do: error!(query, "unsupported part of a window: #{inspect(kind)}")

  @spec order_term({atom(), term()}, Sources.t(), map()) :: iodata()
  def order_term({direction, expr}, sources, query),
    do: [Typing.Decimal.sorted(expr, sources, query) | direction(direction)]

  @spec direction(atom()) :: iodata()
  def direction(:asc), do: []
  def direction(:asc_nulls_last), do: " ASC NULLS LAST"
  def direction(:asc_nulls_first), do: " ASC NULLS FIRST"
  def direction(:desc), do: " DESC"
  def direction(:desc_nulls_last), do: " DESC NULLS LAST"
  def direction(:desc_nulls_first), do: " DESC NULLS FIRST"
end
