defmodule Ecto.Adapters.LibSql.SQL.Combine do
  @moduledoc false
  # UNION, EXCEPT and INTERSECT. SQLite evaluates a chain from left to right and allows ORDER BY and
  # LIMIT only at its end, so an arm with its own is wrapped. EXCEPT ALL and INTERSECT ALL do not
  # exist: the n-th copy of a row is numbered, which makes all rows different, and the numbers are
  # dropped again.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Quote, Select, Sources}

  @simple %{
    union: " UNION ",
    union_all: " UNION ALL ",
    except: " EXCEPT ",
    intersect: " INTERSECT "
  }
  @counted %{except_all: " EXCEPT ", intersect_all: " INTERSECT "}

  @spec select(map(), Sources.t(), iodata()) :: iodata()
  def select(%{combinations: combinations} = query, sources, prefix) do
    {query, names} =
      if Enum.any?(combinations, fn {op, _} -> is_map_key(@counted, op) end),
        do: named(query, nil),
        else: {query, nil}

    first = Select.core(query, sources)

    [
      Enum.reduce(combinations, first, &append(&1, &2, names, prefix)),
      Select.order_by(query, sources) | Select.window_of_rows(query, sources)
    ]
  end

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
