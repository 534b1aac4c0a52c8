defmodule EctoLibSql.Parameters.NamedTest do
  use EctoLibSql.DriverCase, async: true

  setup do: %{state: open!()}

  # The same call through every function that takes parameters.
  defp each_way(state, sql, arguments) do
    {:ok, statement} = Native.prepare(state, sql)
    {:ok, query, cursor, _} = EctoLibSql.handle_declare(sql, arguments, [], state)
    {:cont, fetched, _} = EctoLibSql.handle_fetch(query, cursor, [], state)
    {:ok, prepared} = Native.query_stmt(state, statement, arguments)
    {:ok, [batched]} = Native.batch(state, [{sql, arguments}])
    {:ok, [atomic]} = Native.batch_transactional(state, [{sql, arguments}])
    {:ok, _, queried, _} = Native.query(state, sql, arguments)
    {:ok, _, plain, _} = Native.execute_non_trx(sql, state, arguments)

    [run!(state, sql, arguments), fetched, prepared, batched, atomic, queried, plain]
    |> Enum.map(& &1.rows)
    |> Enum.uniq()
  end

  test "bind by atom and by string, with every prefix", %{state: state} do
    for prefix <- [":", "@", "$"], arguments <- [%{a: 1}, %{"a" => 1}] do
      assert each_way(state, "SELECT #{prefix}a", arguments) == [[[1]]]
    end
  end

  test "may be a keyword list", %{state: state} do
    assert rows!(state, "SELECT :a, :b", a: 1, b: 2) == [[1, 2]]
  end

  test "may carry their prefix in the key", %{state: state} do
    assert rows!(state, "SELECT :a, @b, $c", %{":a" => 1, "@b" => 2, "$c" => 3}) == [[1, 2, 3]]
  end

  test "bind once for all uses of a name", %{state: state} do
    assert rows!(state, "SELECT :a + :a, @b", %{a: 2, b: 3}) == [[4, 3]]
  end

  test "ignore keys that the SQL does not use", %{state: state} do
    assert rows!(state, "SELECT :a", %{a: 1, b: 2, c: self()}) == [[1]]
  end

  test "are case-sensitive", %{state: state} do
    assert rows!(state, "SELECT :a, :A", %{a: 1, A: 2}) == [[1, 2]]
    assert_raise ArgumentError, fn -> run!(state, "SELECT :A", %{a: 1}) end
  end

  test "that are missing raise and are listed", %{state: state} do
    error =
      assert_raise ArgumentError, ~r/^Missing required parameters: :a, :b/, fn ->
        run!(state, "SELECT :a, :b, :c", %{c: 1})
      end

    assert error.message =~ ":c"
    assert_usable(state)
  end

  test "with nil bind NULL and are not missing", %{state: state} do
    assert rows!(state, "SELECT :a", %{a: nil}) == [[nil]]
  end

  test "for positional placeholders raise", %{state: state} do
    assert_raise ArgumentError,
                 ~r/Cannot use named parameter map with SQL that has positional parameters/,
                 fn -> run!(state, "SELECT ?", %{a: 1}) end

    assert_usable(state)
  end

  test "for SQL without placeholders are fine", %{state: state} do
    assert rows!(state, "SELECT 1", %{}) == [[1]]
    assert rows!(state, "SELECT 1", %{a: 1}) == [[1]]
  end

  test "are not taken from literals and comments", %{state: state} do
    sql = "SELECT ':x', /* @y */ '$z', :a -- :w\n"
    assert rows!(state, sql, %{a: 1}) == [[":x", "$z", 1]]
  end

  test "are encoded like positional ones", %{state: state} do
    assert rows!(state, "SELECT :d, typeof(:b)", %{d: ~D[2026-01-02], b: {:blob, "x"}}) ==
             [["2026-01-02", "blob"]]
  end

  describe "normalise_arguments/3" do
    test "returns a list as it is and orders a map", %{state: state} do
      assert Native.normalise_arguments(state.conn_id, "SELECT ?, ?", [1, 2]) == [1, 2]
      assert Native.normalise_arguments(state.conn_id, "SELECT :b, :a", %{a: 1, b: 2}) == [2, 1]
    end

    test "refuses anything else", %{state: state} do
      assert Native.normalise_arguments(state.conn_id, "SELECT ?", 5) ==
               {:error, "arguments must be a list or map"}
    end

    test "for a statement orders by its own names", %{state: state} do
      {:ok, statement} = Native.prepare(state, "SELECT :b, :a")

      assert Native.normalise_arguments_for_stmt(state.conn_id, statement, %{a: 1, b: 2}) == [
               2,
               1
             ]

      assert Native.normalise_arguments_for_stmt(state.conn_id, statement, [3, 4]) == [3, 4]
    end
  end

  test "the functions of the older driver's parameter cache return", %{state: state} do
    run!(state, "SELECT :a", %{a: 1})
    assert is_integer(Native.param_cache_size())
    assert :ok = Native.clear_param_cache()
  end

  test "are not taken from quoted names either", %{state: state} do
    sql = "SELECT ':x', '@y', '$.z', \"a\" -- :w\n FROM (SELECT :a AS \"a\" /* @q ? */)"
    assert rows!(state, sql, %{a: 5}) == [[":x", "@y", "$.z", 5]]
    assert rows!(state, sql, [6]) == [[":x", "@y", "$.z", 6]]
  end
end
