defmodule Ecto.Adapters.LibSql.SQL.Operands do
  @moduledoc false
  # Expressions in the form in which SQLite compares, sorts, combines or stores them by their meaning. Which form that
  # is depends on the types that Typing.Infer finds; what has no type is left as SQLite has it. A column of a table
  # stays as it is wherever possible, so that its index serves.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Constant, Expr, Parameter, Quote, Scope}
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

      exact?(left, scope) or exact?(right, scope) ->
        {collated(left, right, scope), exact(right, left, scope)}

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
    sql = exact(left, right, scope)

    if exact_column?(left, scope) or exact_column?(right, scope),
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
      map?(expr, scope) -> map(expr, scope)
      exact?(expr, scope) or exact?(other, scope) -> exact(expr, other, scope)
      DateTime.convertible?(own, theirs) -> converted(expr, own, theirs, :keep, scope)
      true -> key(expr, scope, &Expr.operand/2)
    end
  end

  @doc "The left side of IN with a sub-query, which stays as it is."
  @spec member_of_query(term(), Ecto.SubQuery.t(), Scope.t()) :: sql()
  def member_of_query(left, subquery, scope) do
    if exact?(left, scope) or exact?(subquery, scope),
      do: collated(left, subquery, scope),
      else: adapted(left, subquery, scope)
  end

  @doc "The left side of IN, for members that adapt to it."
  @spec member_of_list(term(), [term()], Scope.t()) :: sql()
  def member_of_list(left, members, scope) do
    cond do
      Enum.any?([left | members], &exact?(&1, scope)) ->
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
      {nil, :decimal} -> decimal_text(text)
      {nil, _other} -> Expr.expr(text, scope)
      {form, _date_or_time} -> text |> DateTime.parameter(form) |> Quote.text()
    end
  end

  defp decimal_text(text) do
    case Elixir.Decimal.parse(text) do
      {%{coef: coef} = decimal, ""} when is_integer(coef) -> Decimal.literal(decimal)
      _no_number -> Quote.text(text)
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
    if exact?(expr, scope) and not Scope.table_column?(expr, scope),
      do: expr |> exact(scope) |> Decimal.collated(),
      else: Expr.expr(expr, scope)
  end

  ## Order, groups and distinct rows

  @doc "An expression to sort, group or tell rows apart by."
  @spec key(term(), Scope.t()) :: sql()
  def key(expr, scope), do: key(expr, scope, &Expr.expr/2)

  defp key(expr, scope, write) do
    cond do
      not decimal?(expr, scope) -> write.(expr, scope)
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
      kind == :decimal and Types.exact_decimals?() -> exact(expr, scope)
      form != nil -> date_time(expr, form, scope)
      kind == :decimal and value?(expr) -> decimal_value(expr)
      kind in [:integer, :float] and value?(expr) -> decimal_value(expr)
      true -> Expr.expr(expr, scope)
    end
  end

  defp decimal_value({:^, [], [ix]}), do: Parameter.parameter(ix, :decimal, :numeric)
  defp decimal_value(text), do: decimal_text(text)

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
      Types.exact_decimals?() -> exact(expr, scope)
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
        Decimal.exact(:+, column, exact(by, scope))

      true ->
        Decimal.rounded([column, " + " | Expr.operand(by, scope)])
    end
  end

  ## Exact decimals

  @doc "Whether an expression is a decimal, and decimals are kept as texts."
  @spec exact?(term(), Scope.t()) :: boolean()
  def exact?(expr, scope), do: Types.exact_decimals?() and decimal?(expr, scope)

  @spec decimal?(term(), Scope.t()) :: boolean()
  def decimal?(expr, scope), do: Infer.kind(Infer.of(expr, scope)) == :decimal

  defp exact_column?(expr, scope), do: Scope.table_column?(expr, scope) and decimal?(expr, scope)

  @doc "The text of an exact decimal. Refuses what would be a double on the way."
  @spec exact(term(), Scope.t()) :: sql()
  def exact({:^, [], [ix]}, _scope), do: Parameter.parameter(ix, :decimal)
  def exact(nil, _scope), do: "NULL"
  def exact(number, _scope) when is_number(number), do: Decimal.literal(number)
  def exact(text, _scope) when is_binary(text), do: decimal_text(text)

  def exact(%Tagged{value: number}, _scope) when is_number(number), do: Decimal.literal(number)

  def exact({:-, _, [arg]}, scope), do: Decimal.exact(:-, "'0'", exact(arg, scope))

  # Also that of integers, whose product may have more than 64 bits.
  def exact({op, _, [left, right]}, scope) when op in [:+, :-, :*],
    do: Decimal.exact(op, exact(left, scope), exact(right, scope))

  def exact({:coalesce, _, args}, scope),
    do: ["coalesce(", Enum.map_intersperse(args, ", ", &exact(&1, scope)), ?)]

  def exact(expr, scope) do
    case Infer.kind(Infer.of(expr, scope)) do
      :decimal -> Expr.expr(expr, scope)
      :integer -> ["CAST(", Expr.expr(expr, scope), " AS TEXT)"]
      other -> untyped_column(expr, scope) || refuse!(other, scope)
    end
  end

  # Which type it has, the table decides.
  defp untyped_column(expr, scope) do
    if Infer.of(expr, scope) == nil and Scope.table_column?(expr, scope),
      do: Expr.expr(expr, scope)
  end

  # The same, compared or calculated with `other`.
  defp exact({:^, [], [ix]}, other, scope) do
    {form, _wrap} = context(other, scope)
    Parameter.parameter(ix, form)
  end

  defp exact(expr, _other, scope), do: exact(expr, scope)

  @doc "Arithmetic of exact decimals, and nil where neither operand is one."
  @spec exact_arithmetic(atom(), term(), term(), Scope.t()) :: sql() | nil
  def exact_arithmetic(op, left, right, scope) do
    if exact?(left, scope) or exact?(right, scope) do
      Decimal.exact(op, exact(left, right, scope), exact(right, left, scope)) ||
        error!(
          scope.query,
          "exact decimals (decimal_type: :exact) are not divided, because a quotient may have no last digit; " <>
            "select both numbers and divide them by Decimal.div/2, or divide type(x, :float)"
        )
    end
  end

  @spec refuse!(term(), Scope.t()) :: no_return()
  defp refuse!(kind, scope) when kind in [nil, {:json, :value}] do
    error!(
      scope.query,
      "an expression without a type cannot be combined with an exact decimal (decimal_type: :exact); give it one, " <>
        "such as type(fragment(\"…\"), :decimal)"
    )
  end

  defp refuse!(kind, scope) do
    error!(
      scope.query,
      "a #{inspect(kind)} cannot be combined with an exact decimal (decimal_type: :exact), which would lose digits; " <>
        "convert one of them by type(x, :decimal) or type(x, :float)"
    )
  end
end
