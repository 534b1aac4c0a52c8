defmodule Ecto.Adapters.LibSql.SQL.Rewrite.SetOperations do
  @moduledoc false
  # UNION, EXCEPT and INTERSECT. SQLite evaluates a chain from left to right and allows ORDER BY and LIMIT only at its
  # end, so an arm with its own is wrapped. EXCEPT ALL and INTERSECT ALL do not exist: the n-th copy of a row is
  # numbered, which makes all rows different, and the numbers are dropped again. A compound query has columns and no
  # sources, so an order by a field is one by the column that the first query selects it as.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Expr, Parameter, Quote, Scope, Select, Window}
  alias Ecto.Adapters.LibSql.SQL.Rewrite.SelectedColumn
  alias Ecto.Adapters.LibSql.SQL.Typing.Sources

  @type sql :: Parameter.sql()

  @simple %{
    union: " UNION ",
    union_all: " UNION ALL ",
    except: " EXCEPT ",
    intersect: " INTERSECT "
  }
  @counted %{except_all: " EXCEPT ", intersect_all: " INTERSECT "}

  @spec select(Scope.t()) :: sql()
  def select(%{query: %{combinations: combinations} = query} = scope) do
    order = Enum.map(Select.order_terms(query), &order_term(&1, scope))
    wrapped? = Enum.any?(order, &match?({_direction, {:json, _ix}}, &1))
    counted? = Enum.any?(combinations, fn {op, _arm} -> is_map_key(@counted, op) end)
    {scope, names} = if wrapped? or counted?, do: named(scope, nil), else: {scope, nil}
    rows = Enum.reduce(combinations, Select.core(scope), &append(&1, &2, names, scope))

    [
      # Only a query of its own can compute what it orders by.
      if(wrapped?, do: ["SELECT ", Quote.names(names), " FROM (", rows, ?)], else: rows),
      order_by(order, names, scope) | Select.window_of_rows(scope)
    ]
  end

  defp order_term({direction, expr}, %{query: query} = scope) do
    cond do
      found = SelectedColumn.find(expr, scope) -> {direction, found}
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

  defp order_by([], _names, _scope), do: []

  defp order_by(order, names, scope) do
    terms =
      Enum.map_intersperse(order, ", ", fn {direction, term} ->
        [ordered(term, names, scope) | Window.direction(direction)]
      end)

    [" ORDER BY " | terms]
  end

  defp ordered({:field, ix}, _names, _scope), do: Integer.to_string(ix + 1)
  defp ordered({:json, _ix} = found, names, _scope), do: SelectedColumn.column(found, names)
  defp ordered({:own, expr}, _names, scope), do: Expr.expr(expr, scope)

  defp append({op, arm}, sql, _names, scope) when is_map_key(@simple, op),
    do: [sql, @simple[op] | arm(arm, nil, scope)]

  defp append({op, arm}, sql, names, scope) when is_map_key(@counted, op) do
    list = Quote.names(names)
    left = counted(["SELECT * FROM (", sql, ?)], list)
    right = counted(arm(arm, names, scope), list)
    ["SELECT ", list, " FROM (", left, @counted[op], right, ?)]
  end

  defp counted(sql, list) do
    [
      ["SELECT ", list, ", row_number() OVER (PARTITION BY ", list, ") AS "],
      [Quote.name(Quote.ours("copy")), " FROM (", sql, ?)]
    ]
  end

  defp arm(arm, names, scope) do
    %{query: query} = arm = Sources.arm(arm, scope)

    if query.lock do
      error!(query, "a lock belongs to the first query of a union, not to its arms")
    end

    {arm, _names} = if names, do: named(arm, names), else: {arm, nil}
    sql = Select.query(arm)
    if simple?(query), do: sql, else: ["SELECT * FROM (", sql, ?)]
  end

  defp simple?(query) do
    query.order_bys == [] and is_nil(query.limit) and is_nil(query.offset) and
      query.combinations == [] and is_nil(query.with_ctes) and
      (is_nil(query.distinct) or is_boolean(query.distinct.expr))
  end

  @doc "Gives each field of the select clause a name: its key, or one of ours."
  @spec named(Scope.t(), [atom()] | nil) :: {Scope.t(), [atom()]}
  def named(%{query: %{select: %{fields: [_ | _] = fields} = select} = query} = scope, names) do
    pairs =
      fields
      |> Enum.with_index()
      |> Enum.map(fn
        {{key, expr}, ix} when is_atom(key) -> {name(names, ix) || key, expr}
        {expr, ix} -> {name(names, ix) || Quote.ours("c#{ix}"), expr}
      end)

    {%{scope | query: %{query | select: %{select | fields: pairs}}}, Keyword.keys(pairs)}
  end

  def named(%{query: query}, _names),
    do: error!(query, "this rewrite needs a select clause with at least one field")

  defp name(nil, _ix), do: nil
  defp name(names, ix), do: Enum.at(names, ix)
end
