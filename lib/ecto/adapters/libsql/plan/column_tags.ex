defmodule Ecto.Adapters.LibSql.Plan.ColumnTags do
  @moduledoc false
  # Selected values for which Ecto has no loader: JSON at a path, and expressions such as `exists`, `coalesce`
  # or a product. They travel under a name that says what they are, and the connection decodes them, so that
  # booleans, decimals, moments, lists and objects arrive as terms. Each column has a name of its own, because
  # a wrapped query selects its columns by name. What is called by selected_as/2 keeps that name, which other
  # clauses use, and stays as it is.

  alias Ecto.Adapters.LibSql.SQL.Sources
  alias Ecto.Adapters.LibSql.SQL.Typing.Infer
  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec

  @prefix "ecto:"
  @kinds ~w(json boolean decimal date time time_usec)a ++
           ~w(utc_datetime utc_datetime_usec naive_datetime naive_datetime_usec)a
  @by_name Map.new(@kinds, &{Atom.to_string(&1), &1})

  @type kind :: atom()

  @doc "The query with such values under marked names."
  @spec mark(map()) :: map()
  def mark(query), do: mark(query, kinds(query))

  # What each field is in every arm of a union.
  defp kinds(%{select: %{fields: fields}, combinations: arms} = query) do
    sources = Sources.create(query, [])
    own = Enum.map(fields, &kind(&1, sources, query))

    Enum.reduce(arms, own, fn {_op, arm}, common ->
      theirs = arm |> Sources.complete() |> kinds()
      Enum.zip_with(common, theirs, &if(&1 == &2, do: &1))
    end)
  end

  defp kinds(_no_select), do: []

  defp kind({key, _expr}, _sources, _query) when is_atom(key), do: nil
  defp kind({:json_extract_path, _, [_operand, [_ | _]]}, _sources, _query), do: :json
  # Ecto loads these by their type.
  defp kind({{:., _, _}, _, []}, _sources, _query), do: nil
  defp kind(%Ecto.Query.Tagged{}, _sources, _query), do: nil

  defp kind(expr, sources, query) do
    type = Infer.of(expr, sources, query)
    if type in @kinds, do: type
  end

  defp mark(%{select: %{fields: fields} = select} = query, kinds) do
    if Enum.any?(kinds) do
      fields = fields |> Enum.zip(kinds) |> Enum.with_index(&field/2)

      arms =
        for {op, arm} <- query.combinations, do: {op, arm |> Sources.complete() |> mark(kinds)}

      %{query | select: %{select | fields: fields}, combinations: arms}
    else
      query
    end
  end

  defp mark(query, _no_kinds), do: query

  defp field({field, nil}, _ix), do: field

  defp field({{:json_extract_path, meta, args}, :json}, ix),
    do: {name(:json, ix), {:json_fetch, meta, args}}

  defp field({field, kind}, ix), do: {name(kind, ix), field}

  defp name(kind, ix), do: :"#{@prefix}#{kind}:#{ix}"

  @doc "What the columns of a result are, or `:none`."
  @spec marks([String.t()]) :: [kind() | nil] | :none
  def marks(columns), do: if(marked?(columns), do: Enum.map(columns, &mark_of/1), else: :none)

  defp marked?([@prefix <> _ | _]), do: true
  defp marked?([_name | columns]), do: marked?(columns)
  defp marked?([]), do: false

  defp mark_of(@prefix <> mark), do: @by_name[mark |> String.split(":") |> hd()]
  defp mark_of(_name), do: nil

  @doc "A row as terms."
  @spec decode([term()], [kind() | nil]) :: [term()]
  def decode([value | row], [mark | marks]) when is_nil(mark) or is_nil(value),
    do: [value | decode(row, marks)]

  def decode([value | row], [mark | marks]), do: [loaded(mark, value) | decode(row, marks)]
  def decode([], []), do: []

  defp loaded(:json, value) when is_binary(value) do
    {:ok, term} = Codec.load_json(value)
    term
  end

  defp loaded(:json, value), do: value

  defp loaded(type, value) do
    case Ecto.Type.adapter_load(Types, type, value) do
      {:ok, loaded} -> loaded
      :error -> value
    end
  end
end
