defmodule EctoLibSql.Native.BatchTest do
  use EctoLibSql.DriverCase, async: true

  setup do
    state = open!()
    run!(state, "CREATE TABLE t (x UNIQUE)")
    %{state: state}
  end

  @insert "INSERT INTO t VALUES (?)"

  describe "batch/2" do
    test "gives one result for each statement, in order", %{state: state} do
      assert {:ok, [one, two, three]} =
               Native.batch(state, [
                 {@insert, [1]},
                 {"SELECT x FROM t", []},
                 {"UPDATE t SET x = 5", []}
               ])

      assert %Result{command: :batch, rows: nil, num_rows: 1} = one
      assert %Result{command: :batch, columns: ["x"], rows: [[1]], num_rows: 1} = two
      assert %Result{command: :batch, num_rows: 1} = three
    end

    test "of nothing gives nothing", %{state: state} do
      assert {:ok, []} = Native.batch(state, [])
    end

    test "runs all and reports the first failure with its index", %{state: state} do
      assert Native.batch(state, [{@insert, [1]}, {@insert, [1]}, {@insert, [2]}]) ==
               {:error, "UNIQUE constraint failed: t.x (batch statement 1)"}

      assert rows!(state, "SELECT x FROM t ORDER BY x") == [[1], [2]]
    end

    test "with on_error: :stop stops at the first failure", %{state: state} do
      members = [{@insert, [1]}, {@insert, [1]}, {@insert, [2]}]

      assert Native.batch(state, members, on_error: :stop) ==
               {:error, "UNIQUE constraint failed: t.x (batch statement 1)"}

      assert rows!(state, "SELECT x FROM t") == [[1]]
    end

    test "with results: :tagged shows each outcome", %{state: state} do
      members = [{@insert, [1]}, {@insert, [1]}, {@insert, [2]}]

      assert {:ok, [{:ok, %Result{num_rows: 1}}, {:error, failure}, {:ok, %Result{num_rows: 1}}]} =
               Native.batch(state, members, results: :tagged)

      assert inspect(failure) =~ "UNIQUE constraint failed: t.x"
    end

    test "gives the outcomes of a long batch as the members one by one would", %{state: state} do
      :rand.seed(:exsss, 11)

      members =
        for _ <- 1..300 do
          number = :rand.uniform(40)

          Enum.random([
            {@insert, [number]},
            {@insert, [number + 100]},
            {"DELETE FROM t WHERE x = ?", [number]},
            {"SELECT x FROM t WHERE x < ? ORDER BY x", [number]},
            {"UPDATE t SET x = x WHERE x < ?", [number]},
            {"INSERT INTO nowhere VALUES (?)", [number]}
          ])
        end

      other = open!()
      run!(other, "CREATE TABLE t (x UNIQUE)")

      one_by_one =
        for member <- members do
          case Native.batch(other, [member], results: :tagged) do
            {:ok, [{:error, %{message: message}}]} -> message
            {:ok, [outcome]} -> outcome
          end
        end

      assert {:ok, outcomes} = Native.batch(state, members, results: :tagged)
      assert length(outcomes) == 300

      for {outcome, expected} <- Enum.zip(outcomes, one_by_one) do
        case outcome do
          {:error, %{message: message}} -> assert message == expected
          outcome -> assert outcome == expected
        end
      end
    end

    test "takes named parameters", %{state: state} do
      assert {:ok, [%Result{}, %Result{rows: [[7]]}]} =
               Native.batch(state, [
                 {"INSERT INTO t VALUES (:x)", %{x: 7}},
                 {"SELECT x FROM t", []}
               ])
    end

    test "refuses options that it does not know", %{state: state} do
      members = [{@insert, [1]}]

      for opts <- [
            [on_error: :ignore],
            [on_error: "stop"],
            [results: :all],
            [timeout: "1"],
            [timeout: -1]
          ] do
        assert {:error, reason} = Native.batch(state, members, opts)
        assert reason =~ "on_error" and reason =~ "results", inspect(opts)
      end

      for opts <- [
            [on_error: :continue],
            [on_error: :stop],
            [on_error: :halt],
            [results: :tagged]
          ] do
        assert {:ok, [_]} = Native.batch(state, [{"SELECT 1", []}], opts)
      end

      assert rows!(state, "SELECT x FROM t") == []
    end

    test "with timeout: is stopped", %{state: state} do
      members = [{@insert, [1]}, {endless(), []}, {@insert, [2]}]
      assert {:error, reason} = Native.batch(state, members, timeout: 50)
      assert reason =~ ~r/interrupted|in time/
      assert rows!(state, "SELECT x FROM t") == [[1]]
      assert_usable(state)
    end

    test "of nothing needs a connection as well", %{state: state} do
      EctoLibSql.disconnect([], state)
      assert {:error, "Connection not found"} = Native.batch(state, [])
      assert {:error, "Connection not found"} = Native.batch_transactional(state, [])
    end

    test "is not atomic", %{state: state} do
      Native.batch(state, [{@insert, [1]}, {"SELECT * FROM nope", []}])
      assert rows!(state, "SELECT x FROM t") == [[1]]
    end

    test "yields RETURNING rows", %{state: state} do
      assert {:ok, [%Result{columns: ["x"], rows: [[3]], num_rows: 1}]} =
               Native.batch(state, [{@insert <> " RETURNING x", [3]}])
    end

    test "runs nothing in the place of SQL that is none", %{state: state} do
      for {sql, reason} <- [
            {"INSERT INTO t VALUES (" <> <<0xFF>> <> "?)", "the SQL text is not valid UTF-8"},
            {"INSERT INTO nowhere VALUES (?)", "no such table: nowhere"}
          ] do
        members = [{@insert, [1]}, {sql, [2]}, {sql, [3]}, {@insert, [4]}]

        assert {:ok, [{:ok, _}, {:error, ^reason}, {:error, ^reason}, {:ok, _}]} =
                 Native.batch(state, members, results: :tagged)

        assert rows!(state, "DELETE FROM t RETURNING x") == [[1], [4]]
      end
    end

    test "refuses what is no batch", %{state: state} do
      for {members, reason} <- [
            {[1], "a batch is a list of {sql, arguments} (batch statement 0)"},
            {[{1, []}], "the SQL must be a string (batch statement 0)"},
            {[{"SELECT 1"}], "a batch is a list of {sql, arguments} (batch statement 0)"},
            {["SELECT 1", []], "a batch is a list of {sql, arguments} (batch statement 1)"},
            {[{"SELECT 1", 5}], "arguments must be a list or map (batch statement 0)"}
          ],
          do: assert(Native.batch(state, members) == {:error, reason})

      assert_usable(state)
    end
  end

  describe "batch_transactional/2" do
    test "keeps all", %{state: state} do
      assert {:ok, [%Result{command: :batch, num_rows: 1}, %Result{num_rows: 1}]} =
               Native.batch_transactional(state, [{@insert, [1]}, {@insert, [2]}])

      assert value!(state, "SELECT count(*) FROM t") == 2
      assert Native.get_is_autocommit(state)
    end

    test "or nothing", %{state: state} do
      assert {:error, reason} =
               Native.batch_transactional(state, [{@insert, [1]}, {@insert, [1]}])

      assert reason =~ "UNIQUE constraint failed: t.x"
      assert value!(state, "SELECT count(*) FROM t") == 0
      assert Native.get_is_autocommit(state)
    end

    test "of nothing gives nothing", %{state: state} do
      assert {:ok, []} = Native.batch_transactional(state, [])
    end

    test "inside a transaction undoes itself only", %{state: state} do
      {:ok, begun} = Native.begin(state)
      run!(begun, @insert, [9])

      assert Native.batch_transactional(begun, [{@insert, [1]}, {@insert, [1]}]) ==
               {:error, "UNIQUE constraint failed: t.x (batch statement 1)"}

      assert {:ok, _} = Native.batch_transactional(begun, [{@insert, [2]}])
      Native.commit(begun)
      assert rows!(state, "SELECT x FROM t ORDER BY x") == [[2], [9]]
    end
  end

  describe "what keeps all or nothing" do
    test "has no member that ends it early", %{state: state} do
      for verb <- ["COMMIT", "END TRANSACTION", "ROLLBACK"] do
        members = [{@insert, [1]}, {verb, []}, {"SELECT * FROM nope", []}]
        assert {:error, reason} = Native.batch_transactional(state, members)
        assert reason =~ verb

        sql = "INSERT INTO t VALUES (1); #{verb}; SELECT * FROM nope"
        assert {:error, reason} = Native.execute_transactional_batch_sql(state, sql)
        assert reason =~ verb

        assert rows!(state, "SELECT x FROM t") == []
        assert Native.get_is_autocommit(state)
      end
    end

    test "leaves the transaction around it open", %{state: state} do
      {:ok, begun} = Native.begin(state)
      run!(begun, @insert, [9])

      assert {:error, "COMMIT cannot run among statements" <> _} =
               Native.batch_transactional(begun, [{@insert, [1]}, {"COMMIT", []}])

      assert rows!(begun, "SELECT x FROM t") == [[9]]
      assert {:ok, _} = Native.rollback(begun)
      assert rows!(state, "SELECT x FROM t") == []
    end
  end

  describe "execute_batch_sql/2" do
    test "gives nil for writes and a map for rows", %{state: state} do
      assert {:ok, [nil, nil, %{"columns" => ["x"], "rows" => [[1], [2]], "num_rows" => 2}]} =
               Native.execute_batch_sql(
                 state,
                 "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); SELECT x FROM t ORDER BY x;"
               )
    end

    test "splits where SQLite does", %{state: state} do
      sql = """
      -- a comment; with a semicolon
      CREATE TABLE log (what);
      CREATE TRIGGER note AFTER INSERT ON t BEGIN
        INSERT INTO log VALUES ('one;'); INSERT INTO log VALUES ('two');
      END;
      INSERT INTO t VALUES ('a;b');
      SELECT count(*) AS n FROM log;
      """

      assert {:ok, [nil, nil, nil, %{"rows" => [[2]]}]} = Native.execute_batch_sql(state, sql)
    end

    test "takes time in proportion to the text", %{state: state} do
      text = fn count -> Enum.map_join(1..count, fn i -> "INSERT INTO t VALUES (#{i});\n" end) end
      sql = "BEGIN; DELETE FROM t; " <> text.(40_000) <> "COMMIT"
      # Compiling the rest of the text for each statement takes 18 seconds.
      {milliseconds, answer} = timed(fn -> Native.execute_batch_sql(state, sql) end)
      assert {:ok, results} = answer
      assert length(results) == 40_003
      assert milliseconds < 8_000
      assert value!(state, "SELECT count(*) FROM t") == 40_000
    end

    test "belongs to the transaction that the state names", %{state: state} do
      {:ok, begun} = Native.begin(state)
      insert = "INSERT OR ROLLBACK INTO t VALUES (9)"
      assert {:ok, [nil]} = Native.execute_batch_sql(begun, insert)
      assert {:error, "UNIQUE constraint failed: t.x"} = Native.execute_batch_sql(begun, insert)

      # SQLite has ended the transaction: what was meant for it does not run on its own.
      for run <- [&Native.execute_batch_sql/2, &Native.execute_transactional_batch_sql/2] do
        assert {:error, "the transaction was rolled back by " <> _} =
                 run.(begun, "INSERT INTO t VALUES (1)")
      end

      assert rows!(state, "SELECT x FROM t") == []
    end

    test "runs nothing outside of the transaction that a statement of it has ended", %{
      state: state
    } do
      {:ok, begun} = Native.begin(state)
      sql = "INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2)"
      assert {:error, "Transaction not found" <> _} = Native.execute_batch_sql(begun, sql)

      {:ok, begun} = Native.begin(state)
      members = ["INSERT INTO t VALUES (3)", "ROLLBACK", "INSERT INTO t VALUES (4)"]
      assert {:error, reason} = Native.batch(begun, members)
      assert reason =~ "Transaction not found"
      assert rows!(state, "SELECT x FROM t") == [[1]]
    end

    test "of blank text gives nothing", %{state: state} do
      for sql <- ["", "  ;; ", "-- only a comment"] do
        assert {:ok, []} = Native.execute_batch_sql(state, sql)
      end
    end

    test "is not atomic", %{state: state} do
      assert {:error, reason} =
               Native.execute_batch_sql(state, "INSERT INTO t VALUES (1); SELECT * FROM nope")

      assert reason =~ "no such table: nope"
      assert rows!(state, "SELECT x FROM t") == [[1]]
    end
  end

  describe "execute_transactional_batch_sql/2" do
    test "gives results as the plain form does", %{state: state} do
      assert {:ok, [nil, %{"columns" => ["x"], "rows" => [[1]], "num_rows" => 1}]} =
               Native.execute_transactional_batch_sql(
                 state,
                 "INSERT INTO t VALUES (1); SELECT x FROM t"
               )
    end

    test "keeps nothing after a failure", %{state: state} do
      sql = "INSERT INTO t VALUES (1); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"
      assert {:error, reason} = Native.execute_transactional_batch_sql(state, sql)
      assert reason =~ "UNIQUE constraint failed: t.x"
      assert rows!(state, "SELECT x FROM t") == []
      assert Native.get_is_autocommit(state)
    end
  end
end
