defmodule Ecto.Adapters.LibSql.Definition.Column do
  @moduledoc false
  # One column of a stored CREATE TABLE: name, type and clauses, each as it was written.

  alias Ecto.Adapters.LibSql.Definition.Tokenizer

  # `lead` is the blanks and comments before the name.
  defstruct [:lead, :name, :type, :clauses]

  @type kind ::
          :primary_key
          | :not_null
          | :null
          | :unique
          | :check
          | :default
          | :collate
          | :references
          | :deferral
          | :generated
          | :name
          | :comment
  @type clause :: %{kind: kind(), name: String.t() | nil, text: String.t()}
  @type t :: %__MODULE__{
          lead: String.t(),
          name: String.t(),
          type: String.t(),
          clauses: [clause()]
        }

  @starters ~w(CONSTRAINT PRIMARY NOT NULL UNIQUE CHECK DEFAULT COLLATE REFERENCES GENERATED AS DEFERRABLE)

  @spec parse([Tokenizer.token()]) :: t()
  def parse(tokens) do
    {lead, [name | rest]} = Enum.split_while(tokens, &match?({:space, _}, &1))
    {type, rest} = Enum.split_while(rest, &(Tokenizer.keyword(&1) not in @starters))

    {type, comments} = uncommented(type)

    %__MODULE__{
      lead: Tokenizer.text(lead),
      name: elem(name, 1),
      type: text(type),
      clauses: comments ++ clauses(rest)
    }
  end

  # A comment after a type or a clause is a clause of its own: it stays when the other one is removed.
  defp uncommented(tokens) do
    # A blank in its place, since it may have separated two words.
    rest =
      tokens
      |> Enum.map(&if(Tokenizer.comment?(&1), do: {:space, " "}, else: &1))
      |> single_blanks()

    {rest, for(token <- tokens, Tokenizer.comment?(token), do: clause(:comment, [token]))}
  end

  defp single_blanks([{:space, _}, {:space, _} = blank | rest]), do: single_blanks([blank | rest])
  defp single_blanks([token | rest]), do: [token | single_blanks(rest)]
  defp single_blanks([]), do: []

  defp clause(kind, name \\ nil, tokens), do: %{kind: kind, name: name, text: text(tokens)}

  @spec tokens(t()) :: [Tokenizer.token()]
  def tokens(%__MODULE__{} = column) do
    [column.name, column.type | Enum.map(column.clauses, & &1.text)]
    |> Enum.reject(&(&1 == ""))
    |> Enum.join(" ")
    |> then(&Tokenizer.scan(column.lead <> &1))
  end

  defp clauses(tokens) do
    case Tokenizer.skip(tokens) do
      [] ->
        []

      [first | rest] = all ->
        {name, kind, from} = head(Tokenizer.keyword(first), rest, all)
        {taken, rest} = take(kind, from)
        before = Enum.take(all, length(all) - length(from))
        {taken, comments} = uncommented(taken)
        [clause(kind, name, before ++ taken) | comments ++ clauses(rest)]
    end
  end

  defp text(tokens), do: tokens |> Enum.map_join(&shown/1) |> String.trim()

  # A comment up to the end of the line would include the clause that follows.
  defp shown({:space, "--" <> comment}),
    do: "/*" <> String.replace(String.trim_trailing(comment), "*/", "* /") <> " */"

  defp shown({:space, "/*" <> _ = comment}), do: comment
  defp shown({:space, _blanks}), do: " "
  defp shown({_kind, text}), do: text

  # `{constraint name, kind, tokens from the kind's first word on}`
  defp head("CONSTRAINT", rest, _all) do
    [name | rest] = Tokenizer.skip(rest)
    from = Tokenizer.skip(rest)
    {Tokenizer.identifier(name), kind_of(from), from}
  end

  defp head(_word, _rest, all), do: {nil, kind_of(all), all}

  defp kind_of(tokens) do
    case tokens |> solid() |> Enum.take(2) |> Enum.map(&Tokenizer.keyword/1) do
      # SQLite accepts CONSTRAINT and a name without a constraint.
      none when none == [] or hd(none) == "CONSTRAINT" -> :name
      ["NOT", "DEFERRABLE"] -> :deferral
      [word | _] -> kind(word)
    end
  end

  defp kind("PRIMARY"), do: :primary_key
  defp kind("NOT"), do: :not_null
  defp kind("NULL"), do: :null
  defp kind("UNIQUE"), do: :unique
  defp kind("CHECK"), do: :check
  defp kind("DEFAULT"), do: :default
  defp kind("COLLATE"), do: :collate
  defp kind("REFERENCES"), do: :references
  defp kind("DEFERRABLE"), do: :deferral
  defp kind("GENERATED"), do: :generated
  defp kind("AS"), do: :generated

  # A clause ends where the next one starts, but some contain words that start others, as SET NULL.
  defp take(:name, tokens), do: {[], tokens}
  defp take(:references, [first | rest]), do: references(rest, [first])

  defp take(:deferral, [first | _] = tokens),
    do: words(tokens, if(Tokenizer.keyword(first) == "NOT", do: 2, else: 1))

  defp take(:not_null, tokens), do: words(tokens, 2)
  defp take(:default, tokens), do: words(tokens, 2)
  defp take(:generated, tokens), do: generated(tokens, [])
  defp take(_kind, tokens), do: words(tokens, 1)

  # Takes `count` words, a parenthesis counting as one, and all that follows up to the next clause.
  defp words(tokens, count), do: words(tokens, count, [])

  defp words([], _count, taken), do: {Enum.reverse(taken), []}

  defp words([{:space, _} = token | rest], count, taken), do: words(rest, count, [token | taken])

  defp words([{:punct, "("} | _] = tokens, count, taken) do
    {group, rest} = Tokenizer.group(tokens)
    words(rest, max(count - 1, 0), Enum.reverse(group) ++ taken)
  end

  # The sign of a number.
  defp words([{:punct, _} = token | rest], count, taken), do: words(rest, count, [token | taken])

  defp words([token | rest], count, taken) when count > 0,
    do: words(rest, count - 1, [token | taken])

  defp words([token | rest] = tokens, 0, taken) do
    if Tokenizer.keyword(token) in @starters,
      do: {Enum.reverse(taken), tokens},
      else: words(rest, 0, [token | taken])
  end

  # `ON DELETE SET NULL`, `SET DEFAULT`, `NOT DEFERRABLE`
  defp references(tokens, taken) do
    {more, rest} = words(tokens, 1)
    taken = taken ++ more

    case {last_word(taken), Enum.map(Enum.take(solid(rest), 2), &Tokenizer.keyword/1)} do
      {"SET", [word | _]} when word in ["NULL", "DEFAULT"] -> references(rest, taken)
      {_, ["NOT", "DEFERRABLE"]} -> references(rest, taken)
      {_, ["DEFERRABLE" | _]} -> references(rest, taken)
      _end -> {taken, rest}
    end
  end

  defp last_word(tokens), do: tokens |> solid() |> List.last() |> Tokenizer.keyword()
  defp solid(tokens), do: Enum.reject(tokens, &match?({:space, _}, &1))

  # Up to the expression in parentheses, then STORED or VIRTUAL.
  defp generated([{:punct, "("} | _] = tokens, taken) do
    {group, rest} = Tokenizer.group(tokens)
    {more, rest} = words(rest, 0)
    {Enum.reverse(taken) ++ group ++ more, rest}
  end

  defp generated([token | rest], taken), do: generated(rest, [token | taken])

  @doc "Replaces the clause of a kind, or removes it."
  @spec put(t(), kind(), String.t() | nil) :: t()
  def put(%{clauses: clauses} = column, kind, text) do
    # A DEFERRABLE of its own belongs to the reference before it.
    gone = if kind == :references, do: [:references, :deferral], else: [kind]
    kept = Enum.reject(clauses, &(&1.kind in gone))
    added = if text, do: [%{kind: kind, name: nil, text: text}], else: []
    %{column | clauses: kept ++ added}
  end

  @doc "Adds a check, and removes one with the same name or, if it has none, the same text."
  @spec put_check(t(), String.t() | nil, String.t()) :: t()
  def put_check(%{clauses: clauses} = column, name, text) do
    kept = Enum.reject(clauses, &(&1.kind == :check and same_check?(&1, name, text)))
    %{column | clauses: kept ++ [%{kind: :check, name: name, text: text}]}
  end

  defp same_check?(%{name: nil} = clause, nil, text), do: clause.text == text
  defp same_check?(%{name: nil}, _name, _text), do: false
  defp same_check?(clause, name, _text), do: Tokenizer.fold(clause.name) == name

  @spec remove_constraint([Tokenizer.token()], String.t()) :: [Tokenizer.token()]
  def remove_constraint(tokens, name) do
    column = parse(tokens)
    kept = Enum.reject(column.clauses, &(&1.name && Tokenizer.fold(&1.name) == name))
    if kept == column.clauses, do: tokens, else: tokens(%{column | clauses: kept})
  end
end
