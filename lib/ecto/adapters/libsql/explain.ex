defmodule Ecto.Adapters.LibSql.Explain do
  @moduledoc false
  # Repo.explain: the query plan as maps by default, the byte code with `type: :instructions`, either as
  # a table of text with `format: :text`. `analyze: true` runs the statement as well and adds what that cost.

  @options [:type, :format, :analyze, :wrap_in_transaction]

  @spec split(keyword()) :: {map(), keyword()}
  def split(opts) do
    {explain, rest} = Keyword.split(opts, @options)
    type = Keyword.get(explain, :type, :query_plan)
    format = Keyword.get(explain, :format, :map)

    unless type in [:query_plan, :instructions] do
      raise ArgumentError, "explain :type is :query_plan or :instructions, got: #{inspect(type)}"
    end

    unless format in [:map, :text] do
      raise ArgumentError, "explain :format is :map or :text, got: #{inspect(format)}"
    end

    analyze = Keyword.get(explain, :analyze, false)

    unless is_boolean(analyze) do
      raise ArgumentError, "explain :analyze is true or false, got: #{inspect(analyze)}"
    end

    {%{type: type, format: format, analyze: analyze}, rest}
  end

  @spec sql(iodata(), map()) :: iodata()
  def sql(sql, %{type: :query_plan}), do: ["EXPLAIN QUERY PLAN ", sql]
  def sql(sql, %{type: :instructions}), do: ["EXPLAIN ", sql]

  @doc "`costs` are those of the run, or nil."
  @spec present(EctoLibSql.Result.t(), map() | nil, map()) :: [map()] | String.t()
  def present(result, costs, %{format: :text}),
    do: Ecto.Adapters.SQL.format_table(result) <> costs_text(costs)

  def present(%{columns: columns, rows: rows}, costs, %{format: :map}),
    do: Enum.map(rows, &(columns |> Enum.zip(&1) |> Map.new())) ++ costs_map(costs)

  defp costs_text(nil), do: ""

  defp costs_text(costs),
    do: "\n" <> Enum.map_join(Enum.sort(costs), ", ", fn {name, value} -> "#{name}: #{value}" end)

  defp costs_map(nil), do: []
  defp costs_map(costs), do: [Map.new(costs, fn {name, value} -> {to_string(name), value} end)]
end
