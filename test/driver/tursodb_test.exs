defmodule EctoLibSql.TursodbTest do
  # tursodb's sync server: one connection for all its clients, no streams, no `close`, no `describe`.
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.{ServerDoctor, Tursodb}

  @moduletag :tursodb

  setup do
    folder = temp_folder()
    %{folder: folder, url: Tursodb.start!(folder)}
  end

  defp connect!(url, options \\ []) do
    {:ok, state} = EctoLibSql.connect([uri: url] ++ options)
    state
  end

  describe "a connection to the server" do
    setup %{url: url} do
      state = connect!(url)

      run!(
        state,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b REAL, c BLOB, n INTEGER NOT NULL DEFAULT 0)"
      )

      %{state: state}
    end

    test "keeps values, by position and by name", %{state: state} do
      big = 9_223_372_036_854_775_807

      run!(state, "INSERT INTO t VALUES (?, ?, ?, ?, ?)", [
        1,
        "ä'\"",
        1.5,
        {:blob, <<0, 255>>},
        big
      ])

      assert rows!(state, "SELECT a, b, c, n FROM t WHERE id = :id AND a = :a", %{
               id: 1,
               a: "ä'\""
             }) ==
               [["ä'\"", 1.5, <<0, 255>>, big]]
    end

    test "counts what statements change", %{state: state} do
      assert run!(state, "INSERT INTO t (a) VALUES ('x'), ('y')").num_rows == 2
      assert Native.get_last_insert_rowid(state) == 2
      assert run!(state, "UPDATE t SET n = 1 WHERE a = 'z'").num_rows == 0
      assert run!(state, "INSERT INTO t (a) VALUES ('z') RETURNING id").rows == [[3]]
      assert run!(state, "DELETE FROM t").num_rows == 3
    end

    test "tells constraints by their codes", %{state: state} do
      run!(state, "INSERT INTO t (a) VALUES ('x')")
      error = error!(state, "INSERT INTO t (a) VALUES ('x')")
      assert %{sqlite: %{extended_code: :constraint_unique}} = error
      assert error.message =~ "UNIQUE constraint failed: t.a"

      assert %{sqlite: %{extended_code: :constraint_notnull}} =
               error!(state, "INSERT INTO t (n) VALUES (NULL)")

      assert %{kind: :error} = error!(state, "SELEC 1")
      assert_usable(state)
    end

    test "runs prepared statements and batches", %{state: state} do
      {:ok, statement} = Native.prepare(state, "INSERT INTO t (a) VALUES (?)")

      assert {:ok, 1} =
               Native.execute_stmt(state, statement, "INSERT INTO t (a) VALUES (?)", ["p"])

      assert {:error, message} =
               Native.batch(state, [
                 {"INSERT INTO t (a) VALUES (?)", ["q"]},
                 {"INSERT INTO t (a) VALUES (?)", ["p"]}
               ])

      assert message =~ "UNIQUE constraint failed: t.a"

      assert {:ok, _} =
               Native.batch_transactional(state, [
                 {"INSERT INTO t (a) VALUES (?)", ["r"]},
                 {"UPDATE t SET n = ? WHERE a = ?", [5, "r"]}
               ])

      assert {:error, _} =
               Native.batch_transactional(state, [
                 {"INSERT INTO t (a) VALUES (?)", ["s"]},
                 {"INSERT INTO t (a) VALUES (?)", ["p"]}
               ])

      assert rows!(state, "SELECT a, n FROM t ORDER BY a") == [["p", 0], ["q", 0], ["r", 5]]
    end

    test "refuses a transaction of several calls, and runs nothing of it", %{state: state} do
      assert {:error, %Error{kind: :unsupported} = error, _state} =
               EctoLibSql.handle_begin([], state)

      assert error.message =~ "batch"
      assert %{kind: :unsupported} = error!(state, "BEGIN")
      assert_usable(state)
    end

    test "does not write into another client's transaction", %{state: state, url: url} do
      Tursodb.run_elsewhere!(url, "BEGIN IMMEDIATE")

      assert %{kind: :busy, recovery: [:retryable]} =
               error!(state, "INSERT INTO t (a) VALUES ('x')")

      Tursodb.run_elsewhere!(url, "ROLLBACK")
      assert run!(state, "INSERT INTO t (a) VALUES ('x')").num_rows == 1
    end

    test "is explained by the doctor", %{url: url} do
      {:ok, report} = ServerDoctor.examine(url)
      text = Enum.join(ServerDoctor.lines(report), "\n")
      assert %{failed: false} = report
      assert text =~ ~r"^HTTP: +answers, version 2 of the protocol$"m
      assert text =~ ~r"^transactions: +none of several requests"m
    end
  end

  describe "a replica of the server" do
    test "reads what it has written, from its file", %{folder: folder, url: url} do
      path = Path.join(folder, "replica.db")
      state = connect!(url, database: path, mode: :remote_replica)
      other = connect!(url, database: path, mode: :remote_replica)
      run!(state, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)")

      for i <- 1..20 do
        assert run!(state, "INSERT INTO t (b) VALUES (?)", [i]).num_rows == 1
        assert rows!(other, "SELECT max(b) FROM t") == [[i]]
      end

      {:ok, _} =
        Native.batch_transactional(state, [
          {"DELETE FROM t WHERE b > ?", [10]},
          {"UPDATE t SET b = 0", []}
        ])

      {:ok, file} = EctoLibSql.connect(database: path, mode: :readonly)
      assert rows!(file, "SELECT count(*), sum(b) FROM t") == [[10, 0]]

      assert %{sqlite: %{extended_code: :constraint_unique}} =
               error!(state, "INSERT INTO t VALUES (1, 1)")
    end
  end
end
