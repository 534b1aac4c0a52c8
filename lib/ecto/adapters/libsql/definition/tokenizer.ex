defmodule Ecto.Adapters.LibSql.Definition.Tokenizer do
  @moduledoc false
  # Splits SQL into tokens, `{:space | :word | :quoted | :string | :punct, text}`, whose texts joined are the SQL
  # again, so that an edit of a CREATE TABLE keeps all other text. Comments are of the kind :space.

  @type token :: {:space | :word | :quoted | :string | :punct, String.t()}

  @blanks [?\s, ?\t, ?\n, ?\r, ?\f]

  @spec scan(String.t()) :: [token()]
  def scan(""), do: []

  def scan(sql) do
    {kind, size} = next(sql)
    <<text::binary-size(size), rest::binary>> = sql
    [{kind, text} | scan(rest)]
  end

  defp next("--" <> rest), do: {:space, 2 + until(rest, "\n")}
  defp next("/*" <> rest), do: {:space, 2 + until(rest, "*/")}
  defp next("'" <> rest), do: {:string, 1 + quoted(rest, ?')}
  defp next("\"" <> rest), do: {:quoted, 1 + quoted(rest, ?")}
  defp next("`" <> rest), do: {:quoted, 1 + quoted(rest, ?`)}
  defp next("[" <> rest), do: {:quoted, 1 + until(rest, "]")}

  defp next(<<c, rest::binary>>) when c in @blanks,
    do: {:space, 1 + blanks(rest)}

  defp next(<<c, rest::binary>>) do
    if word?(c), do: {:word, 1 + word(rest)}, else: {:punct, 1}
  end

  # The length up to the end of the terminator, or of all that is left.
  defp until(text, terminator) do
    case :binary.match(text, terminator) do
      {at, size} -> at + size
      :nomatch -> byte_size(text)
    end
  end

  defp quoted(<<q, q, rest::binary>>, q), do: 2 + quoted(rest, q)
  defp quoted(<<q, _rest::binary>>, q), do: 1
  defp quoted(<<_, rest::binary>>, q), do: 1 + quoted(rest, q)
  defp quoted("", _q), do: 0

  defp blanks(<<c, rest::binary>>) when c in @blanks, do: 1 + blanks(rest)
  defp blanks(_rest), do: 0

  defp word(<<c, rest::binary>>), do: if(word?(c), do: 1 + word(rest), else: 0)
  defp word(""), do: 0

  defp word?(c), do: c in ?a..?z or c in ?A..?Z or c in ?0..?9 or c in [?_, ?$, ?.] or c > 127

  @spec text([token()]) :: String.t()
  def text(tokens), do: Enum.map_join(tokens, &elem(&1, 1))

  @doc "A name in lower case as SQLite compares names: only letters of ASCII are folded."
  @spec fold(String.t()) :: String.t()
  def fold(name), do: String.downcase(name, :ascii)

  @doc "The name that a token is, without quotes, folded."
  @spec name(token()) :: String.t()
  def name(token), do: token |> identifier() |> fold()

  @doc "The name that a token is, without quotes, with its case."
  @spec identifier(token()) :: String.t()
  def identifier({:string, text}), do: unquote_with(text, "'")
  def identifier({:quoted, "[" <> text}), do: String.trim_trailing(text, "]")

  def identifier({:quoted, <<q::binary-size(1), _::binary>> = text}), do: unquote_with(text, q)
  def identifier({_kind, text}), do: text

  defp unquote_with(text, quote) do
    text |> String.slice(1..-2//1) |> String.replace(quote <> quote, quote)
  end

  @doc "The keyword of an unquoted word, in upper case, else nil."
  @spec keyword(token()) :: String.t() | nil
  def keyword({:word, text}), do: String.upcase(text, :ascii)
  def keyword(_token), do: nil

  @spec comment?(token()) :: boolean()
  def comment?({:space, "--" <> _}), do: true
  def comment?({:space, "/*" <> _}), do: true
  def comment?(_token), do: false

  @doc "The tokens with `column` for each `table.column`."
  @spec unqualified([token()], String.t()) :: [token()]
  def unqualified(tokens, table), do: without(tokens, fold(table))

  defp without([{:quoted, _} = token, {:word, "." <> column} | rest], table) do
    if name(token) == table,
      do: [{:word, column} | without(rest, table)],
      else: [token, {:word, "." <> column} | without(rest, table)]
  end

  defp without([{:word, text} | rest], table) do
    case String.split(text, ".", parts: 2) do
      [name, column] ->
        text = if fold(name) == table, do: column, else: text
        [{:word, text} | without(rest, table)]

      [text] ->
        [{:word, text} | without(rest, table)]
    end
  end

  defp without([token | rest], table), do: [token | without(rest, table)]
  defp without([], _table), do: []

  @doc "The tokens from the first one on that is not blank or a comment."
  @spec skip([token()]) :: [token()]
  def skip([{:space, _} | rest]), do: skip(rest)
  def skip(tokens), do: tokens

  @doc "Splits at the commas outside parentheses."
  @spec split([token()]) :: [[token()]]
  def split(tokens), do: split(tokens, 0, [], [])

  defp split([], _depth, item, items), do: Enum.reverse([Enum.reverse(item) | items])

  defp split([{:punct, ","} | rest], 0, item, items),
    do: split(rest, 0, [], [Enum.reverse(item) | items])

  defp split([token | rest], depth, item, items),
    do: split(rest, depth + change(token), [token | item], items)

  @doc "The change in the depth of parentheses: 1 for `(`, -1 for `)`."
  @spec change(token()) :: -1 | 0 | 1
  def change({:punct, "("}), do: 1
  def change({:punct, ")"}), do: -1
  def change(_token), do: 0

  @doc "Splits `(a) b` after the parenthesis that closes the first one."
  @spec group([token()]) :: {[token()], [token()]}
  def group([{:punct, "("} = open | rest]), do: group(rest, 1, [open])

  defp group(rest, 0, taken), do: {Enum.reverse(taken), rest}
  defp group([], _depth, taken), do: {Enum.reverse(taken), []}

  defp group([token | rest], depth, taken),
    do: group(rest, depth + change(token), [token | taken])
end
