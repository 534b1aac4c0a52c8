defmodule EctoLibSql.Parameters.PositionalTest do
  use EctoLibSql.DriverCase, async: true

  setup do: %{state: open!()}

  describe "positional parameters" do
    test "bind in order", %{state: state} do
      assert rows!(state, "SELECT ?, ?, ?", [1, "two", nil]) == [[1, "two", nil]]
      assert rows!(state, "SELECT ?2, ?1", ["a", "b"]) == [["b", "a"]]
    end

    test "bind in order, however many there are", %{state: state} do
      for count <- [1, 15, 16, 17, 31, 32, 33, 64, 500] do
        placeholders = Enum.map_join(1..count, ", ", fn _ -> "?" end)
        values = for i <- 1..count, do: Enum.at([i, "text #{i}", i / 2, nil], rem(i, 4))
        assert rows!(state, "SELECT #{placeholders}", values) == [values]
      end
    end

    test "may fill named placeholders by position", %{state: state} do
      assert rows!(state, "SELECT :a, @b, $c", [1, 2, 3]) == [[1, 2, 3]]
    end

    test "of the wrong number are an error, never NULL", %{state: state} do
      assert error!(state, "SELECT ?, ?", [1]).message == "expected 2 parameters, got 1"
      assert error!(state, "SELECT ?", [1, 2]).message =~ ~r/^expected 1 parameters?, got 2$/
      assert error!(state, "SELECT 1", [1]).message == "expected 0 parameters, got 1"
      run!(state, "CREATE TABLE t (a, b)")
      error!(state, "INSERT INTO t VALUES (?, ?)", [1])
      assert rows!(state, "SELECT * FROM t") == []
      assert_usable(state)
    end

    test "are counted on prepared statements, batches and cursors too", %{state: state} do
      {:ok, statement} = Native.prepare(state, "SELECT ?, ?")
      assert {:error, reason} = Native.query_stmt(state, statement, [1])
      assert reason =~ "expected 2 parameters, got 1"
      assert {:error, reason} = Native.batch(state, [{"SELECT ?, ?", [1]}])
      assert reason =~ "expected 2 parameters, got 1"

      assert {:error, %Error{message: message}, _} =
               EctoLibSql.handle_declare("SELECT ?, ?", [1], [], state)

      assert message =~ "expected 2 parameters, got 1"
      assert_usable(state)
    end

    test "that are neither list nor map are an error", %{state: state} do
      for arguments <- [1, "text", :atom, {1, 2}, nil] do
        assert error!(state, "SELECT ?", arguments).message == "arguments must be a list or map"
      end
    end

    test "are not taken from literals, comments and JSON paths", %{state: state} do
      sql = "SELECT ':x', '?', /* :y ? */ json_extract('{\"a\":1}', '$.a'), ? -- :z ?\n"
      assert rows!(state, sql, [5]) == [[":x", "?", 1, 5]]
    end

    test "an improper list is an error", %{state: state} do
      assert error!(state, "SELECT ?, ?", [1 | 2]).message == "arguments must be a list or map"
      assert_usable(state)
    end
  end
end
