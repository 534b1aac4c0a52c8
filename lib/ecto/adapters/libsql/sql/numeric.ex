defmodule Ecto.Adapters.LibSql.SQL.Numeric do
  @moduledoc false
  # Decimals travel as texts, which the affinity of a numeric column turns into numbers. A sum or a
  # product has no affinity, and beside it a text would be larger than any number. There the parameter
  # becomes a number by adding zero. With `decimal_type: :exact` the columns hold texts as well, so
  # that everything beside a computed number becomes one.

  alias Ecto.Adapters.LibSql.SQL.{Expr, Sources}
  alias Ecto.Adapters.LibSql.Types

  @arithmetic [:+, :-, :*, :/]
  @numbers [:count, :sum, :avg]
  @chosen [:min, :max, :coalesce]

  @doc "An operand that stands beside `other`."
  @spec operand(term(), term(), Sources.t(), map()) :: iodata()
  def operand({:^, [], [_ix]} = parameter, other, sources, query) do
    if computed?(other, sources),
      do: number(parameter, sources, query),
      else: Expr.expr(parameter, sources, query)
  end

  def operand(expr, other, sources, query) do
    if Types.exact_decimals?() and (computed?(expr, sources) or computed?(other, sources)) and
         not arithmetic?(expr),
       do: number(expr, sources, query),
       else: Expr.operand(expr, sources, query)
  end

  defp arithmetic?({op, _, [_, _]}), do: op in @arithmetic
  defp arithmetic?(_expr), do: false

  defp number(expr, sources, query), do: [?(, Expr.operand(expr, sources, query), " + 0)"]

  @doc "The arguments of coalesce: numbers all, if one is."
  @spec arguments([term()], Sources.t(), map()) :: [iodata()]
  def arguments(args, sources, query) do
    number = Enum.find(args, &(field?(&1, sources) or computed?(&1, sources)))

    if number,
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

  # Surely a number, and no column, which would have an affinity.
  defp computed?({op, _, [_, _]}, _sources) when op in @arithmetic, do: true

  defp computed?({function, _, args}, _sources) when function in @numbers and is_list(args),
    do: true

  defp computed?({:filter, _, [aggregate, _]}, sources), do: computed?(aggregate, sources)
  defp computed?({:over, _, [function, _]}, sources), do: computed?(function, sources)

  defp computed?({function, _, args}, sources) when function in @chosen,
    do: Enum.any?(args, &(field?(&1, sources) or computed?(&1, sources)))

  defp computed?(_other, _sources), do: false

  defp field?({{:., _, [{:&, _, [ix]}, field]}, _, []}, sources),
    do: Types.numeric?(Sources.type(sources, ix, field))

  defp field?(_other, _sources), do: false
end
