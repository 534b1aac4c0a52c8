defmodule Ecto.Adapters.LibSql.SQL.Rewrite.Lateral do
  @moduledoc false
  # Lateral joins of sub-queries. SQLite has no LATERAL. A sub-query whose references to the outer row are
  # equalities in its WHERE becomes an ordinary join with these in ON; one with a LIMIT as well numbers its rows
  # within each value of the compared columns. Decorrelate decides which sub-queries these are; any other raises.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.Sources
  alias Ecto.Adapters.LibSql.SQL.Rewrite.Lateral.Decorrelate
  alias Ecto.Query.ByExpr

  @quals %{inner_lateral: :inner, left_lateral: :left, cross_lateral: :cross}

  @doc "The join without LATERAL, and conditions to add to it."
  @spec rewrite(map(), Sources.t(), map()) :: {map(), [iodata()]}
  def rewrite(%{source: %Ecto.SubQuery{query: inner} = source} = join, sources, query) do
    plain = %{join | qual: @quals[join.qual]}
    inner = Sources.complete(inner)

    if Decorrelate.correlated?(inner) do
      {inner, ties} = untie!(inner, sources, query)
      source = %{source | query: ranked(inner, ties)}

      {%{plain | qual: tied_qual(plain.qual), source: source},
       Enum.map(ties, &Decorrelate.condition(&1, join.ix, sources, query))}
    else
      {plain, []}
    end
  end

  defp untie!(inner, sources, query) do
    with :impossible <- Decorrelate.untie(inner, sources, query) do
      error!(
        query,
        "SQLite has no LATERAL: a lateral sub-query may refer to the outer row only by equalities of fields in " <>
          "its where, and may neither aggregate, number nor combine rows. Group a sub-query by the compared field " <>
          "and join it on that, or select a correlated sub-query"
      )
    end
  end

  defp tied_qual(:cross), do: :inner
  defp tied_qual(qual), do: qual

  # `LIMIT n` for each outer row becomes the first n rows of each partition, which DistinctOn writes.
  defp ranked(%{limit: nil} = inner, _ties), do: inner

  defp ranked(%{limit: limit} = inner, ties) do
    partition = for tie <- ties, do: tie.inner
    order = Enum.flat_map(inner.order_bys, & &1.expr)
    %{inner | limit: nil, order_bys: [], distinct: numbered(partition, order, limit)}
  end

  defp numbered(partition, order, limit),
    do: %ByExpr{expr: {:first, partition, order, limit.expr}, params: nil}
end
