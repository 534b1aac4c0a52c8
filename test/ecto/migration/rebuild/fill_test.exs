defmodule Ecto.Adapters.LibSql.Migration.Rebuild.FillTest do
  # Rows that broke a CHECK before a rebuild, or break a new one.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Adapters.LibSql.Definition
  alias Ecto.Adapters.LibSql.Migration.Rebuild.{Fill, Target}
  alias Ecto.Migration.{Constraint, Table}

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)
  defp alter(table, changes), do: ddl({:alter, %Table{name: table}, changes})

  test "broken/3 finds each check that a row breaks, and none that is NULL" do
    sql!("CREATE TABLE t (a INT, b); INSERT INTO t VALUES (3, ')'), (NULL, NULL), (1, 1)")

    checks =
      Definition.Checks.all(
        Definition.Table.parse("""
        CREATE TABLE t (a INT CHECK (t.a > 0) CONSTRAINT x CHECK (a IN (1, 2)), b,
          CONSTRAINT y CHECK ( b <> ')' -- why
          ), CONSTRAINT z CHECK (b))
        """)
      )

    target = %Target{meta: meta(), name: "t", prefix: "main", removed: [], opts: []}
    assert Enum.map(Fill.broken(target, checks, ~s("main"."t")), & &1.name) == ["x", "y", "z"]
  end

  describe "a check that old rows break" do
    @describetag :local_answer
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

    test "does not hide another error, which ends the transaction where the table asks for ROLLBACK" do
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

    test "still reports that they violate another constraint" do
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
