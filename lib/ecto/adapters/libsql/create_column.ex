defmodule Ecto.Adapters.LibSql.CreateColumn do
  @moduledoc false
  # One column of a stored CREATE TABLE: name, type and clauses, each as it was written.

  alias Ecto.Adapters.LibSql.Tokens

  # `lead` is what stands before the name: blanks and comments.
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

  @starters ~w(CONSTRAINT PRIMARY NOT NULL UNIQUE CHECK DEFAULT COLLATE REFERENCES GENERATED AS)

  @spec parse([Tokens.token()]) :: t()
  def parse(tokens) do
    {lead, [name | rest]} = Enum.split_while(tokens, &match?({:space, _}, &1))
    {type, rest} = Enum.split_while(rest, &(Tokens.keyword(&1) not in @starters))

    {type, comments} = uncommented(type)

    %__MODULE__{
      lead: Tokens.text(lead),
      name: elem(name, 1),
      type: text(type),
      clauses: comments ++ clauses(rest)
    }
  end

  # A comment behind a type or a clause stands for itself: it stays when the clause goes.
  defp uncommented(tokens) do
    {comments, rest} = Enum.split_with(tokens, &comment?/1)
    {rest, Enum.map(comments, &clause(:comment, [&1]))}
  end

  defp comment?({:space, "/*" <> _}), do: true
  defp comment?({:space, "--" <> _}), do: true
  defp comment?(_token), do: false

  defp clause(kind, name \\ nil, tokens), do: %{kind: kind, name: name, text: text(tokens)}

  @spec tokens(t()) :: [Tokens.token()]
  def tokens(%__MODULE__{} = column) do
    [column.name, column.type | Enum.map(column.clauses, & &1.text)]
    |> Enum.reject(&(&1 == ""))
    |> Enum.join(" ")
    |> then(&Tokens.scan(column.lead <> &1))
  end

  defp clauses(tokens) do
    case Tokens.skip(tokens) do
      [] ->
        []

      [first | rest] = all ->
        {name, kind, from} = head(Tokens.keyword(first), rest, all)
        {taken, rest} = take(kind, from)
        before = Enum.take(all, length(all) - length(from))
        {taken, comments} = uncommented(taken)
        [clause(kind, name, before ++ taken) | comments ++ clauses(rest)]
    end
  end

  defp text(tokens), do: tokens |> Enum.map_join(&shown/1) |> String.trim()

  # A comment up to the end of a line could swallow what is written behind it.
  defp shown({:space, "--" <> comment}),
    do: "/*" <> String.replace(String.trim_trailing(comment), "*/", "* /") <> " */"

  defp shown({:space, "/*" <> _ = comment}), do: comment
  defp shown({:space, _blanks}), do: " "
  defp shown({_kind, text}), do: text

  # `{constraint name, kind, tokens from the kind's first word on}`
  defp head("CONSTRAINT", rest, _all) do
    [name | rest] = Tokens.skip(rest)
    {Tokens.identifier(name), rest |> Tokens.skip() |> named_kind(), Tokens.skip(rest)}
  end

  defp head(word, _rest, all), do: {nil, kind(word), all}

  # SQLite takes a name that names nothing.
  defp named_kind([]), do: :name

  defp named_kind([first | _]) do
    case Tokens.keyword(first) do
      "CONSTRAINT" -> :name
      word -> kind(word)
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
  defp kind("GENERATED"), do: :generated
  defp kind("AS"), do: :generated

  # A clause ends where the next one starts, but some clauses hold words that start others.
  defp take(:name, tokens), do: {[], tokens}
  defp take(:references, [first | rest]), do: references(rest, [first])
  defp take(:not_null, tokens), do: words(tokens, 2)
  defp take(:default, tokens), do: words(tokens, 2)
  defp take(:generated, tokens), do: generated(tokens, [])
  defp take(_kind, tokens), do: words(tokens, 1)

  # Takes `count` words whole, a parenthesis counting as one, then up to the next clause.
  defp words(tokens, count), do: words(tokens, count, [])

  defp words([], _count, taken), do: {Enum.reverse(taken), []}

  defp words([{:space, _} = token | rest], count, taken), do: words(rest, count, [token | taken])

  defp words([{:punct, "("} | _] = tokens, count, taken) do
    {group, rest} = Tokens.group(tokens)
    words(rest, max(count - 1, 0), Enum.reverse(group) ++ taken)
  end

  # The sign of a number.
  defp words([{:punct, _} = token | rest], count, taken), do: words(rest, count, [token | taken])

  defp words([token | rest], count, taken) when count > 0,
    do: words(rest, count - 1, [token | taken])

  defp words([token | rest] = tokens, 0, taken) do
    if Tokens.keyword(token) in @starters,
      do: {Enum.reverse(taken), tokens},
      else: words(rest, 0, [token | taken])
  end

  # `ON DELETE SET NULL`, `SET DEFAULT`, `NOT DEFERRABLE`
  defp references(tokens, taken) do
    {more, rest} = words(tokens, 1)
    taken = taken ++ more

    case {last_word(taken), Enum.map(Enum.take(solid(rest), 2), &Tokens.keyword/1)} do
      {"SET", [word | _]} when word in ["NULL", "DEFAULT"] -> references(rest, taken)
      {_, ["NOT", "DEFERRABLE"]} -> references(rest, taken)
      _end -> {taken, rest}
    end
  end

  defp last_word(tokens), do: tokens |> solid() |> List.last() |> Tokens.keyword()
  defp solid(tokens), do: Enum.reject(tokens, &match?({:space, _}, &1))

  # Up to the expression in parentheses, then STORED or VIRTUAL.
  defp generated([{:punct, "("} | _] = tokens, taken) do
    {group, rest} = Tokens.group(tokens)
    {more, rest} = words(rest, 0)
    {Enum.reverse(taken) ++ group ++ more, rest}
  end

  defp generated([token | rest], taken), do: generated(rest, [token | taken])

  @doc "Replaces the clause of a kind, or removes it."
  @spec put(t(), kind(), String.t() | nil) :: t()
  def put(%{clauses: clauses} = column, kind, text) do
    kept = Enum.reject(clauses, &(&1.kind == kind))
    added = if text, do: [%{kind: kind, name: nil, text: text}], else: []
    %{column | clauses: kept ++ added}
  end

  @spec remove_constraint([Tokens.token()], String.t()) :: [Tokens.token()]
  def remove_constraint(tokens, name) do
    column = parse(tokens)
    kept = Enum.reject(column.clauses, &(&1.name && Tokens.fold(&1.name) == name))
    if kept == column.clauses, do: tokens, else: tokens(%{column | clauses: kept})
  end

  @spec foreign_key_name([Tokens.token()]) :: String.t() | nil
  def foreign_key_name(tokens) do
    Enum.find_value(parse(tokens).clauses, &(&1.kind == :references && &1.name))
  end
end
