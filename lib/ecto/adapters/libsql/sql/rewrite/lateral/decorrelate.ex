defmodule Ecto.Adapters.LibSql.SQL.Rewrite.Lateral.Decorrelate do
  @moduledoc false
  # Decorrelates a lateral sub-query: moves `inner = outer` from its WHERE into the ON of a join. Valid only where the
  # sub-query computes each row by itself (no aggregates, windows, offsets, unions), and where the comparison means the
  # same outside: SQLite takes the collation of the left operand and the affinities of both, which a column keeps when
  # a sub-query selects it and an expression does not.

  alias Ecto.Adapters.LibSql.SQL.{Expr, Parameter, Quote, Scope}
  alias Ecto.Adapters.LibSql.SQL.Typing.Infer
  alias Ecto.Query.{LimitExpr, Tagged}

  @enforce_keys [:inner, :outer, :first, :same_type?]
  defstruct [:name | @enforce_keys]

  @typedoc """
  `inner` and `outer` are compared, the one in `first` on the left. The sub-query selects `inner` as `name`.
  """
  @type t :: %__MODULE__{
          name: atom() | nil,
          inner: term(),
          outer: term(),
          first: :inner | :outer,
          same_type?: boolean()
        }

  @doc "The scope of a sub-query without its equalities with the outer row, and these; or `:impossible`."
  @spec untie(Scope.t()) :: {Scope.t(), [t(), ...]} | :impossible
  def untie(%{query: query} = inner) do
    {wheres, correlations} = split(inner)
    fields = for correlation <- correlations, do: {correlation.name, correlation.inner}

    untied = %{
      query
      | wheres: wheres,
        select: %{query.select | fields: query.select.fields ++ fields}
    }

    if correlations != [] and not correlated?(untied) and not per_row?(query) and named?(query) and
         countable?(query, correlations),
       do: {selecting(inner, untied, correlations), correlations},
       else: :impossible
  end

  defp selecting(inner, untied, correlations) do
    types = for correlation <- correlations, do: Infer.of(correlation.inner, inner)

    json =
      if inner.json == [],
        do: [],
        else: inner.json ++ Enum.map(correlations, fn _tie -> false end)

    %{inner | query: untied, types: inner.types ++ types, json: json}
  end

  @doc "Whether a query refers to a row of a query around it."
  @spec correlated?(map()) :: boolean()
  def correlated?(query),
    do: query |> Map.from_struct() |> Map.values() |> outside?(%{}, query.aliases)

  # `inside` are the aliases of the levels between, `own` those of the level that the expression is on.
  defp outside?({:parent_as, _, [as]}, inside, _own), do: not is_map_key(inside, as)

  defp outside?(%Ecto.SubQuery{query: query}, inside, own),
    do: outside?(query, Map.merge(inside, own), query.aliases)

  defp outside?(%Ecto.Query{} = query, inside, _own),
    do: query |> Map.from_struct() |> Map.values() |> outside?(inside, query.aliases)

  defp outside?(%module{}, _inside, _own)
       when module in [Decimal, Date, Time, NaiveDateTime, DateTime],
       do: false

  defp outside?(%{} = map, inside, own), do: map |> Map.to_list() |> outside?(inside, own)

  defp outside?(tuple, inside, own) when is_tuple(tuple),
    do: tuple |> Tuple.to_list() |> outside?(inside, own)

  defp outside?([head | tail], inside, own),
    do: outside?(head, inside, own) or outside?(tail, inside, own)

  defp outside?(_scalar, _inside, _own), do: false

  @doc "The equality as a condition of the join at `ix`, its operands in the order in which they were written."
  @spec condition(t(), non_neg_integer(), Scope.t()) :: Parameter.sql()
  def condition(%{first: first} = correlation, ix, scope) do
    inner = Scope.column(scope, ix, correlation.name)
    outer = Expr.expr(unparent(correlation.outer, scope.query), scope)
    if first == :inner, do: [inner, " = " | outer], else: [outer, " = " | inner]
  end

  # The outer row is a source of `query` itself, or of a query further out.
  defp unparent({{:., meta, [{:parent_as, _, [as]}, field]}, call, []} = outer, query) do
    case query.aliases do
      %{^as => ix} -> {{:., meta, [{:&, [], [ix]}, field]}, call, []}
      _other -> outer
    end
  end

  ## Finding equalities

  # Conditions before an OR are one of its operands, so only those after the last OR can move into ON.
  defp split(%{query: %{wheres: wheres}} = inner) do
    {free, fixed} = wheres |> Enum.reverse() |> Enum.split_while(&(Map.get(&1, :op) != :or))

    {free, correlations} =
      free
      |> Enum.reverse()
      |> Enum.flat_map_reduce([], fn where, correlations ->
        parts = where.expr |> conjuncts() |> Enum.map(&part(&1, inner))
        {found, rest} = Enum.split_with(parts, &is_struct(&1, __MODULE__))
        {for({:rest, expr} <- rest, do: %{where | expr: expr}), correlations ++ found}
      end)

    {Enum.reverse(fixed) ++ free,
     Enum.with_index(correlations, &%{&1 | name: Quote.ours("outer#{&2}")})}
  end

  defp conjuncts({:and, _, [left, right]}), do: conjuncts(left) ++ conjuncts(right)
  defp conjuncts(expr), do: [expr]

  defp part({:==, _, [left, right]} = expr, inner) do
    correlation =
      case {place(left), place(right)} do
        {:inner, :outer} -> correlation(left, right, :inner, inner)
        {:outer, :inner} -> correlation(right, left, :outer, inner)
        _other -> nil
      end

    correlation || {:rest, expr}
  end

  defp part(expr, _inner), do: {:rest, expr}

  # Moves an equality only if both fields have one type, or one of the types is not known: fields of
  # different types may be stored in different forms.
  defp correlation(own, outer, first, inner) do
    {own_type, outer_type} = {type(own, inner), type(outer, inner)}

    if own_type == outer_type or nil in [own_type, outer_type] do
      same? = own_type == outer_type and own_type != nil
      %__MODULE__{inner: own, outer: outer, first: first, same_type?: same?}
    end
  end

  defp place({{:., _, [{:parent_as, _, [_]}, _field]}, _, []}), do: :outer
  defp place({{:., _, [{:&, _, [_]}, _field]}, _, []}), do: :inner
  defp place(_expr), do: :neither

  defp type(field, inner) do
    case Infer.of(field, inner) do
      :id -> :integer
      type -> type
    end
  end

  ## What a join cannot replace

  # A limit for each outer row becomes one for each value of the inner columns. An outer row must then
  # equal no two values: those are compared as the inner column collates, and converted to no other type.
  defp countable?(%{limit: nil}, _ties), do: true

  defp countable?(_limited, correlations),
    do: Enum.all?(correlations, &(&1.first == :inner and &1.same_type?))

  defp named?(%{select: %{fields: fields}}),
    do: Enum.all?(fields, &match?({key, _} when is_atom(key), &1))

  # What is counted, cut or combined for each outer row by itself. An aggregate without GROUP BY gives one
  # row also for no rows, which a join cannot.
  defp per_row?(inner) do
    inner.combinations != [] or inner.distinct != nil or inner.group_bys != [] or
      inner.havings != [] or inner.offset != nil or inner.with_ctes != nil or
      match?(%LimitExpr{with_ties: true}, inner.limit) or
      spanning?(inner.select.fields) or spanning?(Enum.map(inner.order_bys, & &1.expr))
  end

  # An aggregate or a window computes over the rows of one outer row. A fragment may hold either.
  defp spanning?({:fragment, _, _}), do: true
  defp spanning?({:over, _, _}), do: true

  defp spanning?({name, _, args})
       when name in [:count, :sum, :avg, :min, :max] and is_list(args),
       do: true

  defp spanning?(%Tagged{value: value}), do: spanning?(value)
  defp spanning?(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> spanning?()
  defp spanning?([head | tail]), do: spanning?(head) or spanning?(tail)
  defp spanning?(_other), do: false
end
