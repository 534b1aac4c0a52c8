defmodule Ecto.Adapters.LibSql.SQL.Typing.Decimal do
  @moduledoc false
  # Decimals travel as texts, which the affinity of a numeric column turns into numbers. A sum, a product or
  # what a sub-query selects may have no affinity, and beside it a text would be larger than any number.
  # There the text becomes a number by adding zero. With `decimal_type: :exact` the columns hold texts as
  # well, so that everything beside a computed number becomes one.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.SQL.{Expr, Sources}
  alias Ecto.Adapters.LibSql.SQL.Typing.Infer

  @arithmetic [:+, :-, :*, :/]
  @numbers [:count, :sum, :avg]
  @chosen [:min, :max, :coalesce]

  @doc "An operand that stands beside `other`."
  @spec operand(term(), term(), Sources.t(), map()) :: iodata()
  def operand(expr, other, sources, query) do
    if number?(expr, other, sources, query),
      do: number(expr, sources, query),
      else: Expr.operand(expr, sources, query)
  end

  @doc "The left side of IN with a list, whose columns lend it no affinity."
  @spec beside_list(term(), [term()], Sources.t(), map()) :: iodata()
  def beside_list(left, list, sources, query) do
    if value?(left) and Enum.any?(list, &decimal_type?(&1, sources, query)),
      do: number(left, sources, query),
      else: operand(left, Enum.find(list, &computed?(&1, sources, query)), sources, query)
  end

  @doc "A member of a list beside `left IN`, whose affinity counts for all of them."
  @spec member(term(), term(), Sources.t(), map()) :: iodata()
  def member(expr, left, sources, query) do
    if value?(expr) and computed?(left, sources, query),
      do: number(expr, sources, query),
      else: Expr.expr(expr, sources, query)
  end

  @doc "Whether an expression is a number without the affinity of a column."
  @spec computed?(term(), Sources.t(), map()) :: boolean()
  def computed?(expr, sources, query),
    do: arithmetic?(expr) or counted?(expr) or decimal?(expr, sources, query)

  @spec number(iodata()) :: iodata()
  def number(sql), do: [?(, sql, " + 0)"]

  defp number(expr, sources, query), do: expr |> Expr.operand(sources, query) |> number()

  defp number?({:^, [], [_ix]}, other, sources, query), do: computed?(other, sources, query)

  # A literal beside a decimal arrives as it is dumped.
  defp number?(literal, other, sources, query) when is_binary(literal),
    do: decimal?(other, sources, query)

  defp number?(expr, other, sources, query) do
    Types.exact_decimals?() and not arithmetic?(expr) and
      (computed?(expr, sources, query) or computed?(other, sources, query))
  end

  defp value?({:^, [], [_ix]}), do: true
  defp value?(literal), do: is_binary(literal)

  defp arithmetic?({op, _, [_, _]}), do: op in @arithmetic
  defp arithmetic?({:-, _, [_]}), do: true
  defp arithmetic?(_expr), do: false

  defp counted?({function, _, args}) when function in @numbers and is_list(args), do: true
  defp counted?({:filter, _, [aggregate, _]}), do: counted?(aggregate)
  defp counted?({:over, _, [function, _]}), do: counted?(function)
  defp counted?(_expr), do: false

  # A column of a table keeps its affinity, and its index.
  defp decimal?({{:., _, [{:&, _, [ix]}, _field]}, _, []} = field, sources, query),
    do: not Sources.table?(sources, ix) and decimal_type?(field, sources, query)

  defp decimal?({{:., _, [{:parent_as, _, [as]}, _field]}, _, []} = field, sources, query) do
    case Sources.parent(query, as) do
      {outer, ix} -> not Sources.table?(outer, ix) and decimal_type?(field, sources, query)
      nil -> false
    end
  end

  # So does what type/2 casts.
  defp decimal?(%Ecto.Query.Tagged{}, _sources, _query), do: false

  defp decimal?({function, _, args} = expr, sources, query) when function in @chosen,
    do: Enum.any?(args, &number_field?(&1, sources, query)) or decimal_type?(expr, sources, query)

  defp decimal?(expr, sources, query), do: decimal_type?(expr, sources, query)

  defp decimal_type?(expr, sources, query) do
    type = Infer.of(expr, sources, query)
    type != nil and Types.primitive(type) == :decimal
  end

  defp number_field?(expr, sources, query),
    do: expr |> Infer.of(sources, query) |> Types.numeric?()

  @doc "An expression to sort by: exact decimals that are no column do not sort by value by themselves."
  @spec sorted(term(), Sources.t(), map()) :: iodata()
  def sorted(expr, sources, query),
    do: expr |> Expr.expr(sources, query) |> sorted(expr, sources, query)

  @doc "The same, where `sql` stands for the expression."
  @spec sorted(iodata(), term(), Sources.t(), map()) :: iodata()
  def sorted(sql, expr, sources, query),
    do: if(decimal?(expr, sources, query), do: collated(sql, :decimal), else: sql)

  @doc "A column of this type, with the collation by which exact decimals compare."
  @spec collated(iodata(), term()) :: iodata()
  def collated(sql, type),
    do: if(Types.exact_decimal?(type), do: [sql, " COLLATE decimal"], else: sql)

  @doc "The arguments of coalesce: numbers all, if one is."
  @spec arguments([term()], Sources.t(), map()) :: [iodata()]
  def arguments(args, sources, query) do
    if Enum.any?(args, &number_field?(&1, sources, query)),
      do: Enum.map(args, &argument(&1, sources, query)),
      else: Enum.map(args, &Expr.expr(&1, sources, query))
  end

  defp argument({:^, [], [_ix]} = parameter, sources, query),
    do: number(parameter, sources, query)

  defp argument(nil, _sources, _query), do: "NULL"

  defp argument(expr, sources, query) do
    if Types.exact_decimals?(),
      do: number(expr, sources, query),
      else: Expr.expr(expr, sources, query)
  end
end
