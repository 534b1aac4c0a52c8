defmodule Ecto.Adapters.LibSql.SQL.Rewrite.SelectedColumn do
  @moduledoc false
  # Which field of the select clause an expression is, for orders that stand outside of the selection and
  # see nothing but its columns.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Query.Tagged

  @typedoc "The field at an index, or the JSON text there whose value is meant."
  @type found :: {:field | :json, non_neg_integer()}

  @spec find(term(), map()) :: found() | nil
  def find({:selected_as, _, [name]}, %{select: %{fields: fields}} = query) do
    case Enum.find_index(fields, &match?({^name, _expr}, &1)) do
      nil -> error!(query, "selected_as(#{inspect(name)}) is not in the select clause")
      ix -> {:field, ix}
    end
  end

  def find(expr, %{select: %{fields: fields}}) do
    plain = plain(expr)
    fields = Enum.map(fields, &(&1 |> value() |> plain()))

    with nil <- at(:field, fields, plain),
         {:json_extract_path, [], args} <- plain do
      # As Select sends it to Ecto.
      at(:json, fields, {:json_fetch, [], args})
    else
      {_kind, _ix} = found -> found
      _no_json -> nil
    end
  end

  def find(_expr, _without_select), do: nil

  defp at(kind, fields, field) do
    ix = Enum.find_index(fields, &(&1 == field))
    ix && {kind, ix}
  end

  @doc "What `found` says, by the names of the selected columns."
  @spec column(found(), [atom()]) :: iodata()
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

  defp value({key, expr}) when is_atom(key), do: expr
  defp value(expr), do: expr

  # Without what the same expression may have been annotated with.
  defp plain({name, meta, args}) when is_list(meta), do: {plain(name), [], plain(args)}
  defp plain(%Tagged{} = tagged), do: %{tagged | value: plain(tagged.value)}

  defp plain(tuple) when is_tuple(tuple),
    do: tuple |> Tuple.to_list() |> plain() |> List.to_tuple()

  defp plain([head | tail]), do: [plain(head) | plain(tail)]
  defp plain(other), do: other
end
