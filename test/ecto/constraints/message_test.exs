defmodule Ecto.Adapters.LibSql.Constraints.MessageTest do
  use ExUnit.Case, async: true

  alias Ecto.Adapters.LibSql.{Connection, Constraints}
  alias Ecto.Adapters.LibSql.Constraints.Message

  test "parse/1 gives the name, or the table and its columns, of each of SQLite's forms" do
    for {message, kind, fields} <- [
          {"UNIQUE constraint failed: users.email", :unique, table: "users", columns: ["email"]},
          {"UNIQUE constraint failed: t.a, t.b c", :unique, table: "t", columns: ["a", "b c"]},
          {"UNIQUE constraint failed: t.a.b", :unique, table: "t", columns: ["a.b"]},
          {"UNIQUE constraint failed: index 'it's'", :unique, name: "it's"},
          {"UNIQUE constraint failed: t.a (index: x)", :unique, name: "x"},
          {"PRIMARY KEY constraint failed: t.a", :unique, table: "t", columns: ["a"]},
          {"FOREIGN KEY constraint failed", :foreign_key, []},
          {"CHECK constraint failed: a > 0\n", :check, name: "a > 0"},
          {"NOT NULL constraint failed: t.a", :not_null, table: "t", columns: ["a"]},
          {"Query failed: SQLite failure: `NOT NULL constraint failed: t.a`", :not_null,
           table: "t", columns: ["a"]},
          {"CHECK constraint failed: x`", :check, name: "x"},
          {"constraint:stock.left", :raised, name: "stock.left"}
        ] do
      expected = Map.merge(%{kind: kind, name: nil, table: nil, columns: []}, Map.new(fields))
      assert {message, Message.parse(message)} == {message, expected}
    end

    for message <- ["no such table: t", "UNIQUE constraint", "constraint: a b", ""],
        do: assert(Message.parse(message) == nil)
  end

  test "the code of an error decides its kind, whatever the text says" do
    names = fn code, message ->
      error = %EctoLibSql.Error{message: message, sqlite: %{code: :x, extended_code: code}}
      Connection.to_constraints(error, [])
    end

    assert names.(:constraint_check, "CHECK constraint failed: small") == [check: "small"]
    assert names.(:constraint_rowid, "UNIQUE constraint failed: t.id") == [unique: "t_id_index"]
    # What a trigger raises is text of the application.
    assert names.(:constraint_trigger, "UNIQUE constraint failed: t.id") == []
    assert names.(:constraint_trigger, "constraint:full") == [check: "full"]
    assert names.(:constraint_trigger, "FOREIGN KEY constraint failed") == [foreign_key: :unknown]
    assert names.(:error, "CHECK constraint failed: small") == []
    assert names.(:constraint_vtab, "constraint failed") == []
  end

  test "kind/2 reads the text of a map that has no codes" do
    parts = Message.parse("FOREIGN KEY constraint failed")
    assert Constraints.kind(%{message: "x"}, parts) == :foreign_key
    assert Constraints.kind(%{message: "x"}, nil) == nil
  end
end
