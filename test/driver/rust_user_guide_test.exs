defmodule EctoLibSql.RustUserGuideTest do
  # The code blocks in the user guide of the older, Rust-based driver, as its readers have typed them, on a local
  # database.
  use EctoLibSql.DriverCase, async: true

  setup do
    {:ok, state} = EctoLibSql.connect(database: temp_file("guide.db"))

    {:ok, _, _, state} =
      EctoLibSql.handle_execute(
        "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, email TEXT UNIQUE, age INTEGER)",
        [],
        [],
        state
      )

    %{state: state}
  end

  test "connect, create, insert, select, disconnect", %{state: state} do
    {:ok, _query, result, state} =
      EctoLibSql.handle_execute(
        "INSERT INTO users (name, email) VALUES (?, ?)",
        ["Alice", "alice@example.com"],
        [],
        state
      )

    assert result.num_rows == 1
    query = %EctoLibSql.Query{statement: "SELECT * FROM users WHERE name = ?"}
    {:ok, _query, result, state} = EctoLibSql.handle_execute(query, ["Alice"], [], state)
    assert result.columns == ["id", "name", "email", "age"]
    assert result.rows == [[1, "Alice", "alice@example.com", nil]]
    assert :ok = EctoLibSql.disconnect([], state)
  end

  test "a transaction through the callbacks", %{state: state} do
    {:ok, :begin, state} = EctoLibSql.handle_begin([], state)
    insert = "INSERT INTO users (name) VALUES (?)"
    {:ok, _, _, state} = EctoLibSql.handle_execute(insert, ["Bob"], [], state)
    {:ok, _, state} = EctoLibSql.handle_commit([], state)
    {:ok, :begin, state} = EctoLibSql.handle_begin([], state)
    {:ok, _, _, state} = EctoLibSql.handle_execute(insert, ["Carol"], [], state)
    {:ok, _, state} = EctoLibSql.handle_rollback([], state)
    assert rows!(state, "SELECT name FROM users") == [["Bob"]]
  end

  test "transaction behaviours", %{state: state} do
    for behavior <- [:deferred, :immediate, :exclusive, :read_only] do
      {:ok, state} = EctoLibSql.Native.begin(state, behavior: behavior)
      assert {:ok, _} = EctoLibSql.Native.rollback(state)
    end
  end

  test "begin, work, commit or roll back", %{state: state} do
    {:ok, begun} = EctoLibSql.Native.begin(state)

    with {:ok, _, _, begun} <-
           EctoLibSql.handle_execute("INSERT INTO users (name) VALUES (?)", ["Dan"], [], begun),
         {:ok, _, _, begun} <-
           EctoLibSql.handle_execute(
             "UPDATE users SET age = ? WHERE name = ?",
             [30, "Dan"],
             [],
             begun
           ) do
      assert {:ok, "commit success"} = EctoLibSql.Native.commit(begun)
    end

    assert rows!(state, "SELECT name, age FROM users") == [["Dan", 30]]
  end

  test "prepared statements", %{state: state} do
    sql = "INSERT INTO users (name, email) VALUES (?, ?)"
    {:ok, insert} = EctoLibSql.Native.prepare(state, sql)

    for n <- 1..3 do
      assert {:ok, 1} =
               EctoLibSql.Native.execute_stmt(state, insert, sql, ["u#{n}", "u#{n}@example.com"])
    end

    {:ok, select} = EctoLibSql.Native.prepare(state, "SELECT name FROM users WHERE email = ?")
    {:ok, result} = EctoLibSql.Native.query_stmt(state, select, ["u2@example.com"])
    assert result.rows == [["u2"]]
    assert :ok = EctoLibSql.Native.close_stmt(insert)
    assert :ok = EctoLibSql.Native.close_stmt(select)
  end

  test "batches", %{state: state} do
    statements = [
      {"INSERT INTO users (name) VALUES (?)", ["A"]},
      {"INSERT INTO users (name) VALUES (?)", ["B"]},
      {"SELECT count(*) FROM users", []}
    ]

    {:ok, results} = EctoLibSql.Native.batch(state, statements)
    assert length(results) == 3
    assert List.last(results).rows == [[2]]

    {:ok, _} = EctoLibSql.Native.batch_transactional(state, statements)

    assert {:error, "no such table: nowhere (batch statement 1)"} =
             EctoLibSql.Native.batch_transactional(state, [
               {"UPDATE users SET age = 1", []},
               {"INSERT INTO nowhere VALUES (1)", []}
             ])

    assert rows!(state, "SELECT count(*), count(age) FROM users") == [[4, 0]]
  end

  test "savepoints", %{state: state} do
    {:ok, begun} = EctoLibSql.Native.begin(state)
    run!(begun, "INSERT INTO users (name) VALUES ('kept')")
    :ok = EctoLibSql.Native.create_savepoint(begun, "sp1")
    run!(begun, "INSERT INTO users (name) VALUES ('undone')")
    :ok = EctoLibSql.Native.rollback_to_savepoint_by_name(begun, "sp1")
    :ok = EctoLibSql.Native.release_savepoint_by_name(begun, "sp1")
    {:ok, _} = EctoLibSql.Native.commit(begun)
    assert rows!(state, "SELECT name FROM users") == [["kept"]]
  end

  test "metadata", %{state: state} do
    run!(state, "INSERT INTO users (name) VALUES ('x')")
    assert EctoLibSql.Native.get_last_insert_rowid(state) == 1
    assert EctoLibSql.Native.get_changes(state) == 1
    assert EctoLibSql.Native.get_total_changes(state) == 1
    assert EctoLibSql.Native.get_is_autocommit(state)
  end

  test "streaming with a cursor", %{state: state} do
    {:ok, _} =
      EctoLibSql.Native.batch(
        state,
        for(n <- 1..250, do: {"INSERT INTO users (name) VALUES (?)", ["u#{n}"]})
      )

    query = %EctoLibSql.Query{statement: "SELECT id FROM users ORDER BY id"}
    {:ok, query, cursor, state} = EctoLibSql.handle_declare(query, [], [], state)
    {:cont, result, state} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 100], state)
    assert length(result.rows) == 100
    {:cont, _, state} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 100], state)
    {:cont, result, state} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 100], state)
    assert length(result.rows) == 50
    {:halt, result, state} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 100], state)
    assert result.rows == []
    assert {:ok, _, _} = EctoLibSql.handle_deallocate(query, cursor, [], state)
  end

  test "RETURNING", %{state: state} do
    {:ok, _, result, _} =
      EctoLibSql.handle_execute(
        "INSERT INTO users (name) VALUES (?) RETURNING id, name",
        ["Eve"],
        [],
        state
      )

    assert result.columns == ["id", "name"]
    assert result.rows == [[1, "Eve"]]
    assert result.num_rows == 1
  end

  test "named parameters", %{state: state} do
    {:ok, _, _, state} =
      EctoLibSql.handle_execute(
        "INSERT INTO users (name, email) VALUES (:name, :email)",
        %{name: "Fay", email: "fay@example.com"},
        [],
        state
      )

    for sql <- [
          "SELECT email FROM users WHERE name = $name",
          "SELECT email FROM users WHERE name = @name"
        ] do
      {:ok, _, result, _} = EctoLibSql.handle_execute(sql, %{"name" => "Fay"}, [], state)
      assert result.rows == [["fay@example.com"]]
    end
  end

  test "blobs", %{state: state} do
    run!(state, "CREATE TABLE files (data BLOB)")
    data = <<0, 1, 2, 255>>
    run!(state, "INSERT INTO files VALUES (?)", [{:blob, data}])
    assert rows!(state, "SELECT data, typeof(data) FROM files") == [[data, "blob"]]
  end

  test "errors are matched", %{state: state} do
    run!(state, "INSERT INTO users (name, email) VALUES ('a', 'same@example.com')")

    case EctoLibSql.handle_execute(
           "INSERT INTO users (name, email) VALUES ('b', 'same@example.com')",
           [],
           [],
           state
         ) do
      {:error, %EctoLibSql.Error{sqlite: %{code: :constraint}} = error, _state} ->
        assert error.message == "UNIQUE constraint failed: users.email"
        assert EctoLibSql.Error.constraint_name(error) == "email"
    end
  end

  test "vectors as text and as column types", %{state: state} do
    type = EctoLibSql.Native.vector_type(3, :f32)
    run!(state, "CREATE TABLE docs (id INTEGER PRIMARY KEY, embedding #{type})")
    assert EctoLibSql.Native.vector([1.0, 2.0, 3.0]) == "[1.0,2.0,3.0]"
    sql = "ORDER BY " <> EctoLibSql.Native.vector_distance_cos("embedding", [1.0, 2.0, 3.0])
    assert sql == "ORDER BY vector_distance_cos(embedding, '[1.0,2.0,3.0]')"
  end

  test "pragmas and JSON", %{state: state} do
    assert :ok = EctoLibSql.Pragma.enable_foreign_keys(state)
    assert {:ok, %{rows: [[1]]}} = EctoLibSql.Pragma.foreign_keys(state)
    assert {:ok, "Ada"} = EctoLibSql.JSON.extract(state, ~s({"name":"Ada"}), "$.name")
  end
end
