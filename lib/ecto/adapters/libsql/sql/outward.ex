defmodule Ecto.Adapters.LibSql.SQL.Outward do
  @moduledoc false
  # Terms that name the row around a sub-query. SQLite sees that row everywhere but in ORDER BY, GROUP BY,
  # LIMIT and OFFSET. A term of the first two may be the number of a selected column, so such terms are
  # selected, and a query around it drops them again.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Expr, Quote, Select, Sources, Typing, Window}
  alias Ecto.Adapters.LibSql.SQL.Rewrite.{SelectedColumn, SetOperations}

  @doc "Whether a term has to be selected first."
  @spec needed?(map()) :: boolean()
  def needed?(query) do
    Enum.any?(order_exprs(query) ++ Select.group_terms(query), &hidden?(&1, query))
  end

  defp order_exprs(query), do: Enum.map(Select.order_terms(query), &elem(&1, 1))

  defp hidden?(expr, query),
    do: outward?(expr, query) and not match?({:field, _ix}, SelectedColumn.find(expr, query))

  @spec select(map(), Sources.t()) :: iodata()
  def select(query, sources) do
    {query, names} = SetOperations.named(query, nil)
    groups = query |> Select.group_terms() |> Enum.filter(&hidden?(&1, query)) |> named("group")
    {order, sorts} = order(query, names)
    # Rows are distinct without what is added to them.
    distinct = if distinct?(query), do: "DISTINCT ", else: []
    inner = %{adding(query, groups ++ sorts) | distinct: nil}

    [
      ["SELECT ", distinct, Quote.names(names), " FROM (", Select.core(inner, sources), ?)],
      [order | Select.window_of_rows(query, sources)]
    ]
  end

  defp distinct?(query), do: match?(%{distinct: %{expr: true}}, query)

  defp adding(%{select: %{fields: fields} = select} = query, more),
    do: %{query | select: %{select | fields: fields ++ more}}

  defp named(exprs, name),
    do: Enum.with_index(exprs, fn expr, ix -> {Quote.ours("#{name}#{ix}"), expr} end)

  # The order by columns, and those of them that are to be added.
  defp order(query, names) do
    {terms, sorts} =
      Enum.map_reduce(Select.order_terms(query), [], fn {direction, expr}, sorts ->
        {column, sorts} = sort(SelectedColumn.find(expr, query), expr, sorts, names)
        {[column | Window.direction(direction)], sorts}
      end)

    if sorts != [] and distinct?(query), do: SelectedColumn.refuse!(query, "distinct")
    {order_by(terms), sorts}
  end

  defp sort(nil, expr, sorts, _names) do
    name = Quote.ours("sort#{length(sorts)}")
    {Quote.name(name), sorts ++ [{name, expr}]}
  end

  defp sort(found, _expr, sorts, names), do: {SelectedColumn.column(found, names), sorts}

  defp order_by([]), do: []
  defp order_by(terms), do: [" ORDER BY " | Enum.intersperse(terms, ", ")]

  @doc "A term of ORDER BY or GROUP BY: where SQLite does not see it, the number of the column that is equal."
  @spec term(term(), Sources.t(), map()) :: iodata()
  def term(expr, sources, query) do
    with true <- outward?(expr, query),
         {:field, ix} <- SelectedColumn.find(expr, query) do
      Integer.to_string(ix + 1)
    else
      false ->
        Typing.Decimal.sorted(expr, sources, query)

      _not_selected ->
        error!(
          query,
          "group_by by the outer row beside unions, distinct fields or with_ties needs the term in select"
        )
    end
  end

  @doc "A LIMIT or OFFSET."
  @spec count(term(), Sources.t(), map()) :: iodata()
  def count(expr, sources, query) do
    if outward?(expr, query) do
      error!(
        query,
        "SQLite's limit and offset cannot name the outer row; select over(row_number(), …) in a sub-query " <>
          "and compare it with the outer row in where"
      )
    end

    Expr.expr(expr, sources, query)
  end

  ## Looking outside

  defp outward?({:selected_as, _, [name]}, query),
    do: query |> Expr.selected!(name) |> outward?(query)

  defp outward?(expr, query), do: outside?(expr, %{}, query.aliases)

  # `inside` are the sources of the levels between, `own` those of the level that the term is on.
  defp outside?({:parent_as, _, [as]}, inside, _own), do: not is_map_key(inside, as)

  defp outside?(%Ecto.SubQuery{query: query}, inside, own),
    do: outside?(query, Map.merge(inside, own), query.aliases)

  defp outside?(%Ecto.Query{} = query, inside, _own),
    do: query |> Map.from_struct() |> Map.values() |> outside?(inside, query.aliases)

  defp outside?(%module{}, _inside, _own)
       when module in [Decimal, Date, Time, NaiveDateTime, DateTime],
       do: false

  defp outside?(%{} = map, inside, own), do: map |> Map.to_list() |> outside?(inside, own)

  defp outside?(tuple, inside, own) when is_tuple(tuple),
    do: tuple |> Tuple.to_list() |> outside?(inside, own)

  defp outside?([head | tail], inside, own),
    do: outside?(head, inside, own) or outside?(tail, inside, own)

  defp outside?(_scalar, _inside, _own), do: false
end
