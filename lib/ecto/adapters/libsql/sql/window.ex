defmodule Ecto.Adapters.LibSql.SQL.Window do
  @moduledoc false
  # Window definitions, named and inline, and the terms of ORDER BY, which they share.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Expr, Operands, Parameter, Quote, Scope}

  @type sql :: Parameter.sql()

  @spec clause(Scope.t()) :: sql()
  def clause(%{query: %{windows: []}}), do: []

  def clause(%{query: %{windows: windows}} = scope) do
    [
      " WINDOW "
      | Enum.map_intersperse(windows, ", ", fn {name, %{expr: definition}} ->
          [Quote.name(name), " AS " | definition(definition, scope)]
        end)
    ]
  end

  @spec reference(atom() | keyword(), Scope.t()) :: sql()
  def reference(name, _scope) when is_atom(name), do: Quote.name(name)
  def reference(definition, scope), do: definition(definition, scope)

  defp definition(parts, scope), do: [?(, Enum.map_intersperse(parts, ?\s, &part(&1, scope)), ?)]

  defp part({:partition_by, fields}, scope),
    do: ["PARTITION BY " | Enum.map_intersperse(fields, ", ", &Operands.key(&1, scope))]

  defp part({:order_by, terms}, scope),
    do: ["ORDER BY " | Enum.map_intersperse(terms, ", ", &order_term(&1, scope))]

  defp part({:frame, {:fragment, _, _} = fragment}, scope), do: Expr.expr(fragment, scope)

  defp part({kind, _}, scope),
    do: error!(scope.query, "unsupported part of a window: #{inspect(kind)}")

  @spec order_term({atom(), term()}, Scope.t()) :: sql()
  def order_term({direction, expr}, scope), do: [Operands.key(expr, scope) | direction(direction)]

  @spec direction(atom()) :: iodata()
  def direction(:asc), do: []
  def direction(:asc_nulls_last), do: " ASC NULLS LAST"
  def direction(:asc_nulls_first), do: " ASC NULLS FIRST"
  def direction(:desc), do: " DESC"
  def direction(:desc_nulls_last), do: " DESC NULLS LAST"
  def direction(:desc_nulls_first), do: " DESC NULLS FIRST"
end
