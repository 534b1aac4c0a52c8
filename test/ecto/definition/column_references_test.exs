defmodule Ecto.Adapters.LibSql.Definition.ColumnReferencesTest do
  use ExUnit.Case, async: true

  alias Ecto.Adapters.LibSql.Definition.{ColumnReferences, Tokenizer}

  # `{expression, columns that it refers to, words that are no reference}`
  @expressions [
    {"a > 0 AND b < 5", ~w(a b), ~w(and)},
    {"length(name) > 2", ~w(name), ~w(length)},
    {"length (length) > 2", ~w(length), []},
    {"\"length\"(name) > 2", ~w(name), ~w(length)},
    {"key IS NOT NULL", ~w(key), ~w(is not null)},
    {"key NOT LIKE like", ~w(key like), ~w(not)},
    {"a LIKE 'like'", ~w(a), ~w(like)},
    {"NOT like", ~w(like), ~w(not)},
    {"a LIKE (b) ESCAPE end", ~w(a b end), ~w(like escape)},
    {"CASE desc WHEN a THEN 1 ELSE asc END", ~w(desc a asc), ~w(end case then)},
    {"CASE WHEN a THEN b END + c", ~w(a b c), ~w(end when)},
    {"a COLLATE nocase = \"nocase\"", ~w(a nocase), ~w(collate)},
    {"a COLLATE nocase = b", ~w(a b), ~w(nocase)},
    {"CAST(a AS date) > b", ~w(a b), ~w(date cast as)},
    {"CAST(a AS VARCHAR(10)) > date", ~w(a date), ~w(varchar)},
    {"t.a <> \"t\".b AND [t].[c] > t.\"d\"", ~w(a b c d), ~w(t)},
    {"a = current_date", ~w(a), ~w(current_date)},
    {"a = \"current_date\"", ~w(a current_date), []},
    {"a > 1.5e3 AND x'0a' <> b", ~w(a b), ~w(x e3 1)},
    {"x || 'y'", ~w(x), ~w(y)},
    {"a IN (1, b) AND c BETWEEN d AND e", ~w(a b c d e), ~w(in between)},
    {"a ISNULL OR b NOTNULL OR c MATCH d", ~w(a b c d), ~w(isnull match)},
    {"a -> '$.key' ->> desc", ~w(a desc), ~w(key)},
    {"É > 0 /* a */ -- b", ~w(É), ~w(é a b)}
  ]

  test "in_expression?/2 finds column references, and no keywords, functions, types or collations" do
    for {sql, used, unused} <- @expressions, tokens = Tokenizer.scan(sql) do
      for name <- used,
          do:
            assert(
              {sql, name, ColumnReferences.in_expression?(tokens, name)} == {sql, name, true}
            )

      for name <- unused,
          do:
            assert(
              {sql, name, ColumnReferences.in_expression?(tokens, name)} == {sql, name, false}
            )
    end
  end

  test "in_list?/2 finds references in a list and in the condition of an index" do
    for {sql, used, unused} <- [
          {"(a DESC, b COLLATE nocase ASC)", ~w(a b), ~w(desc asc nocase collate)},
          {"(desc DESC, \"asc\")", ~w(desc asc), []},
          {"('a' COLLATE NOCASE, 'b')", ~w(a b), ~w(nocase)},
          {"('a' || b)", ~w(b), ~w(a)},
          {"(lower(a)) WHERE key > 'b' AND \"c\"", ~w(a key c), ~w(lower where b and)},
          {"(a) ON CONFLICT REPLACE", ~w(a), ~w(on conflict replace)}
        ],
        tokens = Tokenizer.scan(sql) do
      for name <- used,
          do: assert({sql, name, ColumnReferences.in_list?(tokens, name)} == {sql, name, true})

      for name <- unused,
          do: assert({sql, name, ColumnReferences.in_list?(tokens, name)} == {sql, name, false})
    end
  end
end
