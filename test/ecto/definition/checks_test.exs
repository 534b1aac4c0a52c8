defmodule Ecto.Adapters.LibSql.Definition.ChecksTest do
  use ExUnit.Case, async: true

  alias Ecto.Adapters.LibSql.Definition
  alias Ecto.Adapters.LibSql.Definition.Checks

  test "all/1 gives each CHECK of a column and of the table, with its name" do
    table =
      Definition.Table.parse("""
      CREATE TABLE t (a INT CHECK (a > 0) CONSTRAINT x CHECK (a IN (1, 2)), b,
        CONSTRAINT y CHECK ( b <> ')' -- why
        ) CHECK (b), UNIQUE (a))
      """)

    assert [{nil, "a > 0"}, {"x", "a IN (1, 2)"}, {"y", "b <> ')' -- why"}, {nil, "b"}] =
             Enum.map(Checks.all(table), &{&1.name, &1.expression})
  end
end
