defmodule Ecto.Adapters.LibSql.SQL.Lateral do
  @moduledoc false
  # Lateral joins of sub-queries. SQLite has no LATERAL; two forms have an equal without it: a
  # sub-query that is tied to the outer row by equalities joins on these, and one with a LIMIT beside
  # numbers its rows within each value of the tied columns. Everything else raises.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Expr, Quote, Sources}
  alias Ecto.Query.{ByExpr, LimitExpr}

  @quals %{inner_lateral: :inner, left_lateral: :left, cross_lateral: :inner}

  @doc "The join without LATERAL, and conditions to add to it."
  @spec rewrite(map(), Sources.t(), map()) :: {map(), [iodata()]}
  def rewrite(%{source: %Ecto.SubQuery{query: inner} = source} = join, sources, query) do
    plain = %{join | qual: @quals[join.qual]}
    inner = Sources.complete(inner)

    if correlated?(inner) do
      {inner, ties} = untie!(inner, query)
      inner = limit_by_rank(inner, ties, query)
      {plain(plain, source, inner), Enum.map(ties, &condition(&1, join.ix, sources, query))}
    else
      {plain, []}
    end
  end

  defp plain(join, source, inner), do: %{join | source: %{source | query: inner}}

  defp correlated?({:parent_as, _, _}), do: true

  defp correlated?(%module{} = struct)
       when module in [Decimal, Date, Time, NaiveDateTime, DateTime],
       do: is_nil(struct)

  defp correlated?(%{} = map), do: map |> Map.to_list() |> correlated?()
  defp correlated?(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> correlated?()
  defp correlated?([head | tail]), do: correlated?(head) or correlated?(tail)
  defp correlated?(_scalar), do: false

  # Takes the equalities with the outer row out of WHERE, as `{key, inner, outer}`.
  defp untie!(inner, query) do
    {ties, wheres} =
      Enum.flat_map_reduce(inner.wheres, [], fn
        %{op: :and, expr: expr} = where, kept ->
          {ties, rest} = expr |> conjuncts() |> Enum.map(&tie/1) |> Enum.split_with(&tied?/1)
          {ties, kept ++ Enum.map(rest, fn {:rest, expr} -> %{where | expr: expr} end)}

        where, kept ->
          {[], kept ++ [where]}
      end)

    ties = Enum.with_index(ties, fn {:tie, inner, outer}, ix -> {:"tie#{ix}", inner, outer} end)
    fields = for {key, inner, _outer} <- ties, do: {key, inner}
    select = %{inner.select | fields: keyed!(inner.select.fields, query) ++ fields}
    untied = %{inner | wheres: wheres, select: select}
    if ties == [] or correlated?(untied) or grouped?(inner), do: impossible!(query)
    {untied, ties}
  end

  defp conjuncts({:and, _, [left, right]}), do: conjuncts(left) ++ conjuncts(right)
  defp conjuncts(expr), do: [expr]

  defp tie({:==, _, [left, right]} = expr) do
    case {outer?(left), outer?(right), correlated?(left), correlated?(right)} do
      {true, false, _, false} -> {:tie, right, left}
      {false, true, false, _} -> {:tie, left, right}
      _both_or_none -> {:rest, expr}
    end
  end

  defp tie(expr), do: {:rest, expr}

  defp tied?(part), do: elem(part, 0) == :tie

  defp outer?({{:., _, [{:parent_as, _, [_]}, _field]}, _, []}), do: true
  defp outer?(_expr), do: false

  defp keyed!(fields, query) do
    if Enum.all?(fields, &match?({key, _} when is_atom(key), &1)),
      do: fields,
      else: impossible!(query)
  end

  # An aggregate without GROUP BY gives one row also for no rows, which a join cannot.
  defp grouped?(inner) do
    inner.combinations != [] or inner.distinct != nil or inner.group_bys != [] or
      inner.offset != nil or inner.with_ctes != nil or aggregate?(inner.select.fields)
  end

  defp aggregate?({:over, _, _}), do: false

  defp aggregate?({name, _, args})
       when name in [:count, :sum, :avg, :min, :max] and is_list(args),
       do: true

  defp aggregate?(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> aggregate?()
  defp aggregate?([head | tail]), do: aggregate?(head) or aggregate?(tail)
  defp aggregate?(_other), do: false

  # `LIMIT n` for each outer row becomes the first n rows of each partition, which Ranked writes.
  defp limit_by_rank(%{limit: nil} = inner, _ties, _query), do: inner

  defp limit_by_rank(%{limit: %LimitExpr{with_ties: true}}, _ties, query), do: impossible!(query)

  defp limit_by_rank(%{limit: limit} = inner, ties, _query) do
    partition = for {_key, expr, _outer} <- ties, do: expr
    order = Enum.flat_map(inner.order_bys, & &1.expr)
    %{inner | limit: nil, order_bys: [], distinct: numbered(partition, order, limit)}
  end

  defp numbered(partition, order, limit),
    do: %ByExpr{expr: {:first, partition, order, limit.expr}, params: nil}

  defp condition({key, _inner, outer}, ix, sources, query) do
    {_, name, _} = elem(sources, ix)
    [name, ?., Quote.name(key), " = " | Expr.expr(unparent(outer, query), sources, query)]
  end

  # The outer row is a source of `query` itself, or of a query further out.
  defp unparent({{:., meta, [{:parent_as, _, [as]}, field]}, call, []} = outer, query) do
    case query.aliases do
      %{^as => ix} -> {{:., meta, [{:&, [], [ix]}, field]}, call, []}
      _other -> outer
    end
  end

  @spec impossible!(map()) :: no_return()
  defp impossible!(query) do
    error!(
      query,
      "SQLite has no LATERAL; only a sub-query tied to the outer row by equalities, without " <>
        "grouping, can be rewritten. Use a table-valued function such as json_each, or a scalar sub-query"
    )
  end
end
