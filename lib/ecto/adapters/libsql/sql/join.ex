defmodule Ecto.Adapters.LibSql.SQL.Join do
  @moduledoc false
  # Sources and joins.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Expr, Fragment, Parameter, Scope, Select}
  alias Ecto.Adapters.LibSql.SQL.Rewrite.Lateral

  @type sql :: Parameter.sql()

  @quals %{
    inner: " INNER JOIN ",
    left: " LEFT OUTER JOIN ",
    right: " RIGHT OUTER JOIN ",
    full: " FULL OUTER JOIN ",
    cross: " CROSS JOIN "
  }
  @laterals %{inner_lateral: :inner, left_lateral: :left, cross_lateral: :cross}

  @spec joins(Scope.t()) :: sql()
  def joins(%{query: %{joins: joins}} = scope), do: Enum.map(joins, &join(&1, scope))

  defp join(%{qual: qual, source: %Ecto.SubQuery{}} = join, scope)
       when is_map_key(@laterals, qual) do
    {qual, sql, extra} = Lateral.rewrite(join, @laterals[qual], scope)
    clause(%{join | qual: qual}, [?(, sql, ?)], extra, scope)
  end

  # A table-valued function sees the tables before it in any join.
  defp join(%{qual: qual} = join, scope) when is_map_key(@laterals, qual),
    do: join(%{join | qual: @laterals[qual]}, scope)

  defp join(%{source: source, ix: ix} = join, scope),
    do: clause(join, source(source, ix, scope), [], scope)

  defp clause(%{qual: qual, ix: ix} = join, table, extra, scope) when is_map_key(@quals, qual) do
    [
      [@quals[qual], table, " AS ", Scope.name(scope, ix), hints(join, scope.query)],
      on(qual, join.on.expr, extra, scope)
    ]
  end

  defp clause(%{qual: qual}, _table, _extra, scope),
    do: error!(scope.query, "join qualifier #{inspect(qual)} is not supported")

  defp on(:cross, true, [], _scope), do: []
  defp on(_qual, expr, [], scope), do: [" ON " | Expr.expr(expr, scope)]

  defp on(_qual, expr, extra, scope),
    do: [" ON (", Expr.expr(expr, scope), ")", Enum.map(extra, &[" AND " | &1])]

  @doc "A source, as FROM and JOIN take it."
  @spec source(term(), non_neg_integer(), Scope.t()) :: sql()
  def source(source, ix, scope) do
    case Scope.source(scope, ix) do
      %{table: nil, scope: nil} -> derived(source, scope)
      %{table: nil, scope: inner} -> [?(, Select.query(inner), ?)]
      %{table: table} -> table
    end
  end

  defp derived({:fragment, _, _} = fragment, scope), do: Fragment.fragment(fragment, scope)
  defp derived({:values, _, _} = values, scope), do: Expr.expr(values, scope)

  defp derived(source, scope) when is_tuple(source),
    do: source |> elem(0) |> Fragment.fragment(scope)

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
