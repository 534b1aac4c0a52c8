defmodule Ecto.Adapters.LibSql.Definition.ColumnReferences do
  @moduledoc false
  # Which columns an expression or a list of a stored definition refers to. The names of functions, collations,
  # types and constraints are not column references, nor are keywords, whatever columns are called.

  alias Ecto.Adapters.LibSql.Definition.Tokenizer

  # Keywords that are never names unless they are quoted. SQLite reads its others as names where the grammar has
  # no keyword.
  @reserved ~w(AND BETWEEN CASE CHECK CONSTRAINT DEFAULT DISTINCT ELSE ESCAPE EXISTS FOREIGN FROM IN IS ON
               OR PRIMARY REFERENCES SELECT THEN UNIQUE WHEN WHERE)
  @values ~w(NULL ISNULL NOTNULL CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP)
  @operators ~w(LIKE GLOB REGEXP MATCH)
  @named ~w(COLLATE CONSTRAINT)

  @doc "Whether an expression refers to the column."
  @spec in_expression?([Tokenizer.token()], String.t()) :: boolean()
  def in_expression?(tokens, column),
    do: tokens |> simple() |> walk(:operand, []) |> Enum.member?(Tokenizer.fold(column))

  @doc "Whether a list of columns and expressions in parentheses, or the WHERE that follows it, refers to the column."
  @spec in_list?([Tokenizer.token()], String.t()) :: boolean()
  def in_list?(tokens, column) do
    {group, rest} = tokens |> Enum.drop_while(&(&1 != {:punct, "("})) |> Tokenizer.group()
    items = group |> Enum.slice(1..-2//1) |> Tokenizer.split()
    condition = Enum.drop_while(rest, &(Tokenizer.keyword(&1) != "WHERE"))
    in_expression?(condition, column) or Enum.any?(items, &in_item?(&1, column))
  end

  # SQLite reads a string as a name where it is a whole item of the list.
  defp in_item?(item, column) do
    case simple(item) do
      [{:string, _} = name | rest] when rest == [] or elem(hd(rest), 0) == :word ->
        Tokenizer.name(name) == Tokenizer.fold(column)

      _expression ->
        in_expression?(item, column)
    end
  end

  ## Roles of words

  # `place` is what the grammar expects next: an :operand, or an :operator after one.
  defp walk([], _place, columns), do: columns

  defp walk([token | rest], place, columns) do
    case role(token, Tokenizer.keyword(token), rest, place) do
      :column -> walk(rest, :operator, [Tokenizer.name(token) | columns])
      :named -> walk(Enum.drop(rest, 1), :operator, columns)
      :type -> rest |> Enum.drop_while(&(&1 != {:punct, ")"})) |> walk(:operator, columns)
      place -> walk(rest, place, columns)
    end
  end

  defp role({:punct, ")"}, _keyword, _rest, _place), do: :operator
  defp role({:punct, _}, _keyword, _rest, _place), do: :operand
  defp role({:string, _}, _keyword, _rest, _place), do: :operator
  defp role(_token, "NOT", _rest, place), do: place
  defp role(_token, "AS", _rest, _place), do: :type
  defp role(_token, keyword, _rest, _place) when keyword in @named, do: :named
  defp role(_token, keyword, _rest, _place) when keyword in @values, do: :operator
  defp role(_token, keyword, _rest, _place) when keyword in @reserved, do: :operand
  defp role(_token, word, _rest, :operator) when word in @operators, do: :operand
  # DESC, END, NULLS FIRST
  defp role(_token, _keyword, _rest, :operator), do: :operator
  # The name of a function, or of a table.
  defp role(_token, _keyword, [{:punct, mark} | _], :operand) when mark in ["(", "."],
    do: :operand

  defp role(_token, _keyword, _rest, :operand), do: :column

  # The tokens without blanks, with `a.b` as three of them, and numbers and x'00' as literals.
  defp simple([{:word, x}, {:string, _} = text | rest]) when x in ["x", "X"],
    do: [text | simple(rest)]

  defp simple([{:space, _} | rest]), do: simple(rest)
  defp simple([{:word, text} | rest]), do: parts(text) ++ simple(rest)
  defp simple([token | rest]), do: [token | simple(rest)]
  defp simple([]), do: []

  defp parts(text) do
    if text =~ ~r/^\.?\d/,
      do: [{:string, text}],
      else:
        for(
          part <- String.split(text, ~r/\./, include_captures: true, trim: true),
          do: part(part)
        )
  end

  defp part("."), do: {:punct, "."}
  defp part(word), do: {:word, word}
end
