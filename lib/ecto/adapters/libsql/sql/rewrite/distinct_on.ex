defmodule Ecto.Adapters.LibSql.SQL.Rewrite.DistinctOn do
  @moduledoc false
  # `distinct: [exprs]`, `with_ties` and the first rows of each partition (for Lateral), as window
  # functions in a wrapped query.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Expr, Quote, Select, Sources, Window}
  alias Ecto.Adapters.LibSql.SQL.Rewrite.{SelectedColumn, SetOperations}

  @spec needed?(map()) :: boolean()
  def needed?(query), do: distinct_on?(query) or ties?(query) or first?(query)

  defp first?(query), do: match?(%{distinct: %{expr: {:first, _, _, _}}}, query)

  defp distinct_on?(%{distinct: %{expr: exprs}}), do: is_list(exprs)
  defp distinct_on?(%{distinct: nil}), do: false

  defp ties?(%{limit: limit}), do: match?(%{with_ties: true}, limit)

  @spec select(map(), Sources.t()) :: iodata()
  def select(query, sources) do
    check!(query)
    {named, names} = SetOperations.named(query, nil)

    if match?(%{distinct: %{expr: true}}, query),
      do: ties_of_distinct(named, names, sources),
      else: ranked(named, names, sources)
  end

  defp ranked(query, names, sources) do
    order = order_terms(query)
    {rank, condition, rows} = rank(query, order, sources)
    fields = Enum.map_intersperse(query.select.fields, ", ", &Select.field(&1, sources, query))

    [
      ["SELECT ", Quote.names(names), " FROM (SELECT ", fields, ", ", rank],
      [sort_columns(order, sources, query), Select.tables(query, sources)],
      [Select.group_and_window(query, sources), ") WHERE ", condition, sort(order), rows]
    ]
  end

  # Ranked is what DISTINCT has left, by what these rows hold.
  defp ties_of_distinct(query, names, sources) do
    terms =
      Enum.map_intersperse(Select.order_terms(query), ", ", fn {direction, expr} ->
        found =
          SelectedColumn.find(expr, query) ||
            SelectedColumn.refuse!(query, "distinct and with_ties")

        [SelectedColumn.column(found, names) | Window.direction(direction)]
      end)

    order = [" ORDER BY " | terms]
    {ranks, condition, _rows} = ties(order, query, sources)

    [
      ["SELECT ", Quote.names(names), " FROM (SELECT *, ", ranks, " FROM ("],
      [Select.core(query, sources), ")) WHERE ", condition, order]
    ]
  end

  defp check!(query) do
    cond do
      query.combinations != [] ->
        error!(
          query,
          "distinct on fields and with_ties cannot stand beside unions; use a sub-query"
        )

      distinct_on?(query) and ties?(query) ->
        error!(query, "distinct on fields cannot be combined with with_ties; use a sub-query")

      ties?(query) and query.order_bys == [] ->
        error!(query, "with_ties needs an order_by")

      true ->
        :ok
    end
  end

  defp rank(%{distinct: %{expr: {:first, partition, order, limit}}} = query, [], sources) do
    partition = Enum.map_intersperse(partition, ", ", &Expr.expr(&1, sources, query))
    over = ["row_number() OVER (PARTITION BY ", partition, window(order, sources, query), ?)]
    {[over, " AS ", rank()], [rank(), " <= ", Expr.operand(limit, sources, query)], []}
  end

  defp rank(query, order, sources) do
    if distinct_on?(query) do
      partition =
        Enum.map_intersperse(query.distinct.expr, ", ", fn {_direction, expr} ->
          Expr.expr(expr, sources, query)
        end)

      over = ["row_number() OVER (PARTITION BY ", partition, window(order, sources, query), ?)]
      {[over, " AS ", rank()], [rank(), " = 1"], Select.window_of_rows(query, sources)}
    else
      ties(window(order, sources, query), query, sources)
    end
  end

  defp ties(order, query, sources) do
    over = [" OVER (", order, ?)]
    limit = Expr.operand(query.limit.expr, sources, query)

    case query.offset do
      nil ->
        {["rank()", over, " AS ", rank()], [rank(), " <= ", limit], []}

      %{expr: expr} ->
        offset = Expr.operand(expr, sources, query)
        ranks = ["rank()", over, " AS ", rank(), ", row_number()", over, " AS ", row()]
        last = [rank(), " <= ", offset, " + ", limit, " AND ", limit, " > 0"]
        {ranks, [last, " AND ", row(), " > ", offset], []}
    end
  end

  # The fields of DISTINCT ON lead the order, as PostgreSQL demands and Ecto documents.
  defp order_terms(query) do
    leading = if distinct_on?(query), do: query.distinct.expr, else: []

    (leading ++ Enum.map(Select.order_terms(query), &resolve(&1, query)))
    |> Enum.uniq_by(fn {_direction, expr} -> expr end)
  end

  defp resolve({direction, {:selected_as, _, [name]}}, query),
    do: {direction, Expr.selected!(query, name)}

  defp resolve(term, _query), do: term

  defp window([], _sources, _query), do: []

  defp window(order, sources, query) do
    [
      " ORDER BY "
      | Enum.map_intersperse(order, ", ", &Window.order_term(&1, sources, query))
    ]
  end

  defp sort_columns(order, sources, query) do
    order
    |> Enum.with_index()
    |> Enum.map(fn {{_direction, expr}, ix} ->
      [", ", Expr.expr(expr, sources, query), " AS ", column(ix)]
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
