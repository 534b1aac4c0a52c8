defmodule Ecto.Adapters.LibSql.SQL.Rewrite.SelectedColumn do
  @moduledoc false
  # Finds the field of the select clause that an expression equals, for orders outside of the selection, which see
  # nothing but its columns.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Parameter, Quote, Scope}
  alias Ecto.Query.Tagged

  @typedoc "The field at an index, or the scalar of the JSON text there."
  @type found :: {:field | :json, non_neg_integer()}

  @spec find(term(), Scope.t()) :: found() | nil
  def find({:selected_as, _, [name]}, %{query: %{select: %{fields: fields}} = query, json: json}) do
    case Enum.find_index(fields, &match?({^name, _expr}, &1)) do
      nil -> error!(query, "selected_as(#{inspect(name)}) is not in the select clause")
      ix -> {kind(json, ix), ix}
    end
  end

  def find(expr, %{query: %{select: %{fields: fields}}, json: json}) do
    plain = plain(expr)
    ix = Enum.find_index(fields, &(&1 |> Scope.value() |> plain() == plain))
    ix && {kind(json, ix), ix}
  end

  def find(_expr, _without_select), do: nil

  defp kind(json, ix), do: if(Enum.at(json, ix), do: :json, else: :field)

  @doc "What `found` is, by the names of the selected columns."
  @spec column(found(), [atom()]) :: Parameter.sql()
  def column({:field, ix}, names), do: names |> Enum.at(ix) |> Quote.name()
  def column({:json, ix}, names), do: ["json_extract(", column({:field, ix}, names), ", '$')"]

  @doc "Refuses an order by something that is not selected, because of the `construct` in the query."
  @spec refuse!(map(), String.t()) :: no_return()
  def refuse!(query, construct) do
    error!(
      query,
      "the order_by of a query with #{construct} sees only what its select holds: select the term too, " <>
        "and name it by selected_as/1 if it has parameters, or order a sub-query"
    )
  end

  # Without what the same expression may have been annotated with.
  defp plain({name, meta, args}) when is_list(meta), do: {plain(name), [], plain(args)}
  defp plain(%Tagged{} = tagged), do: %{tagged | value: plain(tagged.value)}

  defp plain(tuple) when is_tuple(tuple),
    do: tuple |> Tuple.to_list() |> plain() |> List.to_tuple()

  defp plain([head | tail]), do: [plain(head) | plain(tail)]
  defp plain(other), do: other
end
