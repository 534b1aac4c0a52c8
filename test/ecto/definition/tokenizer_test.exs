defmodule Ecto.Adapters.LibSql.Definition.TokenizerTest do
  # Names as SQLite reads them.
  use ExUnit.Case, async: true

  alias Ecto.Adapters.LibSql.Definition
  alias Ecto.Adapters.LibSql.Definition.Tokenizer

  test "a name is read in any quotes, and loses the case of ASCII letters only" do
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

    # Kelvin's sign and the long s are letters that other languages fold into ASCII.
    assert Tokenizer.keyword({:word, "chec\u212A"}) == "CHEC\u212A"
    assert Tokenizer.keyword({:word, "aſ"}) == "Aſ"
  end

  test "a constraint of a column is found by its name in any quotes" do
    for name <- ["[my ck]", "`my ck`", "\"my ck\"", "'my ck'"] do
      table = Definition.Table.parse("CREATE TABLE t (a INT CONSTRAINT #{name} CHECK (a > 0))")
      assert {:ok, changed} = Definition.Table.remove_constraint(table, "MY CK")
      assert Definition.Table.to_sql(changed, "t") == "CREATE TABLE t (a INT)"
    end
  end
end
