defmodule Ecto.Adapters.LibSql.SQL.Rewrite.SetOperations do
  @moduledoc false
  # UNION, EXCEPT and INTERSECT. SQLite evaluates a chain from left to right and allows ORDER BY and
  # LIMIT only at its end, so an arm with its own is wrapped. EXCEPT ALL and INTERSECT ALL do not
  # exist: the n-th copy of a row is numbered, which makes all rows different, and the numbers are
  # dropped again. What is combined has columns and no sources, so an order by a field is one by the column
  # that the first query selects it as.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Expr, Quote, Select, Sources, Window}
  alias Ecto.Adapters.LibSql.SQL.Rewrite.SelectedColumn

  @simple %{
    union: " UNION ",
    union_all: " UNION ALL ",
    except: " EXCEPT ",
    intersect: " INTERSECT "
  }
  @counted %{except_all: " EXCEPT ", intersect_all: " INTERSECT "}

  @spec select(map(), Sources.t(), iodata()) :: iodata()
  def select(%{combinations: combinations} = query, sources, prefix) do
    order = Enum.map(Select.order_terms(query), &order_term(&1, query))
    wrapped? = Enum.any?(order, &match?({_direction, {:json, _ix}}, &1))
    counted? = Enum.any?(combinations, fn {op, _arm} -> is_map_key(@counted, op) end)
    {query, names} = if wrapped? or counted?, do: named(query, nil), else: {query, nil}

    rows = Enum.reduce(combinations, Select.core(query, sources), &append(&1, &2, names, prefix))

    [
      # Only a query of its own can compute what it orders by.
      if(wrapped?, do: ["SELECT ", Quote.names(names), " FROM (", rows, ?)], else: rows),
      order_by(order, names, sources, query) | Select.window_of_rows(query, sources)
    ]
  end

  defp order_term({direction, expr}, query) do
    cond do
      found = SelectedColumn.find(expr, query) -> {direction, found}
      of_row?(expr) -> SelectedColumn.refuse!(query, "unions and their relatives")
      true -> {direction, {:own, expr}}
    end
  end

  # Names and numbers of columns, as in a fragment, are left to SQLite.
  defp of_row?({name, _, [_]}) when name in [:&, :parent_as], do: true
  defp of_row?(%Ecto.SubQuery{}), do: true
  defp of_row?(%Ecto.Query.Tagged{value: value}), do: of_row?(value)
  defp of_row?(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> of_row?()
  defp of_row?([head | tail]), do: of_row?(head) or of_row?(tail)
  defp of_row?(_other), do: false

  defp order_by([], _names, _sources, _query), do: []

  defp order_by(order, names, sources, query) do
    terms =
      Enum.map_intersperse(order, ", ", fn {direction, term} ->
        [ordered(term, names, sources, query) | Window.direction(direction)]
      end)

    [" ORDER BY " | terms]
  end

  defp ordered({:field, ix}, _names, _sources, _query), do: Integer.to_string(ix + 1)

  defp ordered({:json, _ix} = found, names, _sources, _query),
    do: SelectedColumn.column(found, names)

  defp ordered({:own, expr}, _names, sources, query), do: Expr.expr(expr, sources, query)

  defp append({op, arm}, sql, _names, prefix) when is_map_key(@simple, op),
    do: [sql, @simple[op] | arm(arm, prefix)]

  defp append({op, arm}, sql, names, prefix) when is_map_key(@counted, op) do
    {arm, _names} = arm |> Sources.complete() |> named(names)
    list = Quote.names(names)
    left = counted(["SELECT * FROM (", sql, ?)], list)
    right = counted(arm(arm, prefix), list)
    ["SELECT ", list, " FROM (", left, @counted[op], right, ?)]
  end

  defp counted(sql, list) do
    [
      ["SELECT ", list, ", row_number() OVER (PARTITION BY ", list, ") AS "],
      [Quote.name(Quote.ours("copy")), " FROM (", sql, ?)]
    ]
  end

  defp arm(arm, prefix) do
    arm = Sources.complete(arm)
    if arm.lock, do: error!(arm, "a lock belongs to the first query of a union, not to its arms")
    sql = Select.all(arm, prefix)
    if simple?(arm), do: sql, else: ["SELECT * FROM (", sql, ?)]
  end

  defp simple?(arm) do
    arm.order_bys == [] and is_nil(arm.limit) and is_nil(arm.offset) and
      arm.combinations == [] and is_nil(arm.with_ctes) and
      (is_nil(arm.distinct) or is_boolean(arm.distinct.expr))
  end

  @doc "Gives each field of the select clause a name: its key, or one of ours."
  @spec named(map(), [atom()] | nil) :: {map(), [atom()]}
  def named(%{select: %{fields: [_ | _] = fields} = select} = query, names) do
    pairs =
      fields
      |> Enum.with_index()
      |> Enum.map(fn
        {{key, expr}, ix} when is_atom(key) -> {name(names, ix) || key, expr}
        {expr, ix} -> {name(names, ix) || Quote.ours("c#{ix}"), expr}
      end)

    {%{query | select: %{select | fields: pairs}}, Keyword.keys(pairs)}
  end

  def named(query, _names),
    do: error!(query, "this rewrite needs a select clause with at least one field")

  defp name(nil, _ix), do: nil
  defp name(names, ix), do: Enum.at(names, ix)
end
