defmodule Ecto.Adapters.LibSql.Migration.Rebuild.CopyTest do
  # A rebuild copies each value, whatever the columns are called and whatever constraints the table has.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.Table

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)
  defp alter(table, changes), do: ddl({:alter, %Table{name: table}, changes})
  defp stored(name), do: hd(hd(rows("SELECT sql FROM main.sqlite_master WHERE name = ?", [name])))

  # As an expression, such a name is a text or the current date.
  test "columns named in single quotes, or like a function without parentheses, keep their values" do
    sql!("CREATE TABLE a ('id' INTEGER PRIMARY KEY, 'it''s' TEXT, current_date TEXT, b INT)")
    sql!("INSERT INTO a VALUES (1, 'x', 'y', 5)")
    alter("a", [{:modify, :b, :integer, [null: false]}])
    assert rows("SELECT * FROM a") == [[1, "x", "y", 5]]
    assert stored("a") =~ "('id' INTEGER PRIMARY KEY, 'it''s' TEXT, current_date TEXT, b"
  end

  test "rows that collide after the change are not dropped by ON CONFLICT of the table" do
    for {clause, column, values} <- [
          {"UNIQUE ON CONFLICT REPLACE", :integer, "('1'), ('1.0')"},
          {"UNIQUE ON CONFLICT IGNORE", :integer, "('1'), ('1.0')"},
          {"NOT NULL ON CONFLICT IGNORE CHECK (x <> 3)", :integer, "('1'), ('3.0')"}
        ] do
      sql!("CREATE TABLE a (x TEXT #{clause}); INSERT INTO a VALUES #{values}")
      before = rows("SELECT * FROM a")

      assert_raise EctoLibSql.Error, ~r/constraint failed/, fn ->
        alter("a", [{:modify, :x, column, []}])
      end

      assert rows("SELECT * FROM a") == before
      sql!("DROP TABLE a")
    end
  end

  @tag :local_file
  @tag repo: [pool_size: 1]
  test "a temporary table of the same name is left alone, and its rows too" do
    sql!("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT); INSERT INTO t VALUES (1, 2, 3)")
    sql!("CREATE INDEX i ON t (a); CREATE TABLE log (x)")
    sql!("CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END")
    sql!("CREATE TEMP TABLE t (id INTEGER PRIMARY KEY, a INT, z INT)")
    sql!("INSERT INTO temp.t VALUES (9, 9, 9)")

    alter("t", [{:modify, :a, :string, [null: false]}])
    alter("t", [{:remove, :b}, {:add_if_not_exists, :z, :integer, [default: 4]}])

    ddl({:create, %Ecto.Migration.Constraint{name: :short, table: "t", check: "length(a) < 9"}})

    assert rows("SELECT * FROM main.t") == [[1, "2", 4]]
    assert rows("SELECT * FROM temp.t") == [[9, 9, 9]]
    assert rows("SELECT name FROM sqlite_temp_master") == [["t"]]
    objects = "SELECT name FROM main.sqlite_master WHERE tbl_name = 't' ORDER BY 1"
    assert rows(objects) == [["i"], ["t"], ["tr"]]

    ddl({:rename, %Table{name: "t"}, :z, :zz})
    ddl({:drop, %Ecto.Migration.Index{name: :i, table: "t", columns: [:a]}, :restrict})
    ddl({:drop, %Table{name: "t"}, :restrict})
    assert rows(objects) == []
    assert rows("SELECT * FROM temp.t") == [[9, 9, 9]]
    # The temporary one is left.
    ddl({:drop_if_exists, %Table{name: "t"}, :restrict})
    assert rows("SELECT name FROM sqlite_temp_master") == []
  end

  test "names that differ in the case of a letter beyond ASCII are different columns" do
    sql!(~s|CREATE TABLE a ("É" INT, "é" INT, "Z" INT); INSERT INTO a VALUES (1, 2, 3)|)
    alter("a", [{:modify, :é, :string, []}, {:modify, :z, :string, [null: false]}])
    assert rows("SELECT * FROM a") == [[1, "2", "3"]]
    alter("a", [{:remove, :É}, {:modify, :z, :integer, []}])
    assert rows(~s|SELECT "é", z FROM a|) == [["2", 3]]
    alter("a", [{:add_if_not_exists, :É, :integer, [default: 5]}])
    assert rows("SELECT * FROM a") == [["2", 3, 5]]
  end

  test "a column that is removed and added again has no values and indexes of the old one" do
    sql!("CREATE TABLE a (x TEXT, y INT); INSERT INTO a VALUES ('old', 1)")
    sql!("CREATE INDEX i ON a (x)")

    alter("a", [
      {:remove, :X},
      {:add, :x, :integer, [default: 7]},
      {:modify, :y, :integer, [null: false]}
    ])

    assert rows("SELECT x, y FROM a") == [[7, 1]]
    assert rows("SELECT name FROM sqlite_master WHERE type = 'index'") == []

    alter("a", [
      {:remove_if_exists, :x},
      {:add_if_not_exists, :x, :string, [null: false, default: "n"]}
    ])

    assert rows("SELECT x, y FROM a") == [["n", 1]]
  end

  test "rows keep their rowids, also with columns that are called rowid" do
    sql!(
      "CREATE TABLE a (rowid TEXT, x INT); INSERT INTO a (oid, rowid, x) VALUES (100, 'x', 2), (50, 'y', 3)"
    )

    alter("a", [{:modify, :x, :integer, [null: false]}])
    alter("a", [{:add, :_rowid_, :integer, [null: false, default: 1]}])
    assert rows("SELECT oid, rowid, x FROM a") == [[50, "y", 3], [100, "x", 2]]
  end

  test "rows keep their rowids when the integer key gets another type" do
    for key <- ["id INTEGER PRIMARY KEY, x INT", "id INTEGER, x INT, PRIMARY KEY (id)"] do
      sql!("CREATE TABLE a (#{key}); INSERT INTO a VALUES (7, 1), (5, 2)")
      alter("a", [{:modify, :id, :string, []}])
      assert rows("SELECT rowid, id, x FROM a") == [[5, "5", 2], [7, "7", 1]]
      sql!("DROP TABLE a")
    end

    # INTEGER PRIMARY KEY DESC is not the rowid.
    sql!("CREATE TABLE a (id INTEGER PRIMARY KEY DESC, x INT)")
    sql!("INSERT INTO a (rowid, id, x) VALUES (7, 1, 1), (5, 2, 2)")
    alter("a", [{:modify, :x, :string, []}])
    assert rows("SELECT rowid, id, x FROM a") == [[5, 2, "2"], [7, 1, "1"]]
    # Another column becomes the rowid.
    alter("a", [
      {:modify, :id, :integer, [primary_key: false]},
      {:modify, :x, :integer, [primary_key: true]}
    ])

    assert rows("SELECT rowid, id, x FROM a") == [[1, 1, 1], [2, 2, 2]]
  end
end
