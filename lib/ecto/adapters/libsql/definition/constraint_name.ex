defmodule Ecto.Adapters.LibSql.Definition.ConstraintName do
  @moduledoc false
  # The name of a constraint over certain columns in a CREATE TABLE. SQLite itself uses only the names of
  # checks.

  alias Ecto.Adapters.LibSql.Definition
  alias Ecto.Adapters.LibSql.Definition.Tokenizer

  @type kind :: :unique | :primary_key | :foreign_key

  @at_column %{unique: "UNIQUE", primary_key: "PRIMARY", foreign_key: "REFERENCES"}
  @at_table %{unique: "UNIQUE", primary_key: "PRIMARY", foreign_key: "FOREIGN"}

  @spec find(String.t(), kind(), [String.t()]) :: String.t() | nil
  def find(create_table, kind, columns) do
    columns = Enum.map(columns, &String.downcase/1)
    Enum.find_value(Definition.Table.parse(create_table).items, &in_item(&1, kind, columns))
  end

  defp in_item(%{kind: :column, name: name, tokens: tokens}, kind, [name]) do
    [_name | rest] = Enum.reject(tokens, &match?({:space, _}, &1))
    Enum.find_value(clauses(rest, nil), &(elem(&1, 0) == @at_column[kind] && elem(&1, 1)))
  end

  defp in_item(%{kind: :constraint, tokens: tokens}, kind, columns) do
    tokens
    |> Enum.reject(&match?({:space, _}, &1))
    |> clauses(nil)
    |> Enum.find_value(fn {word, name, rest} ->
      word == @at_table[kind] && name && listed(rest) == columns && name
    end)
  end

  defp in_item(_other_column, _kind, _columns), do: nil

  # Each word outside parentheses, with the constraint name before it and the tokens after it.
  defp clauses([], _name), do: []

  defp clauses([{:punct, "("} | _] = tokens, _name),
    do: tokens |> Tokenizer.group() |> elem(1) |> clauses(nil)

  defp clauses([token | rest], name) do
    case {Tokenizer.keyword(token), rest} do
      {"CONSTRAINT", [given | rest]} -> clauses(rest, as_written(given))
      {word, rest} -> [{word, name, rest} | clauses(rest, nil)]
    end
  end

  # With its case, unlike Tokenizer.name/1: it is compared with the names in changesets.
  defp as_written({:word, text}), do: text
  defp as_written({_quoted, "[" <> text}), do: String.slice(text, 0..-2//1)

  defp as_written({_quoted, <<q::binary-size(1), _::binary>> = text}),
    do: text |> String.slice(1..-2//1) |> String.replace(q <> q, q)

  # The names in the first parentheses.
  defp listed(tokens) do
    {group, _rest} = tokens |> Enum.drop_while(&(&1 != {:punct, "("})) |> Tokenizer.group()

    for [first | _] <- group |> Enum.slice(1..-2//1) |> Tokenizer.split(),
        do: Tokenizer.name(first)
  end
end
