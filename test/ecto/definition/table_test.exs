defmodule Ecto.Adapters.LibSql.Definition.TableTest do
  # A stored CREATE TABLE is changed in one place, and its other text stays as it was written.
  use ExUnit.Case, async: true

  alias Ecto.Adapters.LibSql.Definition

  defp parse(body), do: Definition.Table.parse("CREATE TABLE t (#{body})")
  defp body(table), do: table |> Definition.Table.to_sql("t") |> String.slice(16..-2//1)

  defp without_constraint(body, name) do
    {:ok, table} = body |> parse() |> Definition.Table.remove_constraint(name)
    body(table)
  end

  defp without_column(body, name),
    do: body |> parse() |> Definition.Table.remove_column(name) |> body()

  describe "constraints without a comma between them" do
    test "are separate constraints" do
      body =
        "a INT, b INT, CONSTRAINT c1 CHECK (a > 0) CONSTRAINT c2 CHECK (b > 0) UNIQUE (a) ON CONFLICT IGNORE " <>
          "FOREIGN KEY (a) REFERENCES p (x) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED PRIMARY KEY (b)"

      table = parse(body)
      assert Enum.map(table.items, & &1.name) == ["a", "b", "c1", "c2", nil, nil, nil]
      assert Definition.Table.primary_key(table) == ["b"]
      refute without_constraint(body, "c1") =~ "c1"

      assert without_constraint(body, "c1") =~
               "CONSTRAINT c2 CHECK (b > 0) ,UNIQUE (a) ON CONFLICT IGNORE"

      assert without_constraint(body, "c2") =~ "CONSTRAINT c1 CHECK (a > 0)"
      assert without_column(body, "b") =~ "CONSTRAINT c1 CHECK (a > 0) ,UNIQUE (a)"
    end

    test "keep their names" do
      assert without_constraint("a, CONSTRAINT c1 /* x */ UNIQUE (a) CHECK (a)", "c1") ==
               "a,CHECK (a)"
    end
  end

  describe "a name without a constraint" do
    test "is removed by it" do
      for body <- [
            "a INT CONSTRAINT foo, b",
            "a INT, b, CONSTRAINT foo",
            "a INT CONSTRAINT foo CONSTRAINT bar NOT NULL, b"
          ] do
        refute without_constraint(body, "foo") =~ "foo"
      end
    end

    test "stays when another clause of the column is removed" do
      table =
        parse("a INT CONSTRAINT foo CONSTRAINT bar NOT NULL CONSTRAINT last, b CONSTRAINT x")

      changed =
        Definition.Table.update_column(table, "a", &Definition.Column.put(&1, :not_null, nil))

      assert body(changed) == "a INT CONSTRAINT foo CONSTRAINT last, b CONSTRAINT x"
    end
  end

  test "a column is removed with the constraints that refer to it, and no others" do
    for {body, column, left} <- [
          {"key INT, a INT, PRIMARY KEY (a), FOREIGN KEY (a) REFERENCES p (key)", "key",
           " a INT, PRIMARY KEY (a), FOREIGN KEY (a) REFERENCES p (key)"},
          {"\"check\" INT, n INT CONSTRAINT pos CHECK (n > 0), \"and\" INT, CHECK (n > 0 AND n < 5)",
           "check", " n INT CONSTRAINT pos CHECK (n > 0), \"and\" INT, CHECK (n > 0 AND n < 5)"},
          {"n INT, \"and\" INT, CHECK (n > 0 AND n < 5)", "and",
           "n INT, CHECK (n > 0 AND n < 5)"},
          {"a, b, total, CONSTRAINT total CHECK (a >= b), CONSTRAINT b UNIQUE (a)", "total",
           "a, b, CONSTRAINT total CHECK (a >= b), CONSTRAINT b UNIQUE (a)"},
          {"date, s, CHECK (date(s) <> ''), CHECK (s COLLATE date <> '')", "date",
           " s, CHECK (date(s) <> ''), CHECK (s COLLATE date <> '')"},
          {"a, 'b', CHECK (a <> 'b'), UNIQUE ('b'), UNIQUE (a, \"B\" DESC), CHECK (t.b > a)", "b",
           "a, CHECK (a <> 'b')"},
          {"a CHECK (a > b), b, FOREIGN KEY (a, b) REFERENCES p", "b", "a"}
        ] do
      assert {body, String.trim(without_column(body, column))} == {body, String.trim(left)}
    end
  end

  test "names are found in any spelling and quotes" do
    table =
      Definition.Table.parse(
        "create table [t x] (\"Id\" integer primary key, `b` text, constraint ck check (b <> ','), foreign key (b) references p(x)) strict"
      )

    assert Definition.Table.strict?(table) and Definition.Table.column?(table, "ID")
    assert Definition.Table.primary_key(table) == ["id"]
    assert {:ok, changed} = Definition.Table.remove_constraint(table, "CK")
    refute Definition.Table.to_sql(changed, "t") =~ "check"
    refute Definition.Table.to_sql(Definition.Table.remove_column(table, "b"), "t") =~ "foreign"
  end

  test "a constraint of a column is found by its name in any quotes" do
    for name <- ["[my ck]", "`my ck`", "\"my ck\"", "'my ck'"] do
      table = Definition.Table.parse("CREATE TABLE t (a INT CONSTRAINT #{name} CHECK (a > 0))")
      assert {:ok, changed} = Definition.Table.remove_constraint(table, "MY CK")
      assert Definition.Table.to_sql(changed, "t") == "CREATE TABLE t (a INT)"
    end
  end
end
