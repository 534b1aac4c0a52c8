defmodule EctoLibSql.PragmaTest do
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.Pragma

  setup do
    state = open!()

    for sql <- [
          "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
          "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, parent REFERENCES parents (id))",
          "CREATE INDEX by_name ON users (name)"
        ] do
      run!(state, sql)
    end

    %{state: state}
  end

  describe "a table that another connection has just created" do
    setup do
      path = temp_file()
      {one, two} = {file!(path), file!(path)}
      assert [[0]] = rows!(two, "SELECT count(*) FROM sqlite_schema")
      run!(one, "CREATE TABLE parent (id INTEGER PRIMARY KEY)")
      run!(one, "CREATE TABLE t (a, p REFERENCES parent (id))")
      run!(one, "CREATE UNIQUE INDEX t_a ON t (a)")
      %{other: two}
    end

    for {sql, what} <- [
          {"PRAGMA index_list(t)", "t_a"},
          {"PRAGMA main.index_list('t')", "t_a"},
          {"PRAGMA index_info(t_a)", "a"},
          {"PRAGMA index_xinfo(t_a)", "a"},
          {"PRAGMA foreign_key_list(t)", "parent"},
          {"PRAGMA table_info(t)", "a"},
          {"PRAGMA table_list(t)", "t"},
          {"SELECT * FROM pragma_index_list('t')", "t_a"},
          {"SELECT * FROM pragma_table_info('t')", "a"}
        ] do
      test "is seen by #{sql}", %{other: other} do
        assert [row | _] = rows!(other, unquote(sql))
        assert unquote(what) in row
      end
    end
  end

  describe "query/2" do
    test "runs a pragma", %{state: state} do
      assert {:ok, %Result{command: :pragma, columns: ["encoding"], rows: [["UTF-8"]]}} =
               Pragma.query(state, "PRAGMA encoding")
    end

    test "refuses a pragma with something behind it", %{state: state} do
      run!(state, "CREATE TABLE kept (x)")
      assert {:error, reason} = Pragma.query(state, "PRAGMA user_version; DROP TABLE kept")
      assert reason =~ "more than one statement"
      assert rows!(state, "SELECT * FROM kept") == []
      assert {:ok, %Result{rows: [[0]]}} = Pragma.query(state, "PRAGMA user_version; -- done")
    end

    test "refuses other SQL", %{state: state} do
      assert Pragma.query(state, "DROP TABLE users") == {:error, "expected a PRAGMA statement"}
      assert [_] = rows!(state, "SELECT 1 FROM sqlite_schema WHERE name = 'users'")
    end
  end

  describe "foreign keys" do
    @tag :local_file
    test "are switched on and off", %{state: state} do
      assert {:ok, %Result{command: :pragma, rows: [[1]]}} = Pragma.foreign_keys(state)
      assert :ok = Pragma.disable_foreign_keys(state)
      assert {:ok, %Result{rows: [[0]]}} = Pragma.foreign_keys(state)
      assert :ok = Pragma.enable_foreign_keys(state)
      assert {:ok, %Result{rows: [[1]]}} = Pragma.foreign_keys(state)
    end

    test "cannot be switched inside a transaction: that is an error", %{state: state} do
      {:ok, begun} = Native.begin(state)
      reason = "foreign_keys cannot be changed inside a transaction"
      assert Pragma.disable_foreign_keys(begun) == {:error, reason}
      assert Pragma.enable_foreign_keys(begun) == {:error, reason}
      Native.rollback(begun)
      assert {:ok, %Result{rows: [[1]]}} = Pragma.foreign_keys(state)
    end

    @tag :local_file
    test "are listed and checked", %{state: state} do
      assert {:ok, %Result{rows: [[0, 0, "parents", "parent", "id" | _]]}} =
               Pragma.foreign_key_list(state, :users)

      Pragma.disable_foreign_keys(state)
      run!(state, "INSERT INTO users (name, parent) VALUES ('a', 99)")
      assert {:ok, %Result{rows: [["users", 1, "parents", 0]]}} = Pragma.foreign_key_check(state)

      assert {:ok, %Result{rows: [["users", 1, "parents", 0]]}} =
               Pragma.foreign_key_check(state, "users")

      assert {:ok, %Result{rows: []}} = Pragma.foreign_key_check(state, "parents")
    end
  end

  describe "journal mode" do
    @tag :local_file
    test "is set on a file and read back" do
      state = file!(temp_file())

      for mode <- [:delete, :truncate, :persist, :memory, :off, :wal] do
        text = to_string(mode)

        assert {:ok, %Result{command: :pragma, rows: [[^text]]}} =
                 Pragma.set_journal_mode(state, mode)

        assert {:ok, %Result{rows: [[^text]]}} = Pragma.journal_mode(state)
        assert {:ok, ^mode} = Pragma.get(state, :journal_mode)
      end
    end

    test "refuses other modes", %{state: state} do
      for mode <- [:paper, "wal", nil, 1] do
        assert_raise FunctionClauseError, fn -> Pragma.set_journal_mode(state, mode) end
      end
    end
  end

  @tag :local_file
  test "synchronous is set by name and by number", %{state: state} do
    for {level, number} <- [off: 0, normal: 1, full: 2, extra: 3] do
      assert {:ok, %Result{}} = Pragma.set_synchronous(state, level)
      assert {:ok, %Result{rows: [[^number]]}} = Pragma.synchronous(state)
      assert {:ok, %Result{}} = Pragma.set_synchronous(state, number)
      assert {:ok, ^level} = Pragma.get(state, :synchronous)
    end

    assert_raise FunctionClauseError, fn -> Pragma.set_synchronous(state, 4) end
    assert_raise FunctionClauseError, fn -> Pragma.set_synchronous(state, :always) end
  end

  test "table_info/2 takes an atom or a string", %{state: state} do
    for table <- [:users, "users", "main.users"] do
      assert {:ok, %Result{command: :pragma, columns: ["cid", "name", "type" | _], rows: rows}} =
               Pragma.table_info(state, table)

      assert Enum.map(rows, &Enum.at(&1, 1)) == ["id", "name", "parent"]
    end
  end

  test "names that are no identifiers never reach the database", %{state: state} do
    for name <- [
          "users; DROP TABLE users",
          "",
          "a b",
          "1a",
          "us'ers",
          "é",
          "a.b.c",
          "a\0",
          nil,
          5,
          []
        ] do
      for call <- [
            &Pragma.table_info/2,
            &Pragma.index_list/2,
            &Pragma.index_info/2,
            &Pragma.foreign_key_list/2,
            &Pragma.foreign_key_check/2,
            &Pragma.get/2
          ] do
        assert {:error, {:invalid_identifier, ^name}} = call.(state, name)
      end

      assert {:error, {:invalid_identifier, ^name}} = Pragma.set(state, name, 1)
    end
  end

  test "tables and indexes are listed", %{state: state} do
    assert {:ok, %Result{rows: tables}} = Pragma.table_list(state)
    assert "users" in Enum.map(tables, &Enum.at(&1, 1))
    assert {:ok, %Result{rows: [[0, "by_name", 0 | _]]}} = Pragma.index_list(state, :users)
    assert {:ok, %Result{rows: [[0, 1, "name"]]}} = Pragma.index_info(state, :by_name)
  end

  @tag :local_file
  @tag :local_file
  test "user_version and cache_size are set and read", %{state: state} do
    assert {:ok, %Result{rows: [[0]]}} = Pragma.user_version(state)
    assert {:ok, %Result{command: :pragma}} = Pragma.set_user_version(state, 42)
    assert {:ok, %Result{rows: [[42]]}} = Pragma.user_version(state)
    assert {:ok, %Result{command: :pragma}} = Pragma.set_cache_size(state, -500)
    assert {:ok, %Result{rows: [[-500]]}} = Pragma.cache_size(state)
  end

  @tag :local_file
  test "numbers that a pragma cannot hold are refused", %{state: state} do
    {:ok, _} = Pragma.set_user_version(state, 7)

    for number <- [0x80000000, -0x80000001, Integer.pow(10, 30)] do
      assert {:error, {:invalid_value, ^number}} = Pragma.set_user_version(state, number)
      assert {:error, {:invalid_value, ^number}} = Pragma.set_cache_size(state, number)
      assert {:error, {:invalid_value, ^number}} = Pragma.set(state, "main.user_version", number)
    end

    assert {:ok, 7} = Pragma.get(state, :user_version)
    assert {:ok, _} = Pragma.set_user_version(state, -0x80000000)
    assert {:ok, _} = Pragma.set(state, :journal_size_limit, 0x80000000)
    assert {:ok, 0x80000000} = Pragma.get(state, :journal_size_limit)
  end

  @tag :local_file
  test "checks, sizes and maintenance return their results", %{state: state} do
    assert {:ok, %Result{rows: [["ok"]]}} = Pragma.integrity_check(state)
    assert {:ok, %Result{rows: [["ok"]]}} = Pragma.quick_check(state)
    assert {:ok, %Result{rows: [[4096]]}} = Pragma.page_size(state)
    assert {:ok, %Result{command: :pragma}} = Pragma.optimize(state)
    assert {:ok, %Result{rows: [_ | _]}} = Pragma.compile_options(state)
    assert :ok = Pragma.vacuum(state)
    {:ok, begun} = Native.begin(state)
    assert {:error, reason} = Pragma.vacuum(begun)
    assert reason =~ "VACUUM"
  end

  @tag :local_file
  test "wal_checkpoint/2 empties the log" do
    path = temp_file()
    state = file!(path)
    run!(state, "CREATE TABLE t (x)")
    assert {:ok, %Result{rows: [[0, _, _]]}} = Pragma.wal_checkpoint(state, :passive)
    assert {:ok, %Result{rows: [[0, 0, 0]]}} = Pragma.wal_checkpoint(state, :truncate)
    assert File.stat!(path <> "-wal").size == 0
    assert_raise FunctionClauseError, fn -> Pragma.wal_checkpoint(state, :sideways) end
  end

  describe "set/3 and get/2" do
    @tag :local_file
    test "convert switches and words", %{state: state} do
      assert {:ok, true} = Pragma.get(state, :foreign_keys)
      assert {:ok, _} = Pragma.set(state, :query_only, true)
      assert {:ok, true} = Pragma.get(state, "query_only")
      assert {:ok, _} = Pragma.set(state, :query_only, false)
      assert {:ok, false} = Pragma.get(state, "main.query_only")
      assert {:ok, _} = Pragma.set(state, :temp_store, :memory)
      assert {:ok, :memory} = Pragma.get(state, :temp_store)
      assert {:ok, "UTF-8"} = Pragma.get(state, :encoding)
      assert {:ok, _} = Pragma.set(state, :application_id, 77)
      assert {:ok, 77} = Pragma.get(state, :application_id)
    end

    test "return lists for several rows", %{state: state} do
      assert {:ok, [option | _]} = Pragma.get(state, :compile_options)
      assert is_binary(option)
      assert {:ok, [%{"name" => "main"} | _]} = Pragma.get(state, :database_list)
    end

    test "quote values", %{state: state} do
      assert {:ok, _} = Pragma.set(state, :user_version, "1; DROP TABLE users")
      assert [_] = rows!(state, "SELECT 1 FROM sqlite_schema WHERE name = 'users'")

      for value <- [nil, [1], %{}, {1}, "a\0"] do
        assert {:error, {:invalid_value, ^value}} = Pragma.set(state, :user_version, value)
      end
    end

    test "an unknown pragma is an error", %{state: state} do
      assert {:error, reason} = Pragma.get(state, :no_such_pragma)
      assert reason =~ "no_such_pragma"
    end
  end

  test "run inside the open transaction", %{state: state} do
    {:ok, begun} = Native.begin(state)
    assert {:ok, _} = Pragma.set_user_version(begun, 5)
    assert {:ok, %Result{rows: [[5]]}} = Pragma.user_version(begun)
    Native.rollback(begun)
    assert {:ok, %Result{rows: [[0]]}} = Pragma.user_version(state)
  end

  test "a closed connection is an error", %{state: state} do
    EctoLibSql.disconnect([], state)
    assert {:error, "Connection not found"} = Pragma.user_version(state)
    assert {:error, "Connection not found"} = Pragma.enable_foreign_keys(state)
  end
end
