defmodule Ecto.Adapters.LibSql.SQL.SelectedValue do
  @moduledoc false
  # The fields of a SELECT clause, in the form that whatever reads them takes: Ecto, which loads JSON and rounds
  # decimals itself; a query around this one, which compares the values; an expression or a table.

  alias Ecto.Adapters.LibSql.SQL.{Expr, Json, Operands, Parameter, Quote, Scope, Select}
  alias Ecto.Adapters.LibSql.SQL.Typing.{Decimal, Infer}

  @type sql :: Parameter.sql()

  @doc "Each field, under its name if it has one."
  @spec fields([term()], Scope.t()) :: [sql()]
  def fields(fields, %{types: types, json: json} = scope) do
    compared? = compared?(scope)
    fields(fields, types, json, compared?, scope)
  end

  defp fields([field | fields], [type | types], [], compared?, scope),
    do: [
      field(field, type, false, compared?, scope) | fields(fields, types, [], compared?, scope)
    ]

  defp fields([field | fields], [type | types], [json? | json], compared?, scope) do
    [field(field, type, json?, compared?, scope) | fields(fields, types, json, compared?, scope)]
  end

  defp fields([], [], _json, _compared?, _scope), do: []

  # Rows that are compared with each other, or whose values are compared or stored.
  defp compared?(%{output: :ecto, query: query}),
    do: query.combinations != [] or match?(%{expr: true}, query.distinct)

  defp compared?(_scope), do: true

  defp field({key, expr}, type, json?, compared?, scope) when is_atom(key),
    do: [field(expr, type, json?, compared?, scope), " AS " | Quote.name(key)]

  defp field({:&, _, [ix]}, _type, _json?, _compared?, scope), do: Select.refuse_whole!(ix, scope)

  defp field({:json_extract_path, _, [operand, path]}, _type, true, _compared?, scope),
    do: operand |> Expr.operand(scope) |> Json.fetch(path, &Expr.expr(&1, scope))

  # A column of JSON texts.
  defp field({{:., _, [{:&, _, [ix]}, field]}, _, []}, _type, true, _compared?, scope),
    do: Scope.column(scope, ix, field)

  defp field(expr, nil, _json?, _compared?, scope), do: Expr.expr(expr, scope)
  defp field(nil, _type, _json?, _compared?, _scope), do: "NULL"

  defp field(expr, type, _json?, compared?, scope) do
    if Infer.kind(type) == :decimal,
      do: decimal(expr, type, compared?, scope),
      else: Operands.value(expr, type, scope)
  end

  # As it is stored, with the collation by which it compares.
  defp decimal(expr, type, compared?, scope) do
    cond do
      not compared? -> Expr.expr(expr, scope)
      not exact?(type) or Scope.table_column?(expr, scope) -> Operands.stored(expr, type, scope)
      true -> expr |> Operands.stored(type, scope) |> Decimal.collated()
    end
  end

  defp exact?(_type), do: Ecto.Adapters.LibSql.Types.exact_decimals?()
end
