defmodule Ecto.Adapters.LibSql.SQL.Typing.Infer do
  @moduledoc false
  # The Ecto type of an expression, as far as schemas, sub-queries, values lists, casts and functions determine it.
  # Comparisons, orders, unions and stored values use it to choose a form, and what Ecto does not load by a type of its
  # own is loaded by it. The invariant: every value whose type is a date or time is written in the form of that type.

  alias Ecto.Adapters.LibSql.SQL.Scope
  alias Ecto.Adapters.LibSql.SQL.Typing.{DateTime, Sources}
  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Query.Tagged

  @arithmetic [:+, :-, :*, :/]
  # Functions whose value is one of their first argument's.
  @choosing [:min, :max, :first_value, :last_value, :nth_value, :filter, :over]
  # Those for which Ecto takes the type of the argument, for parameters compared with them.
  @typed_by_ecto [:min, :max, :lag, :lead, :first_value, :last_value, :nth_value]
  @counting [:count, :row_number, :rank, :dense_rank, :ntile]
  @conditions [:==, :!=, :<=, :>=, :<, :>, :and, :or, :in, :is_nil, :not, :like, :ilike, :exists]
  @json {:json, :value}

  @doc "The type, or nil where it is not known. `{:json, :value}` is the JSON text of any value."
  @spec of(term(), Scope.t()) :: term()
  def of({{:., _, [{:&, _, [ix]}, field]}, _, []}, scope),
    do: Scope.types(scope, ix, field).stored

  def of({{:., _, [{:parent_as, _, [as]}, field]}, _, []}, scope) do
    with {scope, ix} <- Scope.outer(scope, as), do: Scope.types(scope, ix, field).stored
  end

  def of(%Tagged{type: type}, _scope), do: if(type != :any, do: type)
  def of({:json_extract_path, _, [_operand, [_ | _]]}, _scope), do: @json
  def of({:-, _, [arg]}, scope), do: of(arg, scope)

  def of({op, _, [_, _]} = expr, scope) when op in @arithmetic, do: number(expr, scope)
  def of({:sum, _, [arg | _]}, scope), do: of(arg, scope)

  def of({:avg, _, [arg | _]}, scope) do
    case of(arg, scope) do
      nil -> nil
      type -> if Types.primitive(type) in [:integer, :id], do: :float, else: type
    end
  end

  def of({function, _, [arg, _offset, default]}, scope) when function in [:lag, :lead],
    do: common([arg, default], scope)

  def of({function, _, [arg | _]}, scope) when function in [:lag, :lead], do: of(arg, scope)
  def of({function, _, [arg | _]}, scope) when function in @choosing, do: of(arg, scope)

  def of({function, _, args}, _scope) when function in @counting and is_list(args), do: :integer

  def of({function, _, []}, _scope) when function in [:percent_rank, :cume_dist], do: :float
  def of({:coalesce, _, args}, scope), do: common(args, scope)

  # A parameter has as many digits as the interval may need; its zone is not known.
  def of({:datetime_add, _, [{:^, [], [_ix]}, _count, _unit]}, _scope), do: :naive_datetime_usec
  def of({:datetime_add, _, [operand, _count, _unit]}, scope), do: of(operand, scope)
  def of({:date_add, _, [_operand, _count, _unit]}, _scope), do: :date
  def of({:selected_as, _, [name]}, scope), do: scope |> Scope.selected!(name) |> of(scope)

  def of({condition, _, args}, _scope) when condition in @conditions and is_list(args),
    do: :boolean

  def of(%Ecto.SubQuery{query: query}, scope) do
    case Sources.inside(query, scope).types do
      [type] -> type
      _several -> nil
    end
  end

  def of(literal, _scope) when is_integer(literal), do: :integer
  def of(literal, _scope) when is_float(literal), do: :float
  def of(literal, _scope) when is_boolean(literal), do: :boolean
  def of(%Decimal{}, _scope), do: :decimal
  def of(_other, _scope), do: nil

  @doc "Whether an expression is a value of a JSON path, which may be selected as JSON text."
  @spec json?(term(), Scope.t()) :: boolean()
  def json?({:json_extract_path, _, [_operand, [_ | _]]}, _scope), do: true

  def json?({{:., _, [{:&, _, [_ix]}, _field]}, _, []} = field, scope),
    do: not Scope.table_column?(field, scope) and of(field, scope) == @json

  def json?(_expr, _scope), do: false

  @doc "What a query selects, by position. `json` marks the values that are selected as JSON."
  @spec selected(Scope.t(), [boolean()]) :: [term()]
  def selected(%{query: %{select: %{fields: fields}, combinations: []}} = scope, json),
    do: fields |> Enum.map(&selected_type(Scope.value(&1), scope)) |> as_selected(json)

  def selected(%{query: %{select: %{fields: fields}, combinations: arms}} = scope, json) do
    # Each field as one argument of what is common to all arms.
    own = for field <- fields, do: {Scope.value(field), scope}

    arms
    |> Enum.map(fn {_op, arm} -> arm |> Sources.arm(scope) |> arguments() end)
    |> Enum.reduce(Enum.map(own, &[&1]), fn theirs, all ->
      Enum.zip_with(theirs, all, &(&1 ++ &2))
    end)
    |> Enum.map(&common/1)
    |> as_selected(json)
  end

  def selected(_no_select, _json), do: []

  # A column of a table goes to Ecto as it is, which knows its type.
  defp selected_type(
         {{:., _, [{:&, _, [_ix]}, _field]}, _, []} = field,
         %{output: :ecto} = scope
       ),
       do: if(not Scope.table_column?(field, scope), do: of(field, scope))

  defp selected_type(expr, scope), do: of(expr, scope)

  # An arm may have arms.
  defp arguments(%{query: %{select: %{fields: fields}, combinations: arms}} = scope) do
    own = for field <- fields, do: [{Scope.value(field), scope}]

    Enum.reduce(arms, own, fn {_op, arm}, all ->
      Enum.zip_with(all, arm |> Sources.arm(scope) |> arguments(), &(&1 ++ &2))
    end)
  end

  # The scalar at a path has no type.
  defp as_selected(types, []), do: Enum.map(types, &if(&1 != @json, do: &1))

  defp as_selected(types, json),
    do: Enum.zip_with(types, json, fn type, json? -> if(json? or type != @json, do: type) end)

  ## Types of several values

  @doc "The type of a value that is one of several expressions', or nil."
  @spec common([term()], Scope.t()) :: term()
  def common(exprs, scope), do: exprs |> Enum.map(&{&1, scope}) |> common()

  # NULL and what has no type take the type of the others, and so does a number written out.
  defp common(exprs) do
    typed = for {expr, scope} <- exprs, type = of(expr, scope), do: {expr, type}
    types = for {expr, type} <- typed, not is_number(expr), uniq: true, do: type
    types = if types == [], do: for({_number, type} <- typed, uniq: true, do: type), else: types
    parameter? = Enum.any?(exprs, fn {expr, _scope} -> match?({:^, [], [_ix]}, expr) end)
    types |> one() |> with_fraction(parameter?)
  end

  defp one([]), do: nil
  defp one([type]), do: type
  defp one([first, second | types]), do: one([both(first, second) | types])

  defp both(same, same), do: same
  defp both(nil, _type), do: nil
  defp both(_type, nil), do: nil

  defp both(left, right) do
    case {kind(left), kind(right)} do
      {same, same} -> left
      {:decimal, :integer} -> left
      {:integer, :decimal} -> right
      {:float, number} when number in [:integer, :decimal] -> left
      {number, :float} when number in [:integer, :decimal] -> right
      {left, right} -> DateTime.common(left, right)
    end
  end

  # A parameter without a type may have a fraction.
  defp with_fraction(type, false), do: type
  defp with_fraction(nil, true), do: nil
  defp with_fraction(type, true), do: DateTime.with_fraction(kind(type)) || type

  ## Numbers

  # What an operand of arithmetic is: of a type; a number written out or a parameter, which take the type of the other
  # operand, as in PostgreSQL; or unknown, which may be any number.
  defp numeric(number, _scope) when is_integer(number), do: {:written, :integer}
  defp numeric(number, _scope) when is_float(number), do: {:written, :float}
  defp numeric({:^, [], [_ix]}, _scope), do: :parameter
  defp numeric({:-, _, [arg]}, scope), do: numeric(arg, scope)

  defp numeric({op, _, [left, right]}, scope) when op in @arithmetic,
    do: combined(numeric(left, scope), numeric(right, scope))

  # A number that Ecto gives the type of what it is compared with.
  defp numeric(%Tagged{value: number}, scope) when is_number(number), do: numeric(number, scope)

  defp numeric({:coalesce, _, args}, scope),
    do: args |> Enum.map(&numeric(&1, scope)) |> Enum.reduce(&combined/2)

  defp numeric(expr, scope), do: kind(of(expr, scope)) || :unknown

  defp combined({:written, left}, {:written, right}),
    do: {:written, if(:float in [left, right], do: :float, else: :integer)}

  # With a decimal it is a decimal, as `numeric` in PostgreSQL.
  defp combined({:written, :float}, :integer), do: {:written, :float}
  defp combined({:written, _}, other), do: other
  defp combined(other, {:written, _} = written), do: combined(written, other)
  defp combined(:parameter, other), do: other
  defp combined(other, :parameter), do: other
  defp combined(:unknown, other), do: if(other == :integer, do: :unknown, else: other)
  defp combined(other, :unknown), do: combined(:unknown, other)
  defp combined(left, right), do: both(left, right) || :unknown

  defp number(expr, scope) do
    case numeric(expr, scope) do
      {:written, kind} -> kind
      other -> if other not in [:parameter, :unknown], do: other
    end
  end

  @doc "The primitive type, with one name for integers."
  @spec kind(term()) :: term()
  def kind(nil), do: nil
  def kind(@json), do: @json

  def kind(type) do
    case Types.primitive(type) do
      :id -> :integer
      primitive -> primitive
    end
  end

  ## What Ecto knows

  @doc """
  The type by which Ecto dumps a parameter compared with an expression, nil where it takes any value: see
  quoted_type/2 of Ecto.Query.Builder.
  """
  @spec ecto(term(), Scope.t()) :: term()
  def ecto({{:., _, [{:&, _, [ix]}, field]}, _, []}, scope),
    do: Scope.types(scope, ix, field).ecto

  def ecto({{:., _, [{:parent_as, _, [as]}, field]}, _, []}, scope) do
    with {scope, ix} <- Scope.outer(scope, as), do: Scope.types(scope, ix, field).ecto
  end

  def ecto({function, _, [arg | _]}, scope) when function in @typed_by_ecto, do: ecto(arg, scope)
  def ecto({:datetime_add, _, _}, _scope), do: :naive_datetime
  def ecto({:date_add, _, _}, _scope), do: :date
  def ecto({function, _, args}, _scope) when function in @counting and is_list(args), do: :integer
  def ecto(%Tagged{type: type}, _scope), do: if(type != :any, do: type)
  def ecto(_expr, _scope), do: nil
end
