defmodule Ecto.Adapters.LibSql.SQL.Expr do
  @moduledoc false
  # Expressions of a query. Each construct that SQLite can express has its clause; the last clause
  # raises, naming what it got. Parameters are numbered, so a rewrite may move them about freely.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{
    Array,
    Fragment,
    Interval,
    Json,
    Literal,
    Operators,
    Quote,
    Select,
    Sources,
    Typing,
    Window
  }

  alias Ecto.Adapters.LibSql.SQL.Typing.Uuid
  alias Ecto.Query.Tagged

  @operators %{
    ==: " = ",
    !=: " <> ",
    <=: " <= ",
    >=: " >= ",
    <: " < ",
    >: " > ",
    +: " + ",
    -: " - ",
    *: " * ",
    /: " / ",
    and: " AND ",
    or: " OR "
  }
  @operator_names Map.keys(@operators)
  @comparisons [:==, :!=, :<=, :>=, :<, :>]
  @needs_parens @operator_names ++ [:in, :is_nil, :not, :like, :ilike]

  @functions ~w(count sum decimal_sum avg min max)a ++
               ~w(row_number rank dense_rank percent_rank cume_dist ntile)a ++
               ~w(lag lead first_value last_value nth_value)a
  @aggregates ~w(count sum decimal_sum avg min max)a

  @spec expr(term(), Sources.t(), map()) :: iodata()
  def expr({:^, [], [ix]}, _sources, _query), do: parameter(ix)

  def expr({{:., _, [{:parent_as, _, [as]}, field]}, _, []}, _sources, query)
      when is_atom(field) or is_binary(field) do
    {sources, ix} = Sources.parent!(query, as)
    Sources.column(sources, ix, field)
  end

  def expr({{:., _, [{:&, _, [ix]}, field]}, _, []}, sources, _query)
      when is_atom(field) or is_binary(field),
      do: Sources.column(sources, ix, field)

  # In fragments, for what takes a table: `fragment("? MATCH ?", t, ^text)`.
  def expr({:&, _, [ix]}, sources, _query), do: sources |> elem(ix) |> elem(1)

  def expr({:in, _, [left, right]}, sources, query),
    do: Operators.member(left, right, sources, query)

  def expr({op, _, [left, {quantifier, _, [%Ecto.SubQuery{} = subquery]}]}, sources, query)
      when op in @comparisons and quantifier in [:any, :all],
      do: Operators.quantified(op, quantifier, left, subquery, sources, query)

  def expr({op, _, [array, list]}, sources, query) when op in [:==, :!=] and is_list(list),
    do: Array.compare(op, array, list, sources, query)

  def expr({op, _, [list, array]}, sources, query) when op in [:==, :!=] and is_list(list),
    do: Array.compare(op, array, list, sources, query)

  def expr({op, _, [left, right]}, sources, query) when op in [:==, :!=],
    do: Uuid.compare(op, left, right, sources, query) || operator(op, left, right, sources, query)

  def expr({op, _, [left, right]}, sources, query) when op in @operator_names,
    do: operator(op, left, right, sources, query)

  def expr({like, _, [left, right]}, sources, query) when like in [:like, :ilike],
    do: Operators.like(like, left, right, sources, query)

  # A row is there if its key is.
  def expr({function, meta, [{:&, _, [ix]} | rest]}, sources, query)
      when function in [:count, :is_nil],
      do: expr({function, meta, [Sources.key!(sources, ix, query) | rest]}, sources, query)

  def expr({:is_nil, _, [arg]}, sources, query),
    do: [operand(arg, sources, query) | " IS NULL"]

  def expr({:not, _, [arg]}, sources, query), do: ["NOT (", expr(arg, sources, query), ?)]

  def expr({:-, _, [arg]}, sources, query), do: ["(- ", operand(arg, sources, query), ?)]

  def expr({:exists, _, [%Ecto.SubQuery{} = subquery]}, sources, query),
    do: ["EXISTS " | expr(subquery, sources, query)]

  def expr(%Ecto.SubQuery{query: subquery}, sources, query),
    do: [?(, Select.nested(subquery, query, sources), ?)]

  def expr({:fragment, _, _} = fragment, sources, query),
    do: Fragment.fragment(fragment, sources, query)

  def expr({kind, _, _} = part, sources, query) when kind in [:identifier, :constant, :splice],
    do: Fragment.part(part, sources, query)

  def expr({:values, _, [types, ix, rows]}, _sources, _query),
    do: Literal.values(types, ix, rows)

  def expr({:selected_as, _, [name]}, sources, query),
    do: [?(, expr(selected!(query, name), sources, query), ?)]

  def expr({:datetime_add, _, [operand, count, unit]}, sources, query),
    do: interval(&Interval.datetime_add/5, operand, count, unit, sources, query)

  def expr({:date_add, _, [operand, count, unit]}, sources, query),
    do: interval(&Interval.date_add/5, operand, count, unit, sources, query)

  def expr({:json_extract_path, _, [operand, path]}, sources, query) do
    operand = operand(operand, sources, query)
    Json.extract(operand, path, &expr(&1, sources, query))
  end

  # What Select makes of a JSON value that goes to Ecto.
  def expr({:json_fetch, _, [operand, path]}, sources, query) do
    operand = operand(operand, sources, query)
    Json.fetch(operand, path, &expr(&1, sources, query))
  end

  def expr({:filter, _, [aggregate, filter]}, sources, query),
    do: [expr(aggregate, sources, query), " FILTER (WHERE ", expr(filter, sources, query), ?)]

  def expr({:over, _, [function, window]}, sources, query),
    do: [expr(function, sources, query), " OVER " | Window.reference(window, sources, query)]

  def expr({:{}, _, elements}, sources, query),
    do: [?(, Enum.map_intersperse(elements, ", ", &expr(&1, sources, query)), ?)]

  def expr({:count, _, []}, _sources, _query), do: "count(*)"

  def expr({aggregate, _, [arg, :distinct]}, sources, query) when aggregate in @aggregates,
    do: [Atom.to_string(aggregate), "(DISTINCT ", expr(arg, sources, query), ?)]

  def expr({:coalesce, _, args}, sources, query),
    do: [
      "coalesce(",
      args |> Typing.Decimal.arguments(sources, query) |> Enum.intersperse(", "),
      ?)
    ]

  def expr({function, _, args}, sources, query) when function in @functions and is_list(args) do
    args = Enum.map_intersperse(args, ", ", &expr(&1, sources, query))
    [Atom.to_string(function), ?(, args, ?)]
  end

  def expr(%Tagged{value: value, type: type}, sources, query),
    do: Literal.tagged(value, type, sources, query)

  # Literals beside a field of a schema arrive as its type dumps them.
  def expr({:blob, bytes}, _sources, _query) when is_binary(bytes), do: Quote.blob(bytes)

  def expr(list, sources, query) when is_list(list),
    do: Array.build(list, nil, sources, query)

  def expr(literal, _sources, query)
      when is_binary(literal) or is_number(literal) or is_boolean(literal) or is_nil(literal) or
             is_struct(literal),
      do: Literal.literal(literal, query)

  def expr({function, _, args}, _sources, query) when is_atom(function) and is_list(args) do
    error!(query, "#{function}/#{length(args)} cannot be expressed in SQLite; use a fragment")
  end

  def expr(other, _sources, query),
    do: error!(query, "unsupported expression: #{inspect(other)}")

  defp operator(op, left, right, sources, query) do
    [beside(left, right, sources, query), @operators[op] | beside(right, left, sources, query)]
  end

  # An operand, in the form in which it compares with the other.
  defp beside(expr, other, sources, query) do
    Typing.DateTime.operand(expr, other, sources, query) ||
      Uuid.operand(expr, other, sources, query) ||
      Typing.Decimal.operand(expr, other, sources, query)
  end

  @doc "An expression as an operand: in parentheses where it is an operator itself."
  @spec operand(term(), Sources.t(), map()) :: iodata()
  def operand({op, _, [_ | _]} = expr, sources, query) when op in @needs_parens,
    do: [?(, expr(expr, sources, query), ?)]

  def operand(expr, sources, query), do: expr(expr, sources, query)

  @spec parameter(non_neg_integer()) :: iodata()
  def parameter(ix), do: [?? | Integer.to_string(ix + 1)]

  @doc "The expression that the select clause calls `name`."
  @spec selected!(map(), atom()) :: term()
  def selected!(%{select: %{fields: fields}} = query, name) do
    Enum.find_value(fields, fn
      {^name, expr} -> {:ok, expr}
      _other -> nil
    end)
    |> case do
      {:ok, expr} -> expr
      nil -> error!(query, "selected_as(#{inspect(name)}) is not in the select clause")
    end
  end

  defp interval(function, operand, count, unit, sources, query) do
    operand = operand(operand, sources, query)
    function.(operand, operand(count, sources, query), literal_number(count), unit, query)
  end

  defp literal_number(%Tagged{value: value}), do: literal_number(value)
  defp literal_number(count), do: if(is_number(count), do: count)
end
