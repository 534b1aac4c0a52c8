defmodule EctoLibSql.ResultTest do
  use EctoLibSql.DriverCase, async: true

  describe "new/1" do
    test "takes a keyword list or a map" do
      expected = %Result{command: :select, columns: ["a"], rows: [[1]], num_rows: 1}
      fields = [command: :select, columns: ["a"], rows: [[1]], num_rows: 1]
      assert Result.new(fields) == expected
      assert Result.new(Map.new(fields)) == expected
    end
  end

  describe "to_maps/1" do
    test "returns one map for each row" do
      result = run!(open!(), "SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y'")
      assert Result.to_maps(result) == [%{"a" => 1, "b" => "x"}, %{"a" => 2, "b" => "y"}]
    end

    test "returns no maps for a result without rows" do
      assert Result.to_maps(%Result{command: :create, num_rows: 0}) == []
    end
  end

  describe "Enumerable" do
    test "counts and lists rows" do
      result = run!(open!(), "SELECT 1 AS a UNION ALL SELECT 2")
      assert Enum.count(result) == 2
      assert Enum.map(result, & &1) |> length() == 2
    end
  end

  describe "what a statement reports" do
    setup do
      state = open!()
      run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
      %{state: state}
    end

    test "SELECT, WITH, VALUES and EXPLAIN are :select with rows", %{state: state} do
      assert %Result{command: :select, columns: ["a", "b"], rows: [[1, 2]], num_rows: 1} =
               run!(state, "SELECT 1 AS a, 2 AS b")

      assert %Result{command: :select, columns: ["n"], rows: [[1]], num_rows: 1} =
               run!(state, "WITH c(n) AS (SELECT 1) SELECT n FROM c")

      assert %Result{command: :select, rows: [[1], [2]], num_rows: 2} =
               run!(state, "VALUES (1), (2)")

      assert %Result{command: :select, columns: [_ | _]} =
               run!(state, "EXPLAIN QUERY PLAN SELECT 1")
    end

    test "a query without rows still names its columns", %{state: state} do
      assert %Result{command: :select, columns: ["id", "x"], rows: [], num_rows: 0} =
               run!(state, "SELECT id, x FROM t")
    end

    test "a write has no columns and counts its rows", %{state: state} do
      assert %Result{command: :insert, columns: nil, rows: nil, num_rows: 2} =
               run!(state, "INSERT INTO t (x) VALUES ('a'), ('b')")

      assert %Result{command: :update, columns: nil, rows: nil, num_rows: 2} =
               run!(state, "UPDATE t SET x = 'c'")

      assert %Result{command: :delete, columns: nil, rows: nil, num_rows: 1} =
               run!(state, "DELETE FROM t WHERE id = 1")

      assert %Result{command: :update, num_rows: 0} =
               run!(state, "UPDATE t SET x = 1 WHERE id = 99")
    end

    test "REPLACE and WITH … INSERT are :insert", %{state: state} do
      assert %Result{command: :insert, num_rows: 1} =
               run!(state, "REPLACE INTO t VALUES (1, 'a')")

      assert %Result{command: :insert, num_rows: 1} =
               run!(state, "WITH c(v) AS (SELECT 'z') INSERT INTO t (x) SELECT v FROM c")
    end

    test "a write with RETURNING has columns, rows and the same count", %{state: state} do
      assert %Result{
               command: :insert,
               columns: ["id", "x"],
               rows: [[1, "a"], [2, "b"]],
               num_rows: 2
             } = run!(state, "INSERT INTO t (x) VALUES ('a'), ('b') RETURNING id, x")

      assert %Result{command: :update, columns: ["id"], rows: [], num_rows: 0} =
               run!(state, "UPDATE t SET x = 'c' WHERE id = 9 RETURNING id")

      assert %Result{command: :delete, columns: ["x"], rows: [["b"]], num_rows: 1} =
               run!(state, "DELETE FROM t WHERE id = 2 RETURNING x")
    end

    test "DDL is :create or :drop, without rows", %{state: state} do
      for {sql, command} <- [
            {"CREATE TABLE u (a)", :create},
            {"CREATE INDEX i ON u (a)", :create},
            {"ALTER TABLE u ADD COLUMN b", :create},
            {"DROP INDEX i", :drop},
            {"drop table if exists u", :drop}
          ] do
        assert %Result{command: ^command, columns: nil, rows: nil, num_rows: 0} = run!(state, sql)
      end
    end

    test "DDL after a write does not repeat the write's count", %{state: state} do
      run!(state, "INSERT INTO t (x) VALUES (1), (2), (3)")
      assert %Result{num_rows: 0} = run!(state, "CREATE TABLE u (a)")
    end

    test "PRAGMA is :pragma with its rows", %{state: state} do
      assert %Result{command: :pragma, columns: ["user_version"], rows: [[0]], num_rows: 1} =
               run!(state, "PRAGMA user_version")
    end

    test "BEGIN, COMMIT and ROLLBACK have their own commands and no rows", %{state: state} do
      for {sql, command} <- [
            {"BEGIN", :begin},
            {"COMMIT", :commit},
            {"BEGIN", :begin},
            {"ROLLBACK", :rollback}
          ] do
        assert %Result{command: ^command, columns: nil, rows: nil, num_rows: 0} = run!(state, sql)
      end
    end

    test "anything else is :other", %{state: state} do
      assert %Result{command: :other} = run!(state, "ANALYZE")
      assert %Result{command: :other} = run!(state, "REINDEX")
    end
  end

  describe "values" do
    setup do: %{state: open!()}

    test "come back as integer, float, binary and nil", %{state: state} do
      assert rows!(state, "SELECT 1, 1.5, 'text', x'00ff', NULL") == [
               [1, 1.5, "text", <<0, 255>>, nil]
             ]
    end

    test "keep 64 bits", %{state: state} do
      assert rows!(state, "SELECT 9223372036854775807, -9223372036854775808") == [
               [9_223_372_036_854_775_807, -9_223_372_036_854_775_808]
             ]
    end

    @tag :local_answer
    test "that are infinite are atoms", %{state: state} do
      assert rows!(state, "SELECT 9e999, -9e999") == [[:infinity, :neg_infinity]]
    end

    test "of duplicate column names are all kept", %{state: state} do
      assert %Result{columns: ["a", "a"], rows: [[1, 2]]} = run!(state, "SELECT 1 AS a, 2 AS a")
    end

    @tag :local_answer
    test "of TEXT that is not UTF-8 are the stored bytes", %{state: state} do
      assert rows!(state, "SELECT CAST(x'ff00fe' AS TEXT)") == [[<<0xFF, 0x00, 0xFE>>]]
    end

    test "of large text and blobs are whole", %{state: state} do
      text = String.duplicate("é", 100_000)
      blob = :binary.copy(<<0, 255>>, 100_000)
      assert rows!(state, "SELECT ?, ?", [text, {:blob, blob}]) == [[text, blob]]
    end
  end

  describe "a result in Livebook" do
    @describetag :table
    setup do: %{state: open!()}

    test "is a table of its rows", %{state: state} do
      result = run!(state, "SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, NULL")

      assert apply(Table, :to_rows, [result]) |> Enum.to_list() == [
               %{"a" => 1, "b" => "x"},
               %{"a" => 2, "b" => nil}
             ]

      assert {:rows, %{count: 2}, _rows} = apply(Table.Reader, :init, [result])
    end

    test "is an empty table when there are no columns", %{state: state} do
      result = run!(state, "CREATE TABLE no_rows (x)")
      assert apply(Table.Reader, :init, [result]) == {:rows, %{columns: [], count: 0}, []}
    end
  end
end
