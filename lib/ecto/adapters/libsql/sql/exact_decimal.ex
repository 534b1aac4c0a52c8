defmodule Ecto.Adapters.LibSql.SQL.ExactDecimal do
  @moduledoc false
  # Expressions with `decimal_type: :exact`, as texts of all their digits. Functions of the driver add, subtract and
  # multiply them. What would be a double on the way is refused when the query is prepared.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Expr, Parameter, Scope}
  alias Ecto.Adapters.LibSql.SQL.Typing.{Decimal, Infer}
  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Query.Tagged

  @type sql :: Parameter.sql()

  @doc "Whether an expression is a decimal, and decimals are kept as texts."
  @spec exact?(term(), Scope.t()) :: boolean()
  def exact?(expr, scope), do: Types.exact_decimals?() and decimal?(expr, scope)

  @spec decimal?(term(), Scope.t()) :: boolean()
  def decimal?(expr, scope), do: Infer.kind(Infer.of(expr, scope)) == :decimal

  @doc "Whether an expression is a column of decimals of a table, which has their collation."
  @spec column?(term(), Scope.t()) :: boolean()
  def column?(expr, scope), do: Scope.table_column?(expr, scope) and decimal?(expr, scope)

  @doc "An expression that is compared or calculated with `other`."
  @spec text(term(), term(), Scope.t()) :: sql()
  def text({:^, [], [ix]}, other, scope) do
    form = if Infer.kind(Infer.ecto(other, scope)) != :decimal, do: :decimal
    Parameter.parameter(ix, form)
  end

  def text(expr, _other, scope), do: text(expr, scope)

  @doc "An expression."
  @spec text(term(), Scope.t()) :: sql()
  def text({:^, [], [ix]}, _scope), do: Parameter.parameter(ix, :decimal)
  def text(nil, _scope), do: "NULL"
  def text(number, _scope) when is_number(number), do: Decimal.literal(number)
  def text(text, _scope) when is_binary(text), do: Decimal.text(text)
  def text(%Tagged{value: number}, _scope) when is_number(number), do: Decimal.literal(number)
  def text({:-, _, [arg]}, scope), do: Decimal.exact(:-, "'0'", text(arg, scope))

  # Also that of integers, whose product may have more than 64 bits.
  def text({op, _, [left, right]}, scope) when op in [:+, :-, :*],
    do: Decimal.exact(op, text(left, scope), text(right, scope))

  def text({:coalesce, _, args}, scope),
    do: ["coalesce(", Enum.map_intersperse(args, ", ", &text(&1, scope)), ?)]

  def text(expr, scope) do
    case Infer.kind(Infer.of(expr, scope)) do
      :decimal -> Expr.expr(expr, scope)
      :integer -> ["CAST(", Expr.expr(expr, scope), " AS TEXT)"]
      other -> untyped_column(expr, scope) || refuse!(other, scope)
    end
  end

  # Only the table knows whether the column holds decimals.
  defp untyped_column(expr, scope) do
    if Infer.of(expr, scope) == nil and Scope.table_column?(expr, scope),
      do: Expr.expr(expr, scope)
  end

  @doc "Arithmetic of exact decimals, and nil where neither operand is one."
  @spec arithmetic(atom(), term(), term(), Scope.t()) :: sql() | nil
  def arithmetic(op, left, right, scope) do
    if exact?(left, scope) or exact?(right, scope) do
      Decimal.exact(op, text(left, right, scope), text(right, left, scope)) ||
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
