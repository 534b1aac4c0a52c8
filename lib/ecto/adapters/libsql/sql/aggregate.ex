defmodule Ecto.Adapters.LibSql.SQL.Aggregate do
  @moduledoc false
  # Aggregates and window functions.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{ExactDecimal, Expr, Operands, Parameter, Scope}
  alias Ecto.Adapters.LibSql.SQL.Typing.Infer

  @aggregates ~w(count sum avg min max)a
  @functions @aggregates ++
               ~w(row_number rank dense_rank percent_rank cume_dist ntile)a ++
               ~w(lag lead first_value last_value nth_value)a

  @doc "The call of a function, nil where SQLite has none of that name."
  @spec call(term(), Scope.t()) :: Parameter.sql() | nil
  def call({:count, _, []}, _scope), do: "count(*)"

  def call({:count, _, [arg, :distinct]}, scope),
    do: ["count(DISTINCT ", Operands.key(arg, scope), ?)]

  # The collation decides which of two values is the smaller one.
  def call({function, _, [arg]}, scope) when function in [:min, :max],
    do: [Atom.to_string(function), ?(, Operands.collated(arg, scope), ?)]

  def call({function, _, [arg]}, scope) when function in @aggregates,
    do: [name(function, arg, scope), ?(, Expr.expr(arg, scope), ?)]

  def call({function, _, [arg, offset, default]} = call, scope) when function in [:lag, :lead] do
    type = Infer.of(call, scope)
    values = [Operands.value(arg, type, scope), ", ", Expr.expr(offset, scope), ", "]
    [Atom.to_string(function), ?(, values, Operands.value(default, type, scope), ?)]
  end

  def call({function, _, args}, scope) when function in @functions,
    do: [
      Atom.to_string(function),
      ?(,
      Enum.map_intersperse(args, ", ", &Expr.expr(&1, scope)),
      ?)
    ]

  def call(_other, _scope), do: nil

  defp name(function, arg, scope) do
    case {function, ExactDecimal.exact?(arg, scope)} do
      {:sum, true} -> "decimal_sum"
      {:avg, true} -> refuse_average!(scope)
      {function, _exact?} -> Atom.to_string(function)
    end
  end

  @spec refuse_average!(Scope.t()) :: no_return()
  defp refuse_average!(scope) do
    error!(
      scope.query,
      "exact decimals (decimal_type: :exact) have no average, because a quotient may have no last digit; select " <>
        "sum and count and divide them by Decimal.div/2, or use avg(type(x, :float))"
    )
  end
end
