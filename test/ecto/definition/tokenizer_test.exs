defmodule Ecto.Adapters.LibSql.Definition.TokenizerTest do
  use ExUnit.Case, async: true
  use ExUnitProperties

  alias Ecto.Adapters.LibSql.Definition.Tokenizer

  test "name/1 removes each kind of quotes, and folds letters of ASCII only" do
    for {text, identifier, name} <- [
          {"Ab", "Ab", "ab"},
          {~s("A""É"), ~s(A"É), ~s(a"É)},
          {"[My Fk]", "My Fk", "my fk"},
          {"`C``k`", "C`k", "c`k"},
          {"'It''s'", "It's", "it's"}
        ] do
      assert [token] = Tokenizer.scan(text)
      assert {Tokenizer.identifier(token), Tokenizer.name(token)} == {identifier, name}
    end

    # Unicode folds the Kelvin sign and the long s to letters of ASCII; SQLite does not.
    assert Tokenizer.keyword({:word, "chec\u212A"}) == "CHEC\u212A"
    assert Tokenizer.keyword({:word, "aſ"}) == "Aſ"
  end

  property "the tokens of a text, joined, are the text" do
    pieces =
      member_of([
        "CREATE",
        " ",
        "\n",
        "'it''s'",
        "\"a\"\"b\"",
        "[x y]",
        "`z`",
        "(",
        ")",
        ",",
        "-- c\n",
        "/* c */",
        "1.5",
        "é",
        "'open"
      ])

    check all(parts <- list_of(pieces)) do
      text = Enum.join(parts)
      assert text |> Tokenizer.scan() |> Tokenizer.text() == text
    end
  end
end
