defmodule EctoLibSql.CallbacksTest do
  use EctoLibSql.DriverCase, async: true

  setup do
    state = open!()
    run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY, x UNIQUE)")
    %{state: state}
  end

  test "checkout/1, checkin/1 and ping/1 return the state", %{state: state} do
    assert {:ok, ^state} = EctoLibSql.checkout(state)
    assert {:ok, ^state} = EctoLibSql.checkin(state)
    assert {:ok, ^state} = EctoLibSql.ping(state)
  end

  test "ping/1 disconnects when the connection is gone", %{state: state} do
    EctoLibSql.disconnect([], state)
    assert {:disconnect, %Error{message: "Connection not found"}, ^state} = EctoLibSql.ping(state)
  end

  describe "handle_prepare/3" do
    test "returns the query", %{state: state} do
      query = %Query{statement: "SELECT x FROM t"}

      assert {:ok, %Query{statement: "SELECT x FROM t"}, ^state} =
               EctoLibSql.handle_prepare(query, [], state)
    end

    @tag :local_answer
    test "reports a syntax error", %{state: state} do
      assert {:error, %Error{message: message}, ^state} =
               EctoLibSql.handle_prepare(%Query{statement: "SELEC"}, [], state)

      assert message =~ "syntax error"
    end
  end

  describe "handle_execute/4" do
    test "runs every statement of a text", %{state: state} do
      assert {:ok, _, _, _} =
               EctoLibSql.handle_execute(
                 "INSERT INTO t (x) VALUES (1); INSERT INTO t (x) VALUES (2); -- done",
                 [],
                 [],
                 state
               )

      assert rows!(state, "SELECT x FROM t ORDER BY x") == [[1], [2]]
    end

    test "refuses parameters for several statements", %{state: state} do
      sql = "INSERT INTO t (x) VALUES (?); INSERT INTO t (x) VALUES (?)"

      assert error!(state, sql, [1, 2]).message ==
               "a text with more than one statement takes no parameters"

      assert rows!(state, "SELECT x FROM t") == []
    end

    test "takes a trailing semicolon and comments for one statement", %{state: state} do
      assert rows!(state, "/* a */ SELECT ? -- b\n ; ", [1]) == [[1]]
    end

    test "stops a statement at its timeout", %{state: state} do
      assert stopped?(error!(state, endless(), [], timeout: 50))
      assert_usable(state)
    end

    test "does not stop it before its timeout; in a pool shortly before, because the pool would close the connection",
         %{state: state} do
      started = System.monotonic_time(:millisecond)
      error!(state, endless(), [], timeout: 100)
      assert System.monotonic_time(:millisecond) - started >= 100

      {:ok, pooled} = EctoLibSql.connect(database: ":memory:", pool_index: 1)
      Process.flag(:trap_exit, false)
      assert EctoLibSql.Callbacks.Call.timeout([timeout: 200], state) == 200
      assert EctoLibSql.Callbacks.Call.timeout([timeout: 200], pooled) == 150
      assert EctoLibSql.Callbacks.Call.timeout([timeout: 15_000], pooled) == 14_500
    end
  end

  describe "handle_close/3" do
    test "drops the query", %{state: state} do
      {:ok, query, _, _} = EctoLibSql.handle_execute("SELECT 1", [], [], state)
      assert {:ok, _, ^state} = EctoLibSql.handle_close(query, [], state)
      assert [[1]] = rows!(state, "SELECT 1")
    end
  end

  test "a state of another type, or arguments in another order, raise FunctionClauseError", %{
    state: state
  } do
    for wrong <- [state.conn_id, nil, %{}, [], {:ok, state}, self()] do
      assert_raise FunctionClauseError, fn ->
        EctoLibSql.handle_execute("SELECT 1", [], [], wrong)
      end

      assert_raise FunctionClauseError, fn -> EctoLibSql.handle_prepare("SELECT 1", [], wrong) end
    end

    assert_raise FunctionClauseError, fn ->
      EctoLibSql.handle_execute(state, "SELECT 1", [], [])
    end
  end
end
