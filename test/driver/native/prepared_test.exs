defmodule EctoLibSql.Native.PreparedTest do
  use EctoLibSql.DriverCase, async: true

  setup do
    state = open!()
    run!(state, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INTEGER)")
    run!(state, "INSERT INTO users (name, age) VALUES ('Ada', 36), ('Alan', 41)")
    %{state: state}
  end

  test "a query runs again and again with other arguments", %{state: state} do
    {:ok, statement} = Native.prepare(state, "SELECT name FROM users WHERE id = ?")
    assert is_binary(statement)

    for {id, rows} <- [{1, [["Ada"]]}, {2, [["Alan"]]}, {3, []}, {1, [["Ada"]]}] do
      assert {:ok, %Result{command: :select, columns: ["name"], rows: ^rows}} =
               Native.query_stmt(state, statement, [id])
    end
  end

  test "execute_stmt/4 gives the number of rows changed", %{state: state} do
    sql = "UPDATE users SET age = age + 1 WHERE age > ?"
    {:ok, statement} = Native.prepare(state, sql)
    assert {:ok, 2} = Native.execute_stmt(state, statement, sql, [0])
    assert {:ok, 0} = Native.execute_stmt(state, statement, sql, [100])
  end

  test "execute_stmt/4 gives a result where rows come back", %{state: state} do
    sql = "INSERT INTO users (name) VALUES (?) RETURNING id"
    {:ok, statement} = Native.prepare(state, sql)

    assert {:ok, %Result{rows: [[3]], num_rows: 1}} =
             Native.execute_stmt(state, statement, sql, ["B"])
  end

  test "the text that was prepared counts, not the hint", %{state: state} do
    {:ok, statement} = Native.prepare(state, "DELETE FROM users WHERE id = ?")
    assert {:ok, 1} = Native.execute_stmt(state, statement, "SELECT * FROM users", [1])
    assert rows!(state, "SELECT id FROM users") == [[2]]
  end

  test "prepare/2 reports what is wrong", %{state: state} do
    assert {:error, "Prepare failed" <> text} = Native.prepare(state, "SELECT * FROM nope")
    assert text =~ "no such table: nope"
    assert {:error, "Prepare failed" <> _} = Native.prepare(state, "SELEC")
    assert {:error, "Prepare failed" <> _} = Native.prepare(state, "")
    assert {:error, "Prepare failed" <> _} = Native.prepare(state, "SELECT 1; SELECT 2")
    assert {:error, "Prepare failed" <> _} = Native.prepare(state, "SELECT 1\0")
  end

  test "a closed statement is not found", %{state: state} do
    {:ok, statement} = Native.prepare(state, "SELECT 1")
    assert :ok = Native.close_stmt(statement)
    assert {:error, "Statement not found" <> _} = Native.query_stmt(state, statement, [])
    assert {:error, "Statement not found" <> _} = Native.close_stmt(statement)
  end

  test "a statement of a closed connection is gone at once", %{state: state} do
    {:ok, statement} = Native.prepare(state, "SELECT 1")
    EctoLibSql.disconnect([], state)
    assert {:error, reason} = Native.query_stmt(state, statement, [])
    assert reason =~ ~r/(Statement|Connection) not found/
  end

  test "a failed run leaves the statement usable", %{state: state} do
    sql = "INSERT INTO users (id, name) VALUES (?, 'x')"
    {:ok, statement} = Native.prepare(state, sql)
    assert {:error, reason} = Native.execute_stmt(state, statement, sql, [1])
    assert reason =~ "UNIQUE constraint failed: users.id"
    assert {:ok, 1} = Native.execute_stmt(state, statement, sql, [10])
  end

  test "survives a change of the schema", %{state: state} do
    {:ok, statement} = Native.prepare(state, "SELECT * FROM users WHERE id = 1")
    {:ok, %Result{columns: ["id", "name", "age"]}} = Native.query_stmt(state, statement, [])
    run!(state, "ALTER TABLE users ADD COLUMN city TEXT DEFAULT 'x'")

    assert {:ok, %Result{columns: ["id", "name", "age", "city"], rows: [[1, "Ada", 36, "x"]]}} =
             Native.query_stmt(state, statement, [])
  end

  test "may be run by several processes at once", %{state: state} do
    {:ok, statement} = Native.prepare(state, "SELECT name, ? FROM users WHERE id = ?")

    answers =
      1..40
      |> Enum.map(fn n -> Task.async(fn -> Native.query_stmt(state, statement, [n, 1]) end) end)
      |> Task.await_many()

    for {answer, n} <- Enum.zip(answers, 1..40) do
      assert {:ok, %Result{rows: [["Ada", ^n]]}} = answer
    end
  end

  test "reset_stmt/2 clears its bindings", %{state: state} do
    {:ok, statement} = Native.prepare(state, "SELECT ?")
    {:ok, _} = Native.query_stmt(state, statement, [1])
    assert :ok = Native.reset_stmt(state, statement)
    assert {:ok, %Result{rows: [[2]]}} = Native.query_stmt(state, statement, [2])
  end

  describe "metadata" do
    @tag :local_answer
    test "of columns", %{state: state} do
      {:ok, statement} = Native.prepare(state, "SELECT id, name AS n, age + 1 FROM users")
      assert {:ok, 3} = Native.stmt_column_count(state, statement)
      assert {:ok, "id"} = Native.stmt_column_name(state, statement, 0)
      assert {:ok, "n"} = Native.stmt_column_name(state, statement, 1)

      for index <- [3, 100, -1] do
        assert {:error, reason} = Native.stmt_column_name(state, statement, index)
        assert reason =~ "out of bounds"
      end

      assert {:ok, [{"id", "id", "INTEGER"}, {"n", "name", "TEXT"}, {"age + 1", nil, nil}]} =
               Native.get_stmt_columns(state, statement)
    end

    test "of a write has no columns", %{state: state} do
      {:ok, statement} = Native.prepare(state, "DELETE FROM users")
      assert {:ok, 0} = Native.stmt_column_count(state, statement)
      assert {:ok, []} = Native.get_stmt_columns(state, statement)
    end

    @tag :local_answer
    test "is that of the next run after another connection has altered the table" do
      path = temp_file()
      state = file!(path)
      run!(state, "CREATE TABLE t (a)")
      {:ok, statement} = Native.prepare(state, "SELECT * FROM t")
      assert {:ok, 1} = Native.stmt_column_count(state, statement)

      run!(file!(path), "ALTER TABLE t ADD COLUMN b TEXT")
      assert {:ok, 2} = Native.stmt_column_count(state, statement)
      assert {:ok, "b"} = Native.stmt_column_name(state, statement, 1)

      assert {:ok, [{"a", "a", _}, {"b", "b", "TEXT"}]} =
               Native.get_stmt_columns(state, statement)

      assert {:ok, %{columns: ["a", "b"]}} = Native.query_stmt(state, statement, [])
    end

    test "of parameters, names with their prefix, counted from one", %{state: state} do
      {:ok, statement} = Native.prepare(state, "SELECT :id, @b, $c, ?")
      assert {:ok, 4} = Native.stmt_parameter_count(state, statement)
      names = for index <- 1..4, do: Native.stmt_parameter_name(state, statement, index)
      assert names == [{:ok, ":id"}, {:ok, "@b"}, {:ok, "$c"}, {:ok, nil}]
    end

    test "of a parameter that does not exist is nil or an error", %{state: state} do
      {:ok, statement} = Native.prepare(state, "SELECT ?")

      for index <- [0, 2, -1] do
        case Native.stmt_parameter_name(state, statement, index) do
          {:ok, nil} -> :ok
          {:error, reason} -> assert reason =~ "out of bounds"
        end
      end
    end
  end
end
