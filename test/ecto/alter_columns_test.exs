defmodule Ecto.Adapters.LibSql.AlterColumnsTest do
  # What an alteration of one column leaves alone: keys, constraints and indexes of the others, and what the
  # column keeps itself.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.{Constraint, Table}

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
end
