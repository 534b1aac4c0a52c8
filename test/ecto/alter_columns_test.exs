defmodule Ecto.Adapters.LibSql.AlterColumnsTest do
  # What an alteration of one column leaves alone: keys, constraints and indexes of the others, and what the
  # column keeps itself.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.{Constraint, Reference, Table}

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)
  defp alter(table, changes), do: ddl({:alter, %Table{name: table}, changes})
  defp stored(name), do: hd(hd(rows("SELECT sql FROM sqlite_master WHERE name = ?", [name])))

  defp refused(sql, message) do
    assert_raise EctoLibSql.Error, message, fn -> sql!(sql) end
  end

  describe "removing a column that is called like something else" do
    test "keeps keys, checks and indexes" do
      sql!("CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 1)")

      sql!("""
      CREATE TABLE t (x INT, y INT, key TEXT, "desc" TEXT, length INT, name TEXT, total INT,
        FOREIGN KEY (x, y) REFERENCES p (a, b), PRIMARY KEY (x, y), CHECK (length(name) > 2),
        CONSTRAINT total CHECK (x <= y));
      CREATE UNIQUE INDEX u ON t (name DESC);
      CREATE UNIQUE INDEX l ON t (length(name)) WHERE name COLLATE nocase <> 'total';
      INSERT INTO t (x, y, name) VALUES (1, 1, 'abc')
      """)

      for column <- [:key, :desc, :length, :total], do: alter("t", [{:remove, column}])
      assert rows("SELECT * FROM t") == [[1, 1, "abc"]]

      assert rows("SELECT name FROM pragma_index_list('t') WHERE origin = 'c' ORDER BY 1") == [
               ["l"],
               ["u"]
             ]

      refused("INSERT INTO t VALUES (1, 1, 'abcd')", ~r/UNIQUE constraint failed: t.x, t.y/)
      refused("INSERT INTO t VALUES (1, 2, 'abcd')", ~r/FOREIGN KEY/)
      refused("INSERT INTO t VALUES (3, 2, 'abcd')", ~r/CHECK constraint failed: total/)
      refused("INSERT INTO t VALUES (2, 3, 'ab')", ~r/CHECK constraint failed: length/)
    end
  end

  test "dropping a constraint leaves its neighbours, though there is no comma between them" do
    sql!("CREATE TABLE t (a INT, b INT, CONSTRAINT c1 CHECK (a > 0) CONSTRAINT c2 CHECK (b > 0))")
    ddl({:drop, %Constraint{name: :c1, table: "t"}, :restrict})
    sql!("INSERT INTO t VALUES (0, 1)")
    refused("INSERT INTO t VALUES (1, 0)", ~r/CHECK constraint failed: c2/)
    assert stored("t") =~ "c2"
  end

  describe "a foreign key of several columns" do
    setup do
      sql!(
        "CREATE TABLE o (id INTEGER PRIMARY KEY); CREATE TABLE u (org INT, id INT, PRIMARY KEY (org, id))"
      )

      both = reference("u", column: :org, with: [user_id: :id])

      ddl(
        {:create, %Table{name: "c"}, [{:add, :org_id, both, []}, {:add, :user_id, :integer, []}]}
      )

      {:ok, both: both}
    end

    defp reference(table, fields \\ []),
      do: struct!(%Reference{table: table, type: :integer}, fields)

    defp keys do
      rows("""
      SELECT "table", group_concat("from") FROM pragma_foreign_key_list('c') GROUP BY id ORDER BY 1
      """)
    end

    test "stays when its first column refers to something else too", %{both: both} do
      alter("c", [{:modify, :org_id, reference("o"), []}])
      assert keys() == [["o", "org_id"], ["u", "org_id,user_id"]]
      alter("c", [{:modify, :org_id, :integer, [from: reference("o")]}])
      assert keys() == [["u", "org_id,user_id"]]
      alter("c", [{:modify, :org_id, :integer, [from: {both, []}]}])
      assert keys() == []
    end

    test "is replaced by one over the same columns", %{both: both} do
      alter("c", [{:modify, :org_id, %{both | on_delete: :delete_all}, []}])
      assert keys() == [["u", "org_id,user_id"]]
      assert stored("c") =~ "ON DELETE CASCADE"
    end

    test "goes by the name that Ecto gives it" do
      alter("c", [{:modify, :org_id, reference("o"), []}])
      drop = {:drop, %Constraint{name: :c_org_id_fkey, table: "c"}, :restrict}
      ddl(drop)
      assert keys() == [["u", "org_id,user_id"]]
      ddl(drop)
      assert keys() == []
    end
  end
end
