defmodule Ecto.Adapters.LibSql.SQL.Lateral do
  @moduledoc false
  # Lateral joins of sub-queries. SQLite has no LATERAL. Two forms have an equal that uses indexes well: a
  # sub-query that is tied to the outer row by equalities joins on these, and one with a LIMIT beside
  # numbers its rows within each value of the tied columns. Every other form goes through the one thing
  # in a FROM clause that sees the tables before it, a table-valued function: the sub-query's rows as
  # JSON, read by json_each.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Expr, Quote, Select, Sources}
  alias Ecto.Query.{ByExpr, LimitExpr}

  @quals %{inner_lateral: :inner, left_lateral: :left, cross_lateral: :cross}
  @laterals Map.keys(@quals)

  @doc """
  The names of the columns of a join that goes through JSON, else nil.
  """
  @spec json_columns(map()) :: [atom()] | nil
  def json_columns(%{qual: qual, source: %Ecto.SubQuery{query: inner}}) when qual in @laterals do
    inner = Sources.complete(inner)
    if correlated?(inner) and untie(inner) == :impossible, do: keys!(inner)
  end

  def json_columns(_join), do: nil

  @doc "The join without LATERAL, and conditions to add to it."
  @spec rewrite(map(), Sources.t(), map()) :: {map(), [iodata()]}
  def rewrite(%{source: %Ecto.SubQuery{query: inner} = source} = join, sources, query) do
    plain = %{join | qual: @quals[join.qual]}
    inner = Sources.complete(inner)

    with true <- correlated?(inner),
         {inner, ties} <- untie(inner) do
      plain = %{
        plain
        | qual: tied_qual(plain.qual),
          source: %{source | query: ranked(inner, ties)}
      }

      {plain, Enum.map(ties, &condition(&1, join.ix, sources, query))}
    else
      _not_correlated_or_impossible -> {plain, []}
    end
  end

  defp tied_qual(:cross), do: :inner
  defp tied_qual(qual), do: qual

  @doc "The rows of the sub-query as a table with one JSON array in each row."
  @spec json_table(map(), [atom()], Sources.t(), map()) :: iodata()
  def json_table(subquery, columns, sources, query) do
    cells = Enum.map_intersperse(columns, ", ", &cell(["r." | Quote.name(&1)]))

    [
      ["json_each((SELECT json_group_array(json_array(", cells, ")) FROM ("],
      [Select.nested(subquery, query, sources), ") AS r))"]
    ]
  end

  # JSON would be written with 15 digits.
  defp cell(column) do
    ["CASE typeof(", column, ") WHEN 'real' THEN json(printf('%!.17g', ", column, ")) ELSE "]
    |> then(&[&1, column, " END"])
  end

  defp keys!(%{select: %{fields: fields}} = inner) do
    Enum.map(fields, fn
      {key, _expr} when is_atom(key) -> key
      _unnamed -> error!(inner, "a lateral sub-query must name the fields that it selects")
    end)
  end

  defp correlated?({:parent_as, _, _}), do: true

  defp correlated?(%module{}) when module in [Decimal, Date, Time, NaiveDateTime, DateTime],
    do: false

  defp correlated?(%{} = map), do: map |> Map.to_list() |> correlated?()
  defp correlated?(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> correlated?()
  defp correlated?([head | tail]), do: correlated?(head) or correlated?(tail)
  defp correlated?(_scalar), do: false

  # Takes the equalities with the outer row out of WHERE, as `{key, inner, outer}`.
  defp untie(inner) do
    {ties, wheres} =
      Enum.flat_map_reduce(inner.wheres, [], fn
        %{op: :and, expr: expr} = where, kept ->
          {ties, rest} = expr |> conjuncts() |> Enum.map(&tie/1) |> Enum.split_with(&tied?/1)
          {ties, kept ++ Enum.map(rest, fn {:rest, expr} -> %{where | expr: expr} end)}

        where, kept ->
          {[], kept ++ [where]}
      end)

    ties =
      Enum.with_index(ties, fn {:tie, inner, outer}, ix ->
        {Quote.ours("tie#{ix}"), inner, outer}
      end)

    fields = for {key, inner, _outer} <- ties, do: {key, inner}
    select = %{inner.select | fields: inner.select.fields ++ fields}
    untied = %{inner | wheres: wheres, select: select}

    if ties == [] or correlated?(untied) or per_row?(inner) or not keyed?(inner),
      do: :impossible,
      else: {untied, ties}
  end

  defp keyed?(%{select: %{fields: fields}}),
    do: Enum.all?(fields, &match?({key, _} when is_atom(key), &1))

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

  # What is counted, cut or combined for each outer row by itself. An aggregate without GROUP BY gives one
  # row also for no rows, which a join cannot.
  defp per_row?(inner) do
    inner.combinations != [] or inner.distinct != nil or inner.group_bys != [] or
      inner.havings != [] or inner.offset != nil or inner.with_ctes != nil or
      match?(%LimitExpr{with_ties: true}, inner.limit) or windows?(inner.select.fields) or
      aggregate?(inner.select.fields)
  end

  # A window spans the rows of one outer row, not those of all.
  defp windows?({:over, _, _}), do: true
  defp windows?(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> windows?()
  defp windows?([head | tail]), do: windows?(head) or windows?(tail)
  defp windows?(_other), do: false

  defp aggregate?({name, _, args})
       when name in [:count, :sum, :avg, :min, :max] and is_list(args),
       do: true

  defp aggregate?(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> aggregate?()
  defp aggregate?([head | tail]), do: aggregate?(head) or aggregate?(tail)
  defp aggregate?(_other), do: false

  # `LIMIT n` for each outer row becomes the first n rows of each partition, which Ranked writes.
  defp ranked(%{limit: nil} = inner, _ties), do: inner

  defp ranked(%{limit: limit} = inner, ties) do
    partition = for {_key, expr, _outer} <- ties, do: expr
    order = Enum.flat_map(inner.order_bys, & &1.expr)
    %{inner | limit: nil, order_bys: [], distinct: numbered(partition, order, limit)}
  end

  defp numbered(partition, order, limit),
    do: %ByExpr{expr: {:first, partition, order, limit.expr}, params: nil}

  defp condition({key, _inner, outer}, ix, sources, query) do
    [
      Sources.name(sources, ix),
      ?.,
      Quote.name(key),
      " = " | Expr.expr(unparent(outer, query), sources, query)
    ]
  end

  # The outer row is a source of `query` itself, or of a query further out.
  defp unparent({{:., meta, [{:parent_as, _, [as]}, field]}, call, []} = outer, query) do
    case query.aliases do
      %{^as => ix} -> {{:., meta, [{:&, [], [ix]}, field]}, call, []}
      _other -> outer
    end
  end
end
