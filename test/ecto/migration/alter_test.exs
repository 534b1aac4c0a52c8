defmodule Ecto.Adapters.LibSql.Migration.AlterTest do
  # What one change of a table does to its keys, indexes, triggers and comments, and to rows that break new
  # rules. Commands are given as Ecto's migration runner gives them.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.{Constraint, Index, Reference, Table}

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)
  defp alter(table, changes), do: ddl({:alter, %Table{name: table}, changes})
  defp create(table, columns), do: ddl({:create, %Table{name: table}, columns})
  defp stored(name), do: hd(hd(rows("SELECT sql FROM sqlite_master WHERE name = ?", [name])))

  defp names(type),
    do:
      List.flatten(
        rows(
          "SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite%' ORDER BY 1",
          [type]
        )
      )

  describe "the primary key" do
    test "is removed from a column by primary_key: false" do
      sql!("CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO a VALUES (3, 'x')")

      alter("a", [
        {:modify, :id, :integer, [primary_key: false]},
        {:add, :key, :string, [primary_key: true, default: "k"]}
      ])

      assert rows("SELECT id, x, key FROM a") == [[3, "x", "k"]]
      assert rows("SELECT name, pk FROM pragma_table_info('a') WHERE pk > 0") == [["key", 1]]
    end

    test "keeps its other columns when one is removed from it" do
      sql!(
        "CREATE TABLE a (x INTEGER, y INTEGER, PRIMARY KEY (x, y)); INSERT INTO a VALUES (1, 2)"
      )

      alter("a", [{:modify, :y, :integer, [primary_key: false]}])
      assert rows("SELECT name FROM pragma_table_info('a') WHERE pk > 0") == [["x"]]
      assert_raise EctoLibSql.Error, ~r/UNIQUE/, fn -> sql!("INSERT INTO a VALUES (1, 3)") end
    end

    test "is NOT NULL once it is no rowid" do
      sql!("CREATE TABLE a (id INTEGER PRIMARY KEY, x INTEGER)")
      alter("a", [{:modify, :id, :string, []}])
      assert_raise EctoLibSql.Error, ~r/NOT NULL/, fn -> sql!("INSERT INTO a (x) VALUES (1)") end
      alter("a", [{:modify, :x, :integer, [primary_key: true]}])

      assert_raise EctoLibSql.Error, ~r/NOT NULL/, fn ->
        sql!("INSERT INTO a (id) VALUES ('b')")
      end
    end
  end

  describe "start_value" do
    test "is the number of the first row" do
      create("a", [{:add, :id, :bigserial, [primary_key: true, start_value: 1000]}])
      sql!("INSERT INTO a DEFAULT VALUES; INSERT INTO a DEFAULT VALUES")
      assert rows("SELECT id FROM a") == [[1000], [1001]]

      sql!("CREATE TABLE b (x); INSERT INTO b VALUES ('old')")
      alter("b", [{:add, :id, :identity, [primary_key: true, start_value: 50]}])
      sql!("INSERT INTO b (x) VALUES ('new')")
      assert rows("SELECT id, x FROM b") == [[1, "old"], [50, "new"]]
    end

    test "does not renumber a table that has rows" do
      columns = [{:add, :id, :serial, [primary_key: true, start_value: 7]}]
      create("a", columns)
      sql!("INSERT INTO a DEFAULT VALUES")
      ddl({:create_if_not_exists, %Table{name: "a"}, columns})
      sql!("INSERT INTO a DEFAULT VALUES")
      assert rows("SELECT id FROM a") == [[7], [8]]
    end

    test "refuses a key that is no integer, and an increment other than 1" do
      for {column, message} <- [
            {{:add, :n, :integer, [start_value: 5]}, ~r/whole primary key.*:n/},
            {{:add, :n, :string, [primary_key: true, start_value: 5]}, ~r/needs an integer/},
            {{:add, :n, :serial, [primary_key: true, start_value: "5"]}, ~r/is an integer.*"5"/},
            {{:add, :n, :serial, [primary_key: true, increment: 2]},
             ~r/by ones, got increment: 2/}
          ] do
        assert_raise ArgumentError, message, fn -> create("a", [column]) end
      end
    end
  end

  describe "removing a column" do
    test "removes the indexes and checks that refer to it" do
      sql!("CREATE TABLE a (x TEXT, y INTEGER CHECK (y > z), z INTEGER, w INTEGER)")

      sql!(
        "CREATE INDEX on_expression ON a (lower(x)); CREATE INDEX on_condition ON a (w) WHERE z > 3"
      )

      sql!("CREATE INDEX kept ON a (w)")
      alter("a", [{:remove, :x}, {:remove, :z}])
      assert names("index") == ["kept"]
      assert stored("a") =~ ~r/^CREATE TABLE "a" \(y INTEGER, w INTEGER\)$/
    end

    test "is refused when a trigger of any table needs it" do
      sql!("CREATE TABLE a (x, y); CREATE TABLE b (z)")
      sql!("CREATE TRIGGER t AFTER UPDATE OF z ON b BEGIN UPDATE a SET y = new.z; END")
      before = rows("SELECT * FROM sqlite_master")

      for changes <- [[{:remove, :y}], [{:remove, :y}, {:modify, :x, :string, []}]] do
        assert_raise ArgumentError,
                     ~r/a trigger on update of "b" would break: no such column: y/,
                     fn ->
                       Repo.transaction(fn -> alter("a", changes) end)
                     end

        assert rows("SELECT * FROM sqlite_master") == before
      end
    end
  end

  describe "changing a column" do
    test "keeps comments, and replaces that of the column" do
      create_commented()
      alter("a", [{:modify, :x, :string, [null: false, default: "d"]}])
      for comment <- ["the table", "of x", "of y"], do: assert(stored("a") =~ "/* #{comment} */")
      alter("a", [{:modify, :x, :string, [comment: "new */ one"]}])
      refute stored("a") =~ "of x"
      assert stored("a") =~ "/* new * / one */"
      sql!("INSERT INTO a DEFAULT VALUES")
    end

    defp create_commented do
      table = %Table{name: "a", comment: "the table"}

      ddl(
        {:create, table,
         [{:add, :x, :string, [comment: "of x"]}, {:add, :y, :integer, [comment: "of y"]}]}
      )
    end

    test "keeps clauses that the adapter does not write itself" do
      sql!(
        "CREATE TABLE a (\n  -- the first\n  x TEXT NOT NULL, -- about x\n  y INTEGER -- y's */\n)"
      )

      alter("a", [{:modify, :x, :text, [null: true]}, {:modify, :y, :text, [default: "1"]}])
      for comment <- ["the first", "about x", "y's"], do: assert(stored("a") =~ comment)
      sql!("INSERT INTO a DEFAULT VALUES")
      assert rows("SELECT * FROM a") == [[nil, "1"]]
    end

    test "sets the collation" do
      create("a", [{:add, :x, :string, []}])
      sql!("INSERT INTO a VALUES ('Ab')")
      alter("a", [{:modify, :x, :string, [collate: :nocase]}])
      assert rows("SELECT count(*) FROM a WHERE x = 'aB'") == [[1]]
    end

    test "cannot make it a generated one" do
      create("a", [{:add, :x, :integer, []}])

      assert_raise ArgumentError, ~r/cannot become a generated one/, fn ->
        alter("a", [{:modify, :x, :integer, [generated: "1"]}])
      end
    end

    test "names the table in errors, not its copy" do
      sql!("CREATE TABLE a (x); INSERT INTO a VALUES (1)")

      add = fn -> alter("a", [{:add, :y, :integer, [null: false]}]) end
      assert assert_raise(EctoLibSql.Error, add).message == "NOT NULL constraint failed: a.y"
    end
  end

  describe "a foreign key" do
    setup do
      sql!("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p_id INTEGER, n INTEGER)")
      sql!("INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1), (99, 2)")
      :ok
    end

    defp reference(fields \\ []), do: struct!(%Reference{table: "p", type: :integer}, fields)

    test "is checked against the rows, unless it says otherwise" do
      assert_raise ArgumentError, ~r/would break foreign keys of 1 rows: c row 2/, fn ->
        alter("c", [{:modify, :p_id, reference(), []}])
      end

      alter("c", [{:modify, :p_id, reference(validate: false), []}])
      assert rows("SELECT * FROM c") == [[1, 1], [99, 2]]

      assert_raise EctoLibSql.Error, ~r/FOREIGN KEY/, fn ->
        sql!("INSERT INTO c VALUES (98, 3)")
      end
    end

    test "that was broken before does not stop another change" do
      alter("c", [{:modify, :p_id, reference(validate: false), []}])
      alter("c", [{:modify, :n, :string, [null: false]}, {:add, :q_id, reference(), []}])
      assert rows("SELECT p_id, n FROM c") == [[1, "1"], [99, "2"]]
    end

    test "may be checked at the commit" do
      for {table, columns} <- [
            d: [{:add, :p_id, reference(), [deferrable: true]}],
            e: [
              {:add, :p_id, reference(with: [n: :id]), [deferrable: :initially_deferred]},
              {:add, :n, :integer, []}
            ]
          ] do
        create(to_string(table), columns)
        assert stored(to_string(table)) =~ "DEFERRABLE INITIALLY DEFERRED"
      end

      assert_raise ArgumentError, ~r/:deferrable is true.*got: :yes/, fn ->
        create("f", [{:add, :p_id, reference(), [deferrable: :yes]}])
      end

      sql!("DROP TABLE e")
      Repo.transaction(fn -> sql!("INSERT INTO d VALUES (5); INSERT INTO p VALUES (5)") end)
      assert rows("SELECT * FROM d") == [[5]]
    end
  end

  test "names are found in another case than they are stored in" do
    sql!(
      "CREATE TABLE Users (Id INTEGER PRIMARY KEY, Name TEXT UNIQUE); INSERT INTO users VALUES (1, 'a')"
    )

    sql!("CREATE TABLE c (u REFERENCES USERS(id) ON DELETE CASCADE); INSERT INTO c VALUES (1)")
    sql!("CREATE INDEX i ON users (name); CREATE TABLE log (x)")
    sql!("CREATE TRIGGER t AFTER INSERT ON USERS BEGIN INSERT INTO log VALUES (new.id); END")
    alter("users", [{:modify, :name, :string, [null: false]}, {:add, :age, :integer, []}])
    ddl({:create, %Constraint{name: :old, table: "USERS", check: "age > 5"}})
    sql!("INSERT INTO users VALUES (2, 'b', 6)")
    assert rows("SELECT * FROM users") == [[1, "a", nil], [2, "b", 6]]
    assert {rows("SELECT * FROM c"), rows("SELECT * FROM log")} == {[[1]], [[2]]}
    assert names("table") == ["Users", "c", "log"]
    assert {names("index"), names("trigger")} == {["i"], ["t"]}
  end

  test "expressions may name the table" do
    sql!(
      "CREATE TABLE w (a INT CHECK (w.a > 0 AND \"w\".a < 9), b INT, c INT AS (a * 2), CHECK (W.b <> [w].[a]))"
    )

    sql!("INSERT INTO w (a, b) VALUES (1, 2)")
    alter("w", [{:modify, :b, :string, []}])
    assert rows("SELECT * FROM w") == [[1, "2", 2]]
    assert stored("w") =~ "w.a > 0 AND \"w\".a < 9"
    assert_raise EctoLibSql.Error, ~r/CHECK/, fn -> sql!("INSERT INTO w (a) VALUES (9)") end
  end

  test "views and virtual tables are not altered" do
    sql!("CREATE VIRTUAL TABLE s USING fts5(x); CREATE VIEW v AS SELECT 1 AS x")
    before = rows("SELECT * FROM sqlite_master")

    for {table, reason} <- [{"s", "is virtual"}, {"v", "is a view"}, {"none", "does not exist"}],
        change <- [{:modify, :x, :string, []}, {:add, :y, :string, []}, {:remove_if_exists, :y}] do
      assert_raise ArgumentError, ~r/cannot change table "#{table}": it #{reason}/, fn ->
        alter(table, [change])
      end
    end

    assert rows("SELECT * FROM sqlite_master") == before
  end

  test "the trigger of {:nilify, columns} is dropped with its column, its table and its action" do
    sql!("CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1), (2)")
    nilify = %Reference{table: "p", type: :integer, on_delete: {:nilify, [:p_id]}}

    columns = [
      {:add, :p_id, nilify, []},
      {:add, :q_id, %{nilify | on_delete: {:default, [:q_id]}}, []}
    ]

    create("c", columns)
    assert names("trigger") == ["c_p_id_on_delete", "c_q_id_on_delete"]

    alter("c", [{:modify, :p_id, %{nilify | on_delete: :delete_all}, []}])
    assert names("trigger") == ["c_q_id_on_delete"]
    alter("c", [{:modify, :p_id, nilify, []}, {:remove, :q_id}])
    assert names("trigger") == ["c_p_id_on_delete"]
    sql!("INSERT INTO c VALUES (1); DELETE FROM p WHERE id = 1")
    assert rows("SELECT * FROM c") == [[nil]]

    ddl({:rename, %Table{name: "c"}, %Table{name: "d"}})
    ddl({:drop, %Table{name: "d"}, :restrict})
    assert names("trigger") == []
    sql!("DELETE FROM p")
  end

  test "create_if_not_exists of an existing table does nothing, also to triggers" do
    sql!("CREATE TABLE p (id INTEGER PRIMARY KEY)")
    nilify = %Reference{table: "p", type: :integer, on_delete: {:nilify, [:p_id]}}
    command = {:create_if_not_exists, %Table{name: "c"}, [{:add, :p_id, nilify, []}]}
    ddl(command)
    before = rows("SELECT * FROM sqlite_master")
    ddl(command)
    Repo.transaction(fn -> ddl(command) end)
    assert rows("SELECT * FROM sqlite_master") == before
  end

  test "another writer at the same time does not make a migration fail", %{folder: folder} do
    sql!("CREATE TABLE a (x TEXT, y TEXT); CREATE INDEX i ON a (y); CREATE TABLE others (z)")
    other = [database: Path.join(folder, "test.db"), busy_timeout: 20]
    test = self()

    # After the first query of each command another connection tries to write.
    write = fn _, _, _, _ ->
      if self() == test and Process.put(:looked, true) == nil do
        {:ok, state} = EctoLibSql.connect(other)
        EctoLibSql.handle_execute("INSERT INTO others VALUES (1)", [], [], state)
        EctoLibSql.disconnect([], state)
      end
    end

    :telemetry.attach("#{folder} writes", [:ecto_lib_sql, :ecto_repo, :query], write, nil)
    on_exit(fn -> :telemetry.detach("#{folder} writes") end)

    for command <- [
          {:alter, %Table{name: "a"}, [{:modify, :x, :integer, []}]},
          {:alter, %Table{name: "a"}, [{:add, :w, :integer, []}]},
          {:create, %Constraint{name: :positive, table: "a", check: "x > 0"}},
          {:drop, %Constraint{name: :positive, table: "a"}, :restrict},
          {:rename, %Index{name: :i, table: "a", columns: [:y]}, :j},
          {:create_if_not_exists, %Table{name: "b"}, [{:add, :x, :integer, []}]},
          {:drop, %Table{name: "b"}, :restrict}
        ] do
      Repo.transaction(fn ->
        Process.delete(:looked)
        ddl(command)
      end)
    end

    assert names("index") == ["j"] and names("table") == ["a", "others"]
  end

  test "a constraint is created once, with its comment" do
    create("a", [{:add, :x, :integer, []}])
    constraint = %Constraint{name: :positive, table: "a", check: "x > 0", comment: "no debts"}
    ddl({:create, constraint})
    assert stored("a") =~ "no debts"

    assert_raise ArgumentError, ~r/has a constraint "positive" already/, fn ->
      ddl({:create, %{constraint | check: "x > 1"}})
    end
  end

  test "drop with mode: :cascade drops a table without references to it" do
    sql!("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p_id REFERENCES p(id))")

    assert_raise ArgumentError, ~r/mode: :cascade.*"c" refers to it/, fn ->
      ddl({:drop, %Table{name: "p"}, :cascade})
    end

    ddl({:drop, %Table{name: "c"}, :cascade})
    ddl({:drop, %Table{name: "p"}, :cascade})
    assert names("table") == []
  end

  test "a default in several parentheses is one expression" do
    create("a", [{:add, :x, :string, [default: {:fragment, "('a') || ('b')"}]}])
    sql!("INSERT INTO a DEFAULT VALUES")
    assert rows("SELECT x FROM a") == [["ab"]]
  end

  test "a column of a search table may be unindexed, and has no constraints" do
    table = %Table{name: "s", options: [fts5: true]}
    ddl({:create, table, [{:add, :title, :string, []}, {:add, :note, :text, [unindexed: true]}]})
    sql!("INSERT INTO s VALUES ('tea', 'pot')")
    assert rows("SELECT count(*) FROM s WHERE s MATCH 'tea'") == [[1]]
    assert rows("SELECT count(*) FROM s WHERE s MATCH 'pot'") == [[0]]

    assert_raise ArgumentError, ~r/\[null: false\] for :title/, fn ->
      ddl({:create, %{table | name: "t"}, [{:add, :title, :string, [null: false]}]})
    end
  end

  @tag repo: [dialect: :libsql, migration_lock: false]
  test "options that a repository is started with override those of the application" do
    assert meta().libsql.dialect == :libsql
    assert Adapter.lock_for_migrations(meta(), [], fn -> names("table") end) == []

    # The adapter passes RANDOM ROWID on, which SQLite does not know.
    assert_raise EctoLibSql.Error, ~r/syntax error/, fn ->
      ddl({:create, %Table{name: "r", options: [random_rowid: true]}, [{:add, :a, :integer, []}]})
    end
  end
end
