defmodule Ecto.Adapters.LibSql.SQL.Rewrite.Lateral.Decorrelate do
  @moduledoc false
  # Equalities of a lateral sub-query's columns with the outer row, taken out of its WHERE so that a join
  # can have them as its condition. That gives the same rows only where the sub-query computes each row by
  # itself, and where the comparison means the same outside: SQLite compares as the left operand collates
  # and as the types of both convert, which a column brings along into a sub-query and an expression does not.

  alias Ecto.Adapters.LibSql.SQL.{Expr, Quote, Sources}
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

  @doc "The sub-query without its ties to the row of `query`, and these; or `:impossible`."
  @spec untie(map(), Sources.t(), map()) :: {map(), [t(), ...]} | :impossible
  def untie(inner, sources, query) do
    {wheres, ties} = split(inner, sources, query)
    fields = for tie <- ties, do: {tie.name, tie.inner}
    select = %{inner.select | fields: inner.select.fields ++ fields}
    untied = %{inner | wheres: wheres, select: select}

    if ties != [] and not correlated?(untied) and not per_row?(inner) and named?(inner) and
         countable?(inner, ties),
       do: {untied, ties},
       else: :impossible
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

  @doc "The tie as a condition of the join at `ix`, its operands as they were written."
  @spec condition(t(), non_neg_integer(), Sources.t(), map()) :: iodata()
  def condition(%{first: first} = tie, ix, sources, query) do
    inner = [Sources.name(sources, ix), ?. | Quote.name(tie.name)]
    outer = Expr.expr(unparent(tie.outer, query), sources, query)
    if first == :inner, do: [inner, " = " | outer], else: [outer, " = " | inner]
  end

  # The outer row is a source of `query` itself, or of a query further out.
  defp unparent({{:., meta, [{:parent_as, _, [as]}, field]}, call, []} = outer, query) do
    case query.aliases do
      %{^as => ix} -> {{:., meta, [{:&, [], [ix]}, field]}, call, []}
      _other -> outer
    end
  end

  ## Finding ties

  # What stands before an OR is one of its sides, so only conditions behind the last OR are taken apart.
  defp split(%{wheres: wheres} = inner, sources, query) do
    inner = Sources.put_parent(inner, query, sources)
    inner_sources = Sources.create(inner, Sources.below(sources))
    {free, fixed} = wheres |> Enum.reverse() |> Enum.split_while(&(Map.get(&1, :op) != :or))

    {free, ties} =
      free
      |> Enum.reverse()
      |> Enum.flat_map_reduce([], fn where, ties ->
        parts = where.expr |> conjuncts() |> Enum.map(&part(&1, inner_sources, inner))
        {found, rest} = Enum.split_with(parts, &is_struct(&1, __MODULE__))
        {for({:rest, expr} <- rest, do: %{where | expr: expr}), ties ++ found}
      end)

    {Enum.reverse(fixed) ++ free, Enum.with_index(ties, &%{&1 | name: Quote.ours("tie#{&2}")})}
  end

  defp conjuncts({:and, _, [left, right]}), do: conjuncts(left) ++ conjuncts(right)
  defp conjuncts(expr), do: [expr]

  defp part({:==, _, [left, right]} = expr, sources, inner) do
    tie =
      case {place(left), place(right)} do
        {:inner, :outer} -> tie(left, right, :inner, sources, inner)
        {:outer, :inner} -> tie(right, left, :outer, sources, inner)
        _other -> nil
      end

    tie || {:rest, expr}
  end

  defp part(expr, _sources, _inner), do: {:rest, expr}

  # Fields of two types may be kept in two forms, which Expr can only compare where it sees both types.
  defp tie(own, outer, first, sources, inner) do
    {own_type, outer_type} = {type(own, sources, inner), type(outer, sources, inner)}

    if own_type == outer_type or nil in [own_type, outer_type] do
      same? = own_type == outer_type and own_type != nil
      %__MODULE__{inner: own, outer: outer, first: first, same_type?: same?}
    end
  end

  defp place({{:., _, [{:parent_as, _, [_]}, _field]}, _, []}), do: :outer
  defp place({{:., _, [{:&, _, [_]}, _field]}, _, []}), do: :inner
  defp place(_expr), do: :neither

  defp type({{:., _, [{:parent_as, _, [as]}, field]}, _, []}, _sources, inner) do
    # Nothing is known of rows further out while the types of a sub-query are asked for by themselves.
    with {sources, ix} <- Sources.parent(inner, as),
         do: sources |> Sources.type(ix, field) |> kind()
  end

  defp type({{:., _, [{:&, _, [ix]}, field]}, _, []}, sources, _inner),
    do: sources |> Sources.type(ix, field) |> kind()

  defp kind(:id), do: :integer
  defp kind(type), do: type

  ## What ties cannot replace

  # A limit for each outer row becomes one for each value of the inner columns. An outer row must then
  # equal no two values: those are compared as the inner column collates, and converted to no other type.
  defp countable?(%{limit: nil}, _ties), do: true
  defp countable?(_limited, ties), do: Enum.all?(ties, &(&1.first == :inner and &1.same_type?))

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

  # Aggregates and windows span the rows of one outer row, not those of all. A fragment may hold either.
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
