defmodule Ecto.Adapters.LibSql.Definition.ChecksTest do
  # CHECK constraints that rows break, and the rebuilds that come later.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Adapters.LibSql.Definition
  alias Ecto.Adapters.LibSql.Definition.Checks
  alias Ecto.Migration.{Constraint, Table}

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)
  defp alter(table, changes), do: ddl({:alter, %Table{name: table}, changes})

  test "each is found by itself, wherever it stands" do
    table =
      Definition.Table.parse("""
      CREATE TABLE t (a INT CHECK (a > 0) CONSTRAINT x CHECK (a IN (1, 2)), b,
        CONSTRAINT y CHECK ( b <> ')' -- why
        ) CHECK (b), UNIQUE (a))
      """)

    assert [{nil, "a > 0"}, {"x", "a IN (1, 2)"}, {"y", "b <> ')' -- why"}, {nil, "b"}] =
             Enum.map(Checks.all(table), &{&1.name, &1.expression})

    sql!("CREATE TABLE t (a INT, b); INSERT INTO t VALUES (3, ')'), (NULL, NULL), (1, 1)")
    broken = table |> Checks.all() |> Checks.broken(meta(), "t", "t")
    assert Enum.map(broken, & &1.name) == ["x", "y", nil]
  end

  describe "a check that old rows break" do
    setup do
      sql!(
        "CREATE TABLE t (y INT CHECK (y < 100), z TEXT); INSERT INTO t VALUES (-1, '5'), (2, '6')"
      )

      ddl({:create, %Constraint{name: :positive, table: "t", check: "t.y > 0", validate: false}})
      :ok
    end

    test "does not stop another change" do
      alter("t", [{:modify, :z, :integer, [null: false]}])
      assert rows("SELECT * FROM t") == [[-1, 5], [2, 6]]
      assert_raise EctoLibSql.Error, ~r/positive/, fn -> sql!("INSERT INTO t VALUES (0, 1)") end
      assert rows("PRAGMA ignore_check_constraints") == [[0]]
    end

    test "is looked at again where the change fails, in a table that asks for ROLLBACK too" do
      sql!("""
      CREATE TABLE u (y INT CHECK (y < 100), z TEXT UNIQUE ON CONFLICT ROLLBACK);
      INSERT INTO u VALUES (-1, '1'), (2, '01')
      """)

      ddl({:create, %Constraint{name: :positive, table: "u", check: "y > 0", validate: false}})

      assert_raise EctoLibSql.Error, ~r/UNIQUE constraint failed/, fn ->
        Repo.transaction(fn -> alter("u", [{:modify, :z, :integer, []}]) end)
      end

      assert rows("PRAGMA ignore_check_constraints") == [[0]]
      assert rows("SELECT * FROM u") == [[-1, "1"], [2, "01"]]
    end

    test "does not hide one that they kept, or a new one" do
      before = rows("SELECT * FROM t")

      assert_raise EctoLibSql.Error, ~r/CHECK constraint failed: small/, fn ->
        ddl({:create, %Constraint{name: :small, table: "t", check: "z < '6'"}})
      end

      assert_raise EctoLibSql.Error, ~r/CHECK constraint failed: y < 100/, fn ->
        alter("t", [{:modify, :y, :string, []}])
      end

      assert_raise EctoLibSql.Error, ~r/NOT NULL/, fn ->
        alter("t", [{:add, :w, :integer, [null: false]}])
      end

      assert rows("SELECT * FROM t") == before
      assert rows("PRAGMA ignore_check_constraints") == [[0]]
    end
  end
end
