defmodule Ecto.Adapters.LibSql.SQL.Operands do
  @moduledoc false
  # Expressions in the form in which SQLite compares, sorts, combines or stores them by their meaning. Which form that
  # is depends on the types that Typing.Infer finds; what has no type is left as SQLite has it. A column of a table
  # stays as it is wherever possible, so that its index serves.

  alias Ecto.Adapters.LibSql.SQL.{Constant, ExactDecimal, Expr, Parameter, Quote, Scope}
  alias Ecto.Adapters.LibSql.SQL.Typing.{DateTime, Decimal, Infer, Uuid}
  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Query.Tagged

  @type sql :: Parameter.sql()
  @arithmetic [:+, :-, :*, :/]
  @plain [:id, :integer, :string, :boolean, :float, :binary]

  ## Comparison

  @doc "Both operands of a comparison."
  @spec pair(term(), term(), Scope.t()) :: {sql(), sql()}
  def pair(left, right, scope) do
    cond do
      plain?(left, right, scope) or plain?(right, left, scope) ->
        {Expr.operand(left, scope), Expr.operand(right, scope)}

      map?(left, scope) or map?(right, scope) ->
        {map(left, scope), map(right, scope)}

      ExactDecimal.exact?(left, scope) or ExactDecimal.exact?(right, scope) ->
        {collated(left, right, scope), ExactDecimal.text(right, left, scope)}

      true ->
        {compared(left, right, scope), compared(right, left, scope)}
    end
  end

  # Most comparisons: of a column whose type has one form with a value that Ecto dumps by that type.
  defp plain?(column, {:^, [], [_ix]}, scope), do: plain_column?(column, scope)

  defp plain?(column, value, scope)
       when is_number(value) or is_boolean(value) or is_binary(value),
       do: plain_column?(column, scope)

  defp plain?(_column, _value, _scope), do: false

  defp plain_column?({{:., _, [{:&, _, [ix]}, field]}, _, []} = column, scope),
    do: Scope.table_column?(column, scope) and Scope.types(scope, ix, field).ecto in @plain

  defp plain_column?(_expr, _scope), do: false

  @doc "An exact decimal on the left of a comparison with `right`. The collation of a column counts on either side."
  @spec collated(term(), term(), Scope.t()) :: sql()
  def collated(left, right, scope) do
    sql = ExactDecimal.text(left, right, scope)

    if ExactDecimal.column?(left, scope) or ExactDecimal.column?(right, scope),
      do: sql,
      else: Decimal.collated(sql)
  end

  # An operand whose counterpart is `other`, which adapts to it in turn.
  defp compared(expr, other, scope) do
    own = form(expr, scope)
    theirs = form(other, scope)

    if value?(expr) or rank(expr, own, scope) < rank(other, theirs, scope),
      do: adapted(expr, other, scope),
      else: key(expr, scope, &Expr.operand/2)
  end

  @doc "An operand whose counterpart is `other`, which stays as it is."
  @spec adapted(term(), term(), Scope.t()) :: sql()
  def adapted({:^, [], [ix]}, other, scope) do
    {form, wrap} = context(other, scope)
    Parameter.parameter(ix, form, wrap)
  end

  def adapted(text, other, scope) when is_binary(text), do: text(text, other, scope)

  def adapted(expr, other, scope) do
    own = form(expr, scope)
    theirs = form(other, scope)

    cond do
      map?(expr, scope) ->
        map(expr, scope)

      ExactDecimal.exact?(expr, scope) or ExactDecimal.exact?(other, scope) ->
        ExactDecimal.text(expr, other, scope)

      DateTime.convertible?(own, theirs) ->
        converted(expr, own, theirs, :keep, scope)

      true ->
        key(expr, scope, &Expr.operand/2)
    end
  end

  @doc "The left side of IN with a sub-query, which stays as it is."
  @spec member_of_query(term(), Ecto.SubQuery.t(), Scope.t()) :: sql()
  def member_of_query(left, subquery, scope) do
    if ExactDecimal.exact?(left, scope) or ExactDecimal.exact?(subquery, scope),
      do: collated(left, subquery, scope),
      else: adapted(left, subquery, scope)
  end

  @doc "The left side of IN, for members that adapt to it."
  @spec member_of_list(term(), [term()], Scope.t()) :: sql()
  def member_of_list(left, members, scope) do
    cond do
      Enum.any?([left | members], &ExactDecimal.exact?(&1, scope)) ->
        collated(left, left, scope)

      map?(left, scope) ->
        map(left, scope)

      value?(left) ->
        adapted(left, Enum.find(members, &Infer.of(&1, scope)) || hd(members), scope)

      true ->
        key(left, scope, &Expr.operand/2)
    end
  end

  @doc "How a parameter is bound and written that is compared with `other`."
  @spec context(term(), Scope.t()) :: {Parameter.form(), Parameter.wrap()}
  def context(other, scope) do
    stored = Infer.kind(Infer.of(other, scope))
    ecto = Infer.kind(Infer.ecto(other, scope))
    form = DateTime.form(stored)

    cond do
      form != nil -> {if(DateTime.form(ecto) != form, do: {:date_time, form}), nil}
      Uuid.bytes?(stored) -> {if(ecto != stored, do: :uuid_bytes), nil}
      stored == :decimal -> decimal(other, ecto, scope)
      stored in [:integer, :float] and ecto == nil -> {:decimal, :numeric}
      map?(stored) -> {nil, :canonical}
      true -> {nil, nil}
    end
  end

  @doc "A parameter of a fragment that is compared with `other`: Ecto dumps it without a type."
  @spec untyped(non_neg_integer(), term(), Scope.t()) :: sql()
  def untyped(ix, other, scope) do
    stored = Infer.kind(Infer.of(other, scope))
    form = DateTime.form(stored)

    cond do
      form != nil -> Parameter.parameter(ix, {:date_time, form})
      Uuid.bytes?(stored) -> Parameter.parameter(ix, :uuid_bytes)
      true -> Parameter.parameter(ix)
    end
  end

  # A text compared with a column of decimals becomes a number. Nothing else converts it.
  defp decimal(other, ecto, scope) do
    form = if ecto != :decimal, do: :decimal

    if Types.exact_decimals?() or (form == nil and Scope.table_column?(other, scope)),
      do: {form, nil},
      else: {form, :numeric}
  end

  # A text written out, which is in the form that Ecto dumps if it knows the type.
  defp text(text, other, scope) do
    case {form(other, scope), Infer.kind(Infer.of(other, scope))} do
      {nil, :decimal} -> Decimal.text(text)
      {nil, _other} -> Expr.expr(text, scope)
      {form, _date_or_time} -> text |> DateTime.parameter(form) |> Quote.text()
    end
  end

  defp value?({:^, [], [_ix]}), do: true
  defp value?(literal), do: is_binary(literal)

  # The expression with the lower rank is converted.
  defp rank(_expr, nil, _scope), do: 0
  defp rank(%Ecto.SubQuery{}, form, _scope), do: 30 + DateTime.rank(form)

  defp rank(expr, form, scope) do
    column = if Scope.table_column?(expr, scope), do: 20, else: 10
    column + DateTime.rank(form)
  end

  defp form(expr, scope), do: expr |> Infer.of(scope) |> Infer.kind() |> DateTime.form()

  defp map?(expr, scope), do: expr |> Infer.of(scope) |> Infer.kind() |> map?()

  defp map?({:map, _}), do: true
  defp map?(kind), do: kind == :map

  defp map(expr, scope), do: expr |> Expr.operand(scope) |> Parameter.wrap(:canonical)

  defp converted(expr, from, to, rest, scope) do
    sql = Expr.operand(expr, scope)
    convert = &DateTime.convert(&1, from, to, rest)

    if match?({:datetime_add, _, _}, expr) and Constant.constant?(expr),
      do: Constant.once(sql, convert),
      else: convert.(sql)
  end

  @doc "What datetime_add/3 adds to: a parameter has as many digits as the interval may need."
  @spec added_to(term(), Scope.t()) :: sql()
  def added_to({:^, [], [ix]}, _scope), do: Parameter.parameter(ix, {:date_time, {:naive, 6}})
  def added_to(operand, scope), do: Expr.operand(operand, scope)

  @doc "An argument of min or max, which compare by its collation."
  @spec collated(term(), Scope.t()) :: sql()
  def collated(expr, scope) do
    if ExactDecimal.exact?(expr, scope) and not Scope.table_column?(expr, scope),
      do: expr |> ExactDecimal.text(scope) |> Decimal.collated(),
      else: Expr.expr(expr, scope)
  end

  ## Order, groups and distinct rows

  @doc "An expression to sort, to group or to find distinct rows by."
  @spec key(term(), Scope.t()) :: sql()
  def key(expr, scope), do: key(expr, scope, &Expr.expr/2)

  defp key(expr, scope, write) do
    cond do
      not ExactDecimal.decimal?(expr, scope) -> write.(expr, scope)
      not Types.exact_decimals?() -> rounded(expr, scope, write)
      true -> collated(expr, scope)
    end
  end

  defp rounded(expr, scope, write) do
    sql = write.(expr, scope)
    if computed?(expr, scope), do: Decimal.rounded(sql), else: sql
  end

  # Whether a number may have digits beyond the fifteenth. What sub-queries select does not.
  defp computed?({op, _, [_, _]}, _scope) when op in @arithmetic, do: true
  defp computed?({function, _, _}, _scope) when function in [:sum, :avg, :fragment], do: true
  defp computed?(%Tagged{value: value}, scope), do: computed?(value, scope)

  defp computed?({:selected_as, _, [name]}, scope),
    do: scope |> Scope.selected!(name) |> computed?(scope)

  defp computed?({function, _, [arg | _]}, scope) when function in [:filter, :over],
    do: computed?(arg, scope)

  defp computed?({{:., _, _}, _, []}, _scope), do: false
  defp computed?({:json_extract_path, _, _}, _scope), do: false

  defp computed?({_function, _, args}, scope) when is_list(args),
    do: Enum.any?(args, &computed?(&1, scope))

  defp computed?(_value, _scope), do: false

  ## Values of a type

  @doc "An expression as one of several values of a type: an argument of coalesce, a column of a union."
  @spec value(term(), term(), Scope.t()) :: sql()
  def value(nil, _type, _scope), do: "NULL"

  def value(expr, type, scope) do
    kind = Infer.kind(type)
    form = DateTime.form(kind)

    cond do
      kind == :decimal and Types.exact_decimals?() -> ExactDecimal.text(expr, scope)
      form != nil -> date_time(expr, form, scope)
      kind == :decimal and value?(expr) -> decimal_value(expr)
      kind in [:integer, :float] and value?(expr) -> decimal_value(expr)
      true -> Expr.expr(expr, scope)
    end
  end

  defp decimal_value({:^, [], [ix]}), do: Parameter.parameter(ix, :decimal, :numeric)
  defp decimal_value(text), do: Decimal.text(text)

  defp date_time({:^, [], [ix]}, form, _scope), do: Parameter.parameter(ix, {:date_time, form})

  defp date_time(text, form, _scope) when is_binary(text),
    do: text |> DateTime.parameter(form) |> Quote.text()

  defp date_time(expr, form, scope) do
    own = form(expr, scope)

    if DateTime.convertible?(own, form),
      do: converted(expr, own, form, :cut, scope),
      else: Expr.expr(expr, scope)
  end

  @doc "An expression in the form in which a column of a type stores it."
  @spec stored(term(), term(), Scope.t()) :: sql()
  # Ecto dumps these by the column's type.
  def stored({:^, [], [_ix]} = parameter, _type, scope), do: Expr.expr(parameter, scope)
  def stored(text, _type, scope) when is_binary(text), do: Expr.expr(text, scope)
  def stored(nil, _type, _scope), do: "NULL"

  def stored(expr, type, scope) do
    cond do
      Infer.kind(type) != :decimal -> value(expr, type, scope)
      Types.exact_decimals?() -> ExactDecimal.text(expr, scope)
      true -> rounded(expr, scope, &Expr.expr/2)
    end
  end

  @doc "What an increment stores in a column of a type."
  @spec incremented(sql(), term(), term(), Scope.t()) :: sql()
  def incremented(column, by, type, scope) do
    cond do
      Infer.kind(type) != :decimal ->
        [column, " + " | Expr.operand(by, scope)]

      Types.exact_decimals?() ->
        Decimal.exact(:+, column, ExactDecimal.text(by, scope))

      true ->
        Decimal.rounded([column, " + " | Expr.operand(by, scope)])
    end
  end
end
