defmodule Ecto.Adapters.LibSql.SQL.Select do
  @moduledoc false
  # SELECT, clause by clause. What SQLite lacks is written by the modules of Rewrite: DISTINCT ON and WITH TIES by
  # DistinctOn, compound queries by SetOperations.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{
    ExactDecimal,
    CommonTable,
    Expr,
    Join,
    Lock,
    Operands,
    Parameter,
    Quote,
    SelectedValue,
    Scope,
    Window
  }

  alias Ecto.Adapters.LibSql.SQL.Rewrite.{DistinctOn, SetOperations}

  @type sql :: Parameter.sql()

  @doc "A whole query."
  @spec query(Scope.t()) :: sql()
  def query(scope), do: [CommonTable.clause(scope), body(scope) | Lock.clause(scope)]

  defp body(%{query: query} = scope) do
    cond do
      DistinctOn.needed?(scope) -> DistinctOn.select(scope)
      query.combinations != [] -> SetOperations.select(scope)
      true -> [core(scope), order_by(scope) | window_of_rows(scope)]
    end
  end

  @doc "Everything up to ORDER BY."
  @spec core(Scope.t()) :: sql()
  def core(%{query: query} = scope),
    do: ["SELECT ", distinct(query), fields(scope), tables(scope) | group_and_window(scope)]

  @doc "FROM, joins and WHERE."
  @spec tables(Scope.t()) :: sql()
  def tables(scope), do: [from(scope), Join.joins(scope), where(scope)]

  @spec group_and_window(Scope.t()) :: sql()
  def group_and_window(scope), do: [group_by(scope), having(scope), Window.clause(scope)]

  defp distinct(%{distinct: %{expr: true}}), do: "DISTINCT "
  defp distinct(%{distinct: %{expr: false}}), do: []
  defp distinct(%{distinct: nil}), do: []

  defp fields(%{query: %{select: nil}}), do: "*"
  defp fields(%{query: %{select: %{fields: []}}}), do: "1"

  defp fields(%{query: %{select: %{fields: fields}}} = scope),
    do: fields |> SelectedValue.fields(scope) |> Enum.intersperse(", ")

  defp from(%{query: %{from: nil}}), do: []

  defp from(%{query: %{from: %{source: source} = from} = query} = scope) do
    [
      " FROM ",
      Join.source(source, 0, scope),
      " AS ",
      Scope.name(scope, 0) | Join.hints(from, query)
    ]
  end

  @spec where(Scope.t()) :: sql()
  def where(%{query: %{wheres: wheres}} = scope), do: boolean(" WHERE ", wheres, scope)

  defp having(%{query: %{havings: havings}} = scope), do: boolean(" HAVING ", havings, scope)

  defp boolean(_clause, [], _scope), do: []

  # Left to right, so that `where a, or_where b, where c` is `(a OR b) AND c`.
  defp boolean(clause, [%{expr: expr} | rest], scope) do
    {_op, sql} =
      Enum.reduce(rest, {nil, condition(expr, scope)}, fn %{expr: expr} = part, {previous, sql} ->
        op = Map.get(part, :op, :and)
        sql = if previous in [nil, op], do: sql, else: [?(, sql, ?)]
        {op, [sql, link(op), condition(expr, scope)]}
      end)

    [clause | sql]
  end

  defp link(:and), do: " AND "
  defp link(:or), do: " OR "

  defp condition(expr, scope), do: [?(, Expr.expr(expr, scope), ?)]

  defp group_by(%{query: %{group_bys: []}}), do: []

  defp group_by(%{query: %{group_bys: group_bys}} = scope) do
    scope = Scope.hide_outer(scope, :group_by)
    terms = Enum.flat_map(group_bys, &List.wrap(&1.expr))
    [" GROUP BY " | Enum.map_intersperse(terms, ", ", &Operands.key(&1, scope))]
  end

  @doc "ORDER BY, where a term that names a selected alias is written as that name."
  @spec order_by(Scope.t()) :: sql()
  def order_by(%{query: %{order_bys: []}}), do: []

  def order_by(%{query: query} = scope) do
    scope = Scope.hide_outer(scope, :order_by)
    [" ORDER BY " | Enum.map_intersperse(order_terms(query), ", ", &order(&1, scope))]
  end

  @spec order_terms(map()) :: [{atom(), term()}]
  def order_terms(%{order_bys: order_bys}), do: Enum.flat_map(order_bys, &List.wrap(&1.expr))

  defp order({direction, {:selected_as, _, [name]} = alias}, scope) do
    # An expression in whose place its value may have been rounded or collated is written again.
    sql =
      if ExactDecimal.decimal?(alias, scope),
        do: Operands.key(alias, scope),
        else: Quote.name(name)

    _exists = Scope.selected!(scope, name)
    [sql | Window.direction(direction)]
  end

  defp order(term, scope), do: Window.order_term(term, scope)

  @doc "LIMIT and OFFSET."
  @spec window_of_rows(Scope.t()) :: sql()
  def window_of_rows(%{query: %{limit: limit, offset: offset}} = scope) do
    case {limit, offset} do
      {nil, nil} -> []
      {limit, nil} -> [" LIMIT " | count(limit, :limit, scope)]
      {nil, offset} -> [" LIMIT -1 OFFSET " | count(offset, :offset, scope)]
      {limit, offset} -> both(limit, offset, scope)
    end
  end

  defp both(limit, offset, scope),
    do: [" LIMIT ", count(limit, :limit, scope), " OFFSET " | count(offset, :offset, scope)]

  defp count(%{expr: expr}, clause, scope) do
    [Expr.expr(expr, Scope.hide_outer(scope, clause))]
  end

  @doc "Refuses all fields of a source without a schema, which has no list of them."
  @spec refuse_whole!(non_neg_integer(), Scope.t()) :: no_return()
  def refuse_whole!(ix, scope) do
    table = Scope.source(scope, ix).table
    source = if table, do: "table #{table}", else: "a fragment or values list"

    error!(
      scope.query,
      "cannot select all fields of #{source} without a schema; name the fields in the select clause"
    )
  end
end
