defmodule Ecto.Adapters.LibSql.SQL.Typing.Infer do
  @moduledoc false
  # The Ecto type of an expression, as far as schemas, sub-queries, values lists and functions tell it. What
  # a comparison needs to know of its operands hangs on it: see Numeric, Moment and Uuid.

  alias Ecto.Adapters.LibSql.SQL.{Expr, Sources}
  alias Ecto.Query.Tagged

  @arithmetic [:+, :-, :*, :/]
  # Functions whose value is one of their argument's.
  @choosing [:min, :max, :lag, :lead, :first_value, :last_value, :nth_value, :filter, :over]
  # Those of them that Ecto takes for as much.
  @typed [:min, :max, :lag, :lead, :first_value, :last_value, :nth_value]
  @summing [:sum, :decimal_sum, :avg]
  @counting [:count, :row_number, :rank, :dense_rank, :ntile]
  @conditions [:==, :!=, :<=, :>=, :<, :>, :and, :or, :in, :is_nil, :not, :like, :ilike, :exists]

  @doc "The type, or nil where nothing tells it."
  @spec of(term(), Sources.t(), map()) :: term()
  def of({{:., _, [{:&, _, [ix]}, field]}, _, []}, sources, _query),
    do: Sources.type(sources, ix, field)

  def of({{:., _, [{:parent_as, _, [as]}, field]}, _, []}, _sources, query) do
    with {sources, ix} <- Sources.parent(query, as), do: Sources.type(sources, ix, field)
  end

  def of(%Tagged{type: type}, _sources, _query), do: type

  def of({:-, _, [arg]}, sources, query), do: of(arg, sources, query)

  def of({op, _, [left, right]}, sources, query) when op in @arithmetic,
    do: number(of(left, sources, query), of(right, sources, query))

  def of({function, _, [arg | _]}, sources, query) when function in @choosing,
    do: of(arg, sources, query)

  def of({function, _, [arg | _]}, sources, query) when function in @summing,
    do: number(of(arg, sources, query), nil)

  def of({function, _, args}, _sources, _query) when function in @counting and is_list(args),
    do: :integer

  def of({:coalesce, _, args}, sources, query), do: Enum.find_value(args, &of(&1, sources, query))

  def of({:datetime_add, _, [operand, _count, _unit]}, sources, query),
    do: of(operand, sources, query)

  def of({:date_add, _, [_operand, _count, _unit]}, _sources, _query), do: :date

  def of({:selected_as, _, [name]}, sources, query),
    do: query |> Expr.selected!(name) |> of(sources, query)

  def of({condition, _, args}, _sources, _query) when condition in @conditions and is_list(args),
    do: :boolean

  def of(%Ecto.SubQuery{query: %{select: %{fields: [field]}} = inner}, sources, query) do
    inner = inner |> Sources.complete() |> Sources.put_parent(query, sources)
    field |> value() |> of(Sources.create(inner, []), inner)
  end

  def of(literal, _sources, _query) when is_integer(literal), do: :integer
  def of(literal, _sources, _query) when is_float(literal), do: :float
  def of(%Decimal{}, _sources, _query), do: :decimal
  def of(_other, _sources, _query), do: nil

  @typedoc "What a sub-query selects, by name: the type, and whether Ecto knows it as well."
  @type fields :: %{atom() => {term(), boolean()}}

  @doc "Once for each sub-query: asked for by each reference, types would cost a power of its depth."
  @spec fields(map(), :typed | :untyped) :: fields()
  def fields(inner, known) do
    inner = Sources.complete(inner)

    with %{fields: [_ | _] = fields} <- inner.select do
      sources = Sources.create(inner, [])

      for {name, expr} <- fields, is_atom(name), into: %{} do
        {name, {of(expr, sources, inner), known == :typed and typed?(expr, sources, inner)}}
      end
    else
      _nothing_selected -> %{}
    end
  end

  @doc "Whether Ecto knows the type of an expression, and dumps by it what stands beside it."
  @spec typed?(term(), Sources.t(), map()) :: boolean()
  def typed?({{:., _, [{:&, _, [ix]}, field]}, _, []}, sources, _query),
    do: Sources.typed?(sources, ix, field)

  def typed?({{:., _, [{:parent_as, _, [as]}, field]}, _, []}, _sources, query) do
    case Sources.parent(query, as) do
      {sources, ix} -> Sources.typed?(sources, ix, field)
      nil -> false
    end
  end

  def typed?({function, _, [arg | _]}, sources, query) when function in @typed,
    do: typed?(arg, sources, query)

  def typed?(%Tagged{}, _sources, _query), do: true
  def typed?(_expr, _sources, _query), do: false

  defp value({key, expr}) when is_atom(key), do: expr
  defp value(expr), do: expr

  # Arithmetic with decimals gives what loads as one.
  defp number(left, right) do
    if :decimal in [primitive(left), primitive(right)], do: :decimal, else: left || right
  end

  defp primitive(nil), do: nil
  defp primitive(type), do: Ecto.Adapters.LibSql.Types.primitive(type)
end
