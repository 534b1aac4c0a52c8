defmodule Ecto.Adapters.LibSql.Plan.Rows do
  @moduledoc false
  # Selected values for which Ecto has no type to load them by: JSON at a path, and expressions such as `exists`,
  # `coalesce`, a product, or a field of a sub-query that is one. They are loaded by the type that Typing.Infer finds,
  # before Ecto sees the rows.

  alias Ecto.Adapters.LibSql.SQL.Scope
  alias Ecto.Adapters.LibSql.SQL.Typing.Infer
  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec
  alias Ecto.Query.Tagged

  @dates ~w(date time time_usec utc_datetime utc_datetime_usec naive_datetime naive_datetime_usec)a
  @loaded ~w(boolean decimal map uuid binary_id bitstring duration)a ++ @dates

  @typedoc "The kind of each column, nil for one that Ecto loads."
  @type t :: [kind() | nil]
  @type kind :: :json | term()

  @doc "How the rows of a query are loaded, nil where Ecto does it."
  @spec kinds(Scope.t()) :: t() | nil
  def kinds(%{query: %{select: %{fields: fields}}, types: types, json: json} = scope) do
    if Enum.any?(types) or Enum.any?(json) do
      kinds = kinds(fields, types, json, scope)
      if Enum.any?(kinds), do: kinds
    end
  end

  def kinds(_no_select), do: nil

  defp kinds([_field | fields], [_type | types], [true | json], scope),
    do: [:json | kinds(fields, types, json, scope)]

  defp kinds([field | fields], [type | types], [false | json], scope),
    do: [kind(Scope.value(field), type, scope) | kinds(fields, types, json, scope)]

  defp kinds([], [], [], _scope), do: []

  defp kind(expr, type, scope) do
    if type != nil and not loaded_by_ecto?(expr, scope), do: loaded(Infer.kind(type))
  end

  defp loaded_by_ecto?({{:., _, _}, _, []} = field, scope), do: Infer.ecto(field, scope) != nil
  defp loaded_by_ecto?(%Tagged{}, _scope), do: true
  defp loaded_by_ecto?(_expr, _scope), do: false

  defp loaded(kind) when kind in @loaded, do: kind
  defp loaded({:map, _} = kind), do: kind
  defp loaded({:array, member}), do: {:array, member(Infer.kind(member))}
  defp loaded(_loaded_as_stored), do: nil

  defp member(kind) when kind in @loaded, do: kind
  defp member({:array, member}), do: {:array, member(Infer.kind(member))}
  defp member(_kind), do: :any

  ## Loading

  @doc "The rows as terms."
  @spec load([[term()]] | nil, t() | nil) :: [[term()]] | nil
  def load(rows, kinds) when is_nil(rows) or is_nil(kinds), do: rows
  def load(rows, kinds), do: Enum.map(rows, &row(&1, kinds))

  defp row([value | row], [kind | kinds]) when is_nil(kind) or is_nil(value),
    do: [value | row(row, kinds)]

  defp row([value | row], [kind | kinds]), do: [term(value, kind) | row(row, kinds)]
  defp row([], []), do: []

  defp term(value, :json) when is_binary(value) do
    {:ok, term} = Codec.load_json(value)
    term
  end

  defp term(value, :json), do: value

  defp term(value, kind) when kind in [:uuid, :binary_id] do
    case Codec.load_uuid(value, :string) do
      {:ok, text} -> text
      :error -> value
    end
  end

  defp term(value, kind) do
    case Ecto.Type.adapter_load(Types, kind, value) do
      {:ok, loaded} -> loaded
      :error -> value
    end
  end
end
