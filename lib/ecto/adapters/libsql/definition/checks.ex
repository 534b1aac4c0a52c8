defmodule Ecto.Adapters.LibSql.Definition.Checks do
  @moduledoc false
  # The CHECK constraints of a definition, each by itself: SQLite reports the first that a row breaks, and a
  # PRAGMA ignores all of them or none.

  alias Ecto.Adapters.LibSql.Definition
  alias Ecto.Adapters.LibSql.Definition.Tokenizer

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
end
