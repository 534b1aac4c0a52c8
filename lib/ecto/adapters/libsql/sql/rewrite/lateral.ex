defmodule Ecto.Adapters.LibSql.SQL.Rewrite.Lateral do
  @moduledoc false
  # Lateral joins of sub-queries. SQLite has no LATERAL. A sub-query whose references to the outer row are equalities
  # in its WHERE becomes an ordinary join with these in ON; one with a LIMIT as well numbers its rows within each value
  # of the compared columns. Decorrelate decides which sub-queries these are; any other raises.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Parameter, Scope, Select}
  alias Ecto.Adapters.LibSql.SQL.Rewrite.Lateral.Decorrelate

  @doc "The join without LATERAL: its qualifier, its sub-query and conditions to add to it."
  @spec rewrite(map(), atom(), Scope.t()) :: {atom(), Parameter.sql(), [Parameter.sql()]}
  def rewrite(%{ix: ix}, qual, scope) do
    %{scope: inner} = Scope.source(scope, ix)

    if Decorrelate.correlated?(inner.query) do
      {inner, ties} = untie!(inner, scope)
      conditions = Enum.map(ties, &Decorrelate.condition(&1, ix, scope))
      {tied_qual(qual), inner |> first_rows(ties) |> Select.query(), conditions}
    else
      {qual, Select.query(inner), []}
    end
  end

  defp untie!(inner, scope) do
    with :impossible <- Decorrelate.untie(inner) do
      error!(
        scope.query,
        "SQLite has no LATERAL: a lateral sub-query may refer to the outer row only by equalities of fields in " <>
          "its where, and may neither aggregate, number nor combine rows. Group a sub-query by the compared field " <>
          "and join it on that, or select a correlated sub-query"
      )
    end
  end

  defp tied_qual(:cross), do: :inner
  defp tied_qual(qual), do: qual

  # `LIMIT n` for each outer row becomes the first n rows of each partition, which DistinctOn writes.
  defp first_rows(%{query: %{limit: nil}} = inner, _ties), do: inner

  defp first_rows(%{query: %{limit: limit} = query} = inner, ties) do
    partition = for tie <- ties, do: tie.inner
    order = Select.order_terms(query)
    first = %{partition: partition, order: order, limit: limit.expr}
    %{inner | query: %{query | limit: nil, order_bys: []}, first_rows: first}
  end
end
