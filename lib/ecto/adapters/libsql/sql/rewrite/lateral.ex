defmodule Ecto.Adapters.LibSql.SQL.Rewrite.Lateral do
  @moduledoc false
  # Lateral joins of sub-queries. SQLite has no LATERAL. Two forms have an equal that uses indexes well: a
  # sub-query that is tied to the outer row by equalities joins on these, and one with a LIMIT beside
  # numbers its rows within each value of the tied columns; which ones are tied, Decorrelate decides. Every other
  # form goes through the one thing in a FROM clause that sees the tables before it, a table-valued
  # function: the sub-query's rows as JSON, read by json_each.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Quote, Select, Sources}
  alias Ecto.Adapters.LibSql.SQL.Rewrite.Lateral.Decorrelate
  alias Ecto.Query.ByExpr

  @quals %{inner_lateral: :inner, left_lateral: :left, cross_lateral: :cross}
  @laterals Map.keys(@quals)

  @doc """
  The names of the columns of a join that goes through JSON, else nil.
  """
  @spec json_columns(map(), Sources.t(), map()) :: [atom()] | nil
  def json_columns(%{qual: qual, source: %Ecto.SubQuery{query: inner}}, sources, query)
      when qual in @laterals do
    inner = Sources.complete(inner)

    if Decorrelate.correlated?(inner) and Decorrelate.untie(inner, sources, query) == :impossible,
      do: keys!(inner)
  end

  def json_columns(_join, _sources, _query), do: nil

  @doc "The join without LATERAL, and conditions to add to it."
  @spec rewrite(map(), Sources.t(), map()) :: {map(), [iodata()]}
  def rewrite(%{source: %Ecto.SubQuery{query: inner} = source} = join, sources, query) do
    plain = %{join | qual: @quals[join.qual]}
    inner = Sources.complete(inner)

    with true <- Decorrelate.correlated?(inner),
         {inner, ties} <- Decorrelate.untie(inner, sources, query) do
      source = %{source | query: ranked(inner, ties)}

      {%{plain | qual: tied_qual(plain.qual), source: source},
       Enum.map(ties, &Decorrelate.condition(&1, join.ix, sources, query))}
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

  # `LIMIT n` for each outer row becomes the first n rows of each partition, which Ranked writes.
  defp ranked(%{limit: nil} = inner, _ties), do: inner

  defp ranked(%{limit: limit} = inner, ties) do
    partition = for tie <- ties, do: tie.inner
    order = Enum.flat_map(inner.order_bys, & &1.expr)
    %{inner | limit: nil, order_bys: [], distinct: numbered(partition, order, limit)}
  end

  defp numbered(partition, order, limit),
    do: %ByExpr{expr: {:first, partition, order, limit.expr}, params: nil}
end
