defmodule Ecto.Adapters.LibSql.SQL.Expr do
  @moduledoc false
  # Expressions of a query. Each construct that SQLite can express has its clause; the last clause raises, naming what
  # it got. Operands of comparisons, and whatever else needs a common form of its values, are written by Operands.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{
    ExactDecimal,
    Aggregate,
    Constant,
    Array,
    Fragment,
    Interval,
    Json,
    Literal,
    Operands,
    Operators,
    Parameter,
    Quote,
    Scope,
    Select,
    Window
  }

  alias Ecto.Adapters.LibSql.SQL.Typing.{Infer, Sources, Uuid}
  alias Ecto.Query.Tagged

  @type sql :: Parameter.sql()

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
  @comparisons [:==, :!=, :<=, :>=, :<, :>]
  @arithmetic [:+, :-, :*, :/]
  @needs_parens Map.keys(@operators) ++ [:in, :is_nil, :not, :like, :ilike]

  @spec expr(term(), Scope.t()) :: sql()
  def expr({:^, [], [ix]}, _scope), do: Parameter.parameter(ix)

  def expr({{:., _, [{:parent_as, _, [as]}, field]}, _, []}, scope)
      when is_atom(field) or is_binary(field) do
    {scope, ix} = Scope.outer!(scope, as)
    field(scope, ix, field)
  end

  def expr({{:., _, [{:&, _, [ix]}, field]}, _, []}, scope)
      when is_atom(field) or is_binary(field),
      do: field(scope, ix, field)

  def expr({:in, _, [left, right]}, scope), do: Operators.member(left, right, scope)

  def expr({op, _, [left, {quantifier, _, [%Ecto.SubQuery{} = subquery]}]}, scope)
      when op in @comparisons and quantifier in [:any, :all],
      do: Operators.quantified(op, quantifier, left, subquery, scope)

  def expr({op, _, [array, list]}, scope) when op in [:==, :!=] and is_list(list),
    do: Array.compare(op, array, list, scope)

  def expr({op, _, [list, array]}, scope) when op in [:==, :!=] and is_list(list),
    do: Array.compare(op, array, list, scope)

  def expr({op, _, [left, right]} = expr, scope) when op in [:==, :!=] do
    cond do
      value?(right) and Uuid.both_forms?(left, scope) -> member([right], left, op, scope)
      value?(left) and Uuid.both_forms?(right, scope) -> member([left], right, op, scope)
      true -> comparison(expr, scope)
    end
  end

  def expr({op, _, [_, _]} = expr, scope) when op in @comparisons, do: comparison(expr, scope)

  def expr({op, _, [left, right]}, scope) when op in @arithmetic do
    ExactDecimal.arithmetic(op, left, right, scope) ||
      [operand(left, scope), @operators[op] | operand(right, scope)]
  end

  def expr({op, _, [left, right]}, scope) when op in [:and, :or],
    do: [operand(left, scope), @operators[op] | operand(right, scope)]

  def expr({like, _, [left, right]}, scope) when like in [:like, :ilike],
    do: Operators.like(like, left, right, scope)

  # A NULL primary key means that an outer join found no row.
  def expr({function, meta, [{:&, _, [ix]} | rest]}, scope) when function in [:count, :is_nil],
    do: expr({function, meta, [Scope.key!(scope, ix) | rest]}, scope)

  def expr({:is_nil, _, [arg]}, scope), do: [operand(arg, scope) | " IS NULL"]
  def expr({:not, _, [arg]}, scope), do: ["NOT (", expr(arg, scope), ?)]

  def expr({:-, _, [arg]}, scope) do
    if ExactDecimal.exact?(arg, scope),
      do: ExactDecimal.arithmetic(:-, 0, arg, scope),
      else: ["(- ", operand(arg, scope), ?)]
  end

  def expr({:exists, _, [%Ecto.SubQuery{} = subquery]}, scope),
    do: ["EXISTS " | expr(subquery, scope)]

  def expr(%Ecto.SubQuery{query: query}, scope),
    do: [?(, query |> Sources.inside(scope) |> Select.query(), ?)]

  def expr({:fragment, _, _} = fragment, scope), do: Fragment.fragment(fragment, scope)

  def expr({kind, _, _} = part, scope) when kind in [:identifier, :constant, :splice],
    do: Fragment.part(part, scope)

  def expr({:values, _, [types, ix, rows]}, scope), do: Literal.values(types, ix, rows, scope)

  def expr({:selected_as, _, [name]}, scope),
    do: [?(, scope |> Scope.selected!(name) |> expr(scope), ?)]

  def expr({:datetime_add, _, [operand, count, unit]}, scope),
    do:
      interval(
        &Interval.datetime_add/3,
        operand,
        Operands.added_to(operand, scope),
        count,
        unit,
        scope
      )

  def expr({:date_add, _, [operand, count, unit]}, scope),
    do: interval(&Interval.date_add/3, operand, operand(operand, scope), count, unit, scope)

  def expr({:json_extract_path, _, [operand, path]}, scope),
    do: operand |> operand(scope) |> Json.extract(path, &expr(&1, scope))

  def expr({:filter, _, [aggregate, filter]}, scope),
    do: [expr(aggregate, scope), " FILTER (WHERE ", expr(filter, scope), ?)]

  def expr({:over, _, [function, window]}, scope),
    do: [expr(function, scope), " OVER " | Window.reference(window, scope)]

  def expr({:{}, _, elements}, scope),
    do: [?(, Enum.map_intersperse(elements, ", ", &expr(&1, scope)), ?)]

  def expr({:coalesce, _, args} = expr, scope) do
    type = Infer.of(expr, scope)
    ["coalesce(", Enum.map_intersperse(args, ", ", &Operands.value(&1, type, scope)), ?)]
  end

  def expr(%Tagged{value: value, type: type}, scope), do: Literal.tagged(value, type, scope)

  # Literals compared with a field of a schema arrive as its type dumps them.
  def expr({:blob, bytes}, _scope) when is_binary(bytes), do: Quote.blob(bytes)

  def expr(list, scope) when is_list(list), do: Array.build(list, nil, scope)

  def expr(literal, scope)
      when is_binary(literal) or is_number(literal) or is_boolean(literal) or is_nil(literal) or
             is_struct(literal),
      do: Literal.literal(literal, scope)

  def expr({function, _, args} = call, scope) when is_atom(function) and is_list(args) do
    Aggregate.call(call, scope) ||
      error!(
        scope.query,
        "#{function}/#{length(args)} cannot be expressed in SQLite; use a fragment"
      )
  end

  def expr(other, scope), do: error!(scope.query, "unsupported expression: #{inspect(other)}")

  # A column of JSON texts, which a path was selected as: here its scalar is meant.
  defp field(scope, ix, field) do
    column = Scope.column(scope, ix, field)

    case Scope.source(scope, ix).columns do
      %{^field => %{stored: {:json, :value}}} -> ["json_extract(", column, ", '$')"]
      _other -> column
    end
  end

  defp comparison({op, _, [left, right]}, scope) do
    {left, right} = Operands.pair(left, right, scope)
    [left, @operators[op] | right]
  end

  # Equality with a UUID in both of its forms.
  defp member(values, field, :==, scope), do: Operators.member(field, values, scope)
  defp member(values, field, :!=, scope), do: ["NOT (", member(values, field, :==, scope), ?)]

  defp value?({:^, [], [_ix]}), do: true
  defp value?(%Tagged{value: value}), do: value?(value)
  defp value?(text), do: is_binary(text)

  @doc "An expression as an operand: in parentheses where it is an operator itself."
  @spec operand(term(), Scope.t()) :: sql()
  def operand({op, _, [_ | _]} = expr, scope) when op in @needs_parens,
    do: [?(, expr(expr, scope), ?)]

  def operand(expr, scope), do: expr(expr, scope)

  defp interval(function, operand, sql, count, unit, scope) do
    function.(
      %{
        operand: sql,
        count: operand(count, scope),
        number: Constant.number(count),
        constant?: Constant.constant?(operand) and Constant.constant?(count)
      },
      unit,
      scope.query
    )
  end
end
