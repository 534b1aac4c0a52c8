defmodule Ecto.Adapters.LibSql.Definition.Checks do
  @moduledoc false
  # The CHECK constraints of a definition, each by itself: SQLite stops at the first that a row breaks, and
  # ignores all of them or none.

  alias Ecto.Adapters.LibSql.{Catalog, Definition}
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.SQL.Quote

  @type check :: %{name: String.t() | nil, expression: String.t()}

  @spec all(Definition.Table.t()) :: [check()]
  def all(%Definition.Table{items: items}), do: Enum.flat_map(items, &of/1)

  defp of(%{kind: :column, tokens: tokens}) do
    for %{kind: :check, name: name, text: text} <- Definition.Column.parse(tokens).clauses,
        do: %{name: name, expression: text |> Tokenizer.scan() |> expression()}
  end

  defp of(%{kind: :constraint, name: name, tokens: tokens}) do
    if Enum.any?(tokens, &(Tokenizer.keyword(&1) == "CHECK")),
      do: [%{name: name, expression: expression(tokens)}],
      else: []
  end

  defp expression(tokens) do
    {group, _rest} = tokens |> Enum.drop_while(&(&1 != {:punct, "("})) |> Tokenizer.group()
    group |> Enum.slice(1..-2//1) |> Tokenizer.text() |> String.trim()
  end

  @doc "Those that rows of `table`, a quoted name, break. It answers to `name`, which expressions may use."
  @spec broken([check()], Ecto.Adapter.adapter_meta(), iodata(), String.t()) :: [check()]
  def broken(checks, meta, table, name) do
    Enum.filter(checks, fn check ->
      # The line ends what may be a comment at the end of the expression.
      condition = [" WHERE NOT (", check.expression, "\n) LIMIT 1"]
      Catalog.rows(meta, ["SELECT 1 FROM ", table, " AS ", Quote.name(name) | condition]) != []
    end)
  end
end
