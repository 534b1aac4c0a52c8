defmodule Ecto.Adapters.LibSql.Explain do
  @moduledoc false
  # Repo.explain: the query plan as maps by default, the byte code with `type: :instructions`, either as
  # a table of text with `format: :text`.

  @options [:type, :format, :wrap_in_transaction]

  @spec split(keyword()) :: {keyword(), keyword()}
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

    {[type: type, format: format], rest}
  end

  @spec sql(iodata(), keyword()) :: iodata()
  def sql(sql, type: :query_plan, format: _), do: ["EXPLAIN QUERY PLAN ", sql]
  def sql(sql, type: :instructions, format: _), do: ["EXPLAIN ", sql]

  @spec present(EctoLibSql.Result.t(), keyword()) :: [map()] | String.t()
  def present(result, type: _, format: :text), do: Ecto.Adapters.SQL.format_table(result)

  def present(%{columns: columns, rows: rows}, type: _, format: :map),
    do: Enum.map(rows, &(columns |> Enum.zip(&1) |> Map.new()))
end
