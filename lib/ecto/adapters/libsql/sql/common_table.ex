defmodule Ecto.Adapters.LibSql.SQL.CommonTable do
  @moduledoc false
  # WITH: common table expressions.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Fragment, Parameter, Quote, Scope, Select}
  alias Ecto.Adapters.LibSql.SQL.Typing.Sources

  @spec clause(Scope.t()) :: Parameter.sql()
  def clause(%{query: %{with_ctes: %{queries: [_ | _] = queries} = ctes}} = scope) do
    recursive = if Map.get(ctes, :recursive), do: "RECURSIVE ", else: []
    ["WITH ", recursive, Enum.map_intersperse(queries, ", ", &table(&1, scope)), ?\s]
  end

  def clause(_scope), do: []

  defp table({name, body}, scope), do: table({name, %{}, body}, scope)

  defp table({name, %{operation: operation}, _body}, scope)
       when operation in [:update_all, :delete_all, :insert_all] do
    error!(
      scope.query,
      "SQLite has no data-modifying CTE; run the #{operation} of #{inspect(name)} on its own"
    )
  end

  defp table({name, opts, body}, scope) do
    hint =
      case opts[:materialized] do
        nil -> []
        true -> "MATERIALIZED "
        false -> "NOT MATERIALIZED "
      end

    [Quote.name(name), " AS ", hint, body(name, body, scope)]
  end

  defp body(name, %Ecto.Query{} = body, scope),
    do: [?(, name |> Sources.common_table(body, scope) |> Select.query(), ?)]

  defp body(_name, %Ecto.Query.QueryExpr{expr: {:fragment, _, _} = body}, scope),
    do: Fragment.body(body, scope)
end
