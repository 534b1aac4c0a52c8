defmodule Ecto.Adapters.LibSql.SQL.Rewrite.DistinctOn do
  @moduledoc false
  # `distinct: [exprs]`, `with_ties` and the first rows of each partition (for Lateral), as window functions in a
  # wrapped query.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{
    Expr,
    Operands,
    Parameter,
    Quote,
    Scope,
    Select,
    SelectedValue,
    Window
  }

  alias Ecto.Adapters.LibSql.SQL.Rewrite.{SelectedColumn, SetOperations}

  @type sql :: Parameter.sql()

  @spec needed?(Scope.t()) :: boolean()
  def needed?(%{query: query, first_rows: first}),
    do: distinct_on?(query) or ties?(query) or first != nil

  defp distinct_on?(%{distinct: %{expr: exprs}}), do: is_list(exprs)
  defp distinct_on?(%{distinct: nil}), do: false

  defp ties?(%{limit: limit}), do: match?(%{with_ties: true}, limit)

  @spec select(Scope.t()) :: sql()
  def select(%{query: query} = scope) do
    check!(query)
    {named, names} = SetOperations.named(scope, nil)

    if match?(%{distinct: %{expr: true}}, query),
      do: ties_of_distinct(named, names),
      else: ranked(named, names)
  end

  defp ranked(%{query: query} = scope, names) do
    order = order_terms(scope)
    {rank, condition, rows} = rank(order, scope)
    fields = query.select.fields |> SelectedValue.fields(scope) |> Enum.intersperse(", ")

    [
      ["SELECT ", Quote.names(names), " FROM (SELECT ", fields, ", ", rank],
      [sort_columns(order, scope), Select.tables(scope)],
      [Select.group_and_window(scope), ") WHERE ", condition, sort(order), rows]
    ]
  end

  # Ranks the rows that DISTINCT has left, by what these rows hold.
  defp ties_of_distinct(%{query: query} = scope, names) do
    terms =
      Enum.map_intersperse(Select.order_terms(query), ", ", fn {direction, expr} ->
        found =
          SelectedColumn.find(expr, scope) ||
            SelectedColumn.refuse!(query, "distinct and with_ties")

        [SelectedColumn.column(found, names) | Window.direction(direction)]
      end)

    order = [" ORDER BY " | terms]
    {ranks, condition, _rows} = ties(order, scope)

    [
      ["SELECT ", Quote.names(names), " FROM (SELECT *, ", ranks, " FROM ("],
      [Select.core(scope), ")) WHERE ", condition, order]
    ]
  end

  defp check!(query) do
    cond do
      query.combinations != [] ->
        error!(
          query,
          "distinct on fields and with_ties cannot be combined with unions; use a sub-query"
        )

      distinct_on?(query) and ties?(query) ->
        error!(query, "distinct on fields cannot be combined with with_ties; use a sub-query")

      ties?(query) and query.order_bys == [] ->
        error!(query, "with_ties needs an order_by")

      true ->
        :ok
    end
  end

  defp rank([], %{first_rows: %{limit: limit} = first} = scope) do
    {[numbered(first.partition, first.order, scope), " AS ", rank()],
     [rank(), " <= ", Expr.operand(limit, scope)], []}
  end

  defp rank(order, %{query: query} = scope) do
    if distinct_on?(query) do
      partition = for {_direction, expr} <- query.distinct.expr, do: expr

      {[numbered(partition, order, scope), " AS ", rank()], [rank(), " = 1"],
       Select.window_of_rows(scope)}
    else
      ties(window(order, scope), scope)
    end
  end

  defp numbered(partition, order, scope) do
    partition = Enum.map_intersperse(partition, ", ", &Operands.key(&1, scope))
    ["row_number() OVER (PARTITION BY ", partition, window(order, scope), ?)]
  end

  defp ties(order, %{query: query} = scope) do
    over = [" OVER (", order, ?)]
    limit = Expr.operand(query.limit.expr, scope)

    case query.offset do
      nil ->
        {["rank()", over, " AS ", rank()], [rank(), " <= ", limit], []}

      %{expr: expr} ->
        offset = Expr.operand(expr, scope)
        ranks = ["rank()", over, " AS ", rank(), ", row_number()", over, " AS ", row()]
        last = [rank(), " <= ", offset, " + ", limit, " AND ", limit, " > 0"]
        {ranks, [last, " AND ", row(), " > ", offset], []}
    end
  end

  # The fields of DISTINCT ON lead the order, as PostgreSQL demands and Ecto documents.
  defp order_terms(%{query: query} = scope) do
    leading = if distinct_on?(query), do: query.distinct.expr, else: []

    (leading ++ Enum.map(Select.order_terms(query), &resolve(&1, scope)))
    |> Enum.uniq_by(fn {_direction, expr} -> expr end)
  end

  defp resolve({direction, {:selected_as, _, [name]}}, scope),
    do: {direction, Scope.selected!(scope, name)}

  defp resolve(term, _scope), do: term

  defp window([], _scope), do: []

  defp window(order, scope),
    do: [" ORDER BY " | Enum.map_intersperse(order, ", ", &Window.order_term(&1, scope))]

  defp sort_columns(order, scope) do
    order
    |> Enum.with_index()
    |> Enum.map(fn {{_direction, expr}, ix} ->
      [", ", Operands.key(expr, scope), " AS ", column(ix)]
    end)
  end

  defp sort([]), do: []

  defp sort(order) do
    terms =
      order
      |> Enum.with_index()
      |> Enum.map_intersperse(", ", fn {{direction, _expr}, ix} ->
        [column(ix) | Window.direction(direction)]
      end)

    [" ORDER BY " | terms]
  end

  defp rank, do: Quote.name(Quote.ours("rank"))
  defp row, do: Quote.name(Quote.ours("row"))
  defp column(ix), do: Quote.name(Quote.ours("sort#{ix}"))
end
