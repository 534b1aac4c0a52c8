defmodule Ecto.Adapters.LibSql.Definition.ColumnTest do
  use ExUnit.Case, async: true
  use ExUnitProperties

  alias Ecto.Adapters.LibSql.Definition
  alias Ecto.Adapters.LibSql.Definition.Tokenizer

  property "parse/1 gives each clause as it is written, and tokens/1 the column again" do
    clauses =
      member_of([
        "NOT NULL",
        "DEFAULT -1.5",
        "DEFAULT (1 + (2))",
        "DEFAULT NULL",
        "COLLATE NOCASE",
        "CHECK (a IN (1, 2))",
        "REFERENCES p (id) ON DELETE SET NULL ON UPDATE SET DEFAULT NOT DEFERRABLE INITIALLY IMMEDIATE",
        "CONSTRAINT x UNIQUE ON CONFLICT IGNORE",
        "PRIMARY KEY DESC AUTOINCREMENT",
        "GENERATED ALWAYS AS (b + 1) STORED"
      ])

    check all(list <- map(list_of(clauses, max_length: 5), &Enum.uniq/1)) do
      text = Enum.join(["a", "VARCHAR(10, 2)" | list], " ")
      column = text |> Tokenizer.scan() |> Definition.Column.parse()
      assert Enum.map(column.clauses, & &1.text) == list
      assert column.type == "VARCHAR(10, 2)"
      assert column |> Definition.Column.tokens() |> Tokenizer.text() |> String.trim() == text
    end
  end
end
