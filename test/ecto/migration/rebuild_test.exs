defmodule Ecto.Adapters.LibSql.Migration.RebuildTest do
  # Random tables, rows and changes: what a change does not name stays equal, with each action that a foreign key
  # of a child has for a deleted parent.
  use EctoLibSql.EctoCase, async: true
  use ExUnitProperties

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.{Constraint, Reference, Table}

  @actions ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"]
  @clauses [
    "",
    " NOT NULL DEFAULT 7",
    " DEFAULT (1 + 1)",
    " COLLATE NOCASE",
    " CHECK (c IS NULL OR c < 1000)",
    " /* kept, (really) */",
    " CONSTRAINT named DEFAULT 'x,)('",
    " UNIQUE"
  ]

  defp alter(changes),
    do: {:ok, _} = Adapter.execute_ddl(meta(), {:alter, %Table{name: "p"}, changes}, log: false)

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())

  defp change do
    one_of([
      constant({:modify, :a, :string, [null: false, default: "d"]}),
      constant({:modify, :a, :float, []}),
      constant({:modify, :c, :text, [default: nil]}),
      constant({:modify, :c, :text, [null: false]}),
      constant({:modify, :c, :string, [check: "c <> 'x'", comment: "kept"]}),
      constant({:modify, :c, :text, [collate: :nocase, comment: "a */ b"]}),
      constant({:remove, :a}),
      constant({:add, :extra, :integer, [null: false, default: 5]}),
      constant({:add, :made, :utc_datetime, [default: {:fragment, "datetime('now')"}]}),
      constant({:add, :other, %Reference{table: "q", type: :integer}, [default: 1]})
    ])
  end

  # One change for each column.
  defp changes,
    do:
      map(list_of(change(), length: 1..3), fn changes -> Enum.uniq_by(changes, &elem(&1, 1)) end)

  defp table do
    gen all(
          clause <- member_of(@clauses),
          key <-
            member_of([
              "INTEGER PRIMARY KEY",
              "INTEGER PRIMARY KEY AUTOINCREMENT",
              "TEXT PRIMARY KEY",
              "INTEGER"
            ]),
          action <- member_of(@actions),
          suffix <- member_of(["", " STRICT", " WITHOUT ROWID"]),
          rows <- integer(0..6),
          strange <- member_of(["a", "\"A\"", "[a]", "`a`"])
        ) do
      clause =
        if String.contains?(clause, "CHECK"), do: String.replace(clause, "c ", "b "), else: clause

      type = if clause =~ "'x" or clause =~ "NOCASE", do: "TEXT", else: "INTEGER"
      unique = if key == "INTEGER", do: ", UNIQUE (id)", else: ""
      # A table without rowids has a key, and no AUTOINCREMENT.
      suffix = if key in ["INTEGER", "INTEGER PRIMARY KEY AUTOINCREMENT"], do: "", else: suffix

      %{
        sql:
          "CREATE TABLE p (id #{key}, #{strange} INTEGER, b #{type}#{clause}, c TEXT#{unique})#{suffix}",
        action: action,
        rows: rows
      }
    end
  end

  defp build(%{sql: sql, action: action, rows: rows}) do
    sql!(
      "DROP VIEW IF EXISTS v; DROP TABLE IF EXISTS children; DROP TABLE IF EXISTS p; DROP TABLE IF EXISTS q; DROP TABLE IF EXISTS log"
    )

    sql!(
      "CREATE TABLE q (id INTEGER PRIMARY KEY); INSERT INTO q VALUES (1); #{sql}; CREATE INDEX p_b ON p (b); CREATE VIEW v AS SELECT b, c FROM p"
    )

    sql!(
      "CREATE TABLE children (id INTEGER PRIMARY KEY, p_id REFERENCES p(id) ON DELETE #{action} ON UPDATE #{action})"
    )

    sql!("CREATE TABLE log (b)")
    sql!("CREATE TRIGGER logged AFTER UPDATE OF b ON p BEGIN INSERT INTO log VALUES (old.b); END")

    for i <- 1..rows//1,
        do: Repo.query!("INSERT INTO p (id, a, b, c) VALUES (?, ?, ?, ?)", [i * 3, i, i, "c#{i}"])

    sql!("INSERT INTO children (p_id) SELECT id FROM p")
  end

  property "rows, children, indexes, triggers and views stay as they were" do
    check all(
            table <- table(),
            changes <- changes(),
            max_runs: 80
          ) do
      build(table)
      kept = "SELECT id, b, c FROM p ORDER BY id"
      before = {rows(kept), rows("SELECT * FROM children"), rows("SELECT * FROM v ORDER BY 1, 2")}
      index = rows("SELECT sql FROM sqlite_master WHERE name = 'p_b'")
      alter(changes)

      assert {rows(kept), rows("SELECT * FROM children"), rows("SELECT * FROM v ORDER BY 1, 2")} ==
               before

      assert rows("SELECT sql FROM sqlite_master WHERE name = 'p_b'") == index
      assert rows("PRAGMA integrity_check") == [["ok"]]
      assert rows("PRAGMA foreign_key_check") == []
      assert rows("SELECT name FROM sqlite_master WHERE name LIKE 'ecto_libsql%'") == []
      sql!("UPDATE p SET b = b")
      assert rows("SELECT count(*) FROM log") == [[table.rows]]
      # The children still refer to the table of this name.
      assert rows("SELECT \"table\", \"to\" FROM pragma_foreign_key_list('children')") == [
               ["p", "id"]
             ]
    end
  end

  property "a change that fails changes nothing" do
    check all(table <- table(), table.rows > 0, max_runs: 30) do
      build(table)

      everything = fn ->
        {rows("SELECT * FROM p"), rows("SELECT * FROM children"),
         rows("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2")}
      end

      before = everything.()
      changes = [{:add, :fine, :integer, []}, {:modify, :c, :string, [check: "length(c) > 99"]}]
      assert_raise EctoLibSql.Error, fn -> alter(changes) end
      assert everything.() == before

      # The same inside a transaction, which continues.
      Repo.transaction(fn ->
        assert_raise EctoLibSql.Error, fn -> alter(changes) end
        assert everything.() == before
      end)

      assert everything.() == before
    end
  end

  @tag :local_answer
  test "a process that is killed during a rebuild leaves the old table", %{repo: repo} do
    build(%{sql: "CREATE TABLE p (id INTEGER PRIMARY KEY, a, b, c)", action: "CASCADE", rows: 3})

    before =
      {rows("SELECT * FROM p"), rows("SELECT * FROM children"),
       rows("SELECT sql FROM sqlite_master")}

    test = self()

    {pid, monitor} =
      spawn_monitor(fn ->
        Repo.put_dynamic_repo(repo)

        Repo.transaction(fn ->
          alter([{:modify, :a, :string, [null: false]}])
          send(test, :rebuilt)
          receive do: (:never -> :ok)
        end)
      end)

    assert_receive :rebuilt, 5000
    Process.exit(pid, :kill)
    assert_receive {:DOWN, ^monitor, _, _, _}
    sql!("INSERT INTO children (p_id) VALUES (NULL)")
    sql!("DELETE FROM children WHERE p_id IS NULL")

    assert {rows("SELECT * FROM p"), rows("SELECT * FROM children"),
            rows("SELECT sql FROM sqlite_master")} == before
  end

  @tag :local_answer
  test "a vector index is made again, and goes on checking what is written" do
    sql!("CREATE TABLE p (a INTEGER PRIMARY KEY, b TEXT, v F32_BLOB(2))")
    sql!("CREATE INDEX i ON p (libsql_vector_idx(v))")
    sql!("INSERT INTO p VALUES (1, '5', '[1,0]'), (2, '6', '[0,1]')")
    objects = fn -> rows("SELECT type, name, tbl_name FROM sqlite_master ORDER BY 1, 2") end
    before = objects.()

    alter([{:modify, :b, :integer, [null: false, default: 7]}])
    assert objects.() == before
    assert rows("SELECT id FROM vector_top_k('i', '[0,1]', 9)") == [[2], [1]]

    assert_raise EctoLibSql.Error, ~r/dimensions are different: 3 != 2/, fn ->
      sql!("INSERT INTO p VALUES (3, 1, '[1,0,0]')")
    end

    alter([{:remove, :v}])
    assert objects.() == [["table", "p", "p"]]
  end

  @tag :local_answer
  test "a constraint with validate: false keeps rows that break it" do
    build(%{sql: "CREATE TABLE p (id INTEGER PRIMARY KEY, a, b, c)", action: "CASCADE", rows: 3})
    constraint = %Constraint{name: :big, table: "p", check: "a > 100", validate: false}
    {:ok, _} = Adapter.execute_ddl(meta(), {:create, constraint}, log: false)

    assert_raise EctoLibSql.Error, ~r/CHECK constraint failed: big/, fn ->
      sql!("INSERT INTO p (a) VALUES (1)")
    end

    assert_raise EctoLibSql.Error, ~r/big/, fn ->
      Adapter.execute_ddl(meta(), {:create, %{constraint | name: :big2, validate: true}},
        log: false
      )
    end
  end
end
