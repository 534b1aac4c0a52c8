defmodule EctoLibSql.SingleConnectionTest do
  # query/4, transaction/3 and stream/4 on a single connection, as on a pool.
  use EctoLibSql.DriverCase, async: true

  setup do
    state = open!()
    EctoLibSql.query!(state, "CREATE TABLE t (x UNIQUE)")
    %{state: state}
  end

  defp all(state), do: EctoLibSql.query!(state, "SELECT x FROM t ORDER BY x").rows

  test "query/2,3,4 and query!/2,3,4", %{state: state} do
    assert {:ok, %Result{rows: [[1]]}} = EctoLibSql.query(state, "SELECT 1")
    assert {:ok, %Result{rows: [[2]]}} = EctoLibSql.query(state, "SELECT :a", a: 2)

    assert {:error, %Error{message: "no such table: nope"}} =
             EctoLibSql.query(state, "SELECT * FROM nope", [], [])

    assert_raise Error, "no such table: nope\nSELECT * FROM nope", fn ->
      EctoLibSql.query!(state, "SELECT * FROM nope")
    end

    assert {:error, error} = EctoLibSql.query(state, endless(), [], timeout: 50)
    assert stopped?(error)
  end

  test "run/2 gives the state", %{state: state} do
    assert EctoLibSql.run(state, & &1) == state
  end

  test "transaction/3 commits, rolls back and re-raises", %{state: state} do
    assert {:ok, :done} =
             EctoLibSql.transaction(state, fn begun ->
               EctoLibSql.query!(begun, "INSERT INTO t VALUES (1)")
               :done
             end)

    assert {:error, :no} =
             EctoLibSql.transaction(state, fn begun ->
               EctoLibSql.query!(begun, "INSERT INTO t VALUES (2)")
               EctoLibSql.rollback(begun, :no)
             end)

    assert_raise RuntimeError, "boom", fn ->
      EctoLibSql.transaction(state, fn begun ->
        EctoLibSql.query!(begun, "INSERT INTO t VALUES (3)")
        raise "boom"
      end)
    end

    assert all(state) == [[1]]
    assert {:idle, _} = EctoLibSql.handle_status([], state)
  end

  test "a nested transaction has the mode of the outer one, under any of its names", %{
    state: state
  } do
    read = &EctoLibSql.query!(&1, "SELECT 1").rows

    for name <- [:mode, :behaviour, :behavior] do
      inner = fn mode -> &EctoLibSql.transaction(&1, read, [{name, mode}]) end
      assert EctoLibSql.transaction(state, inner.(:immediate)) == {:ok, {:ok, [[1]]}}

      assert EctoLibSql.transaction(state, inner.(:read_only), [{name, :read_only}]) ==
               {:ok, {:ok, [[1]]}}

      assert_raise ArgumentError, ~r/cannot be :read_only/, fn ->
        EctoLibSql.transaction(state, inner.(:read_only))
      end
    end
  end

  test "transactions nest as savepoints", %{state: state} do
    assert {:ok, {:error, :inner}} =
             EctoLibSql.transaction(state, fn outer ->
               EctoLibSql.query!(outer, "INSERT INTO t VALUES (1)")

               EctoLibSql.transaction(outer, fn inner ->
                 EctoLibSql.query!(inner, "INSERT INTO t VALUES (2)")
                 EctoLibSql.rollback(inner, :inner)
               end)
             end)

    assert all(state) == [[1]]
  end

  test "stream/4 reads in portions and can stop early", %{state: state} do
    {:ok, _} = Native.batch(state, for(n <- 1..10, do: {"INSERT INTO t VALUES (?)", [n]}))
    stream = EctoLibSql.stream(state, "SELECT x FROM t ORDER BY x", [], max_rows: 4)
    assert stream |> Enum.map(& &1.num_rows) |> Enum.sum() == 10
    assert [%Result{rows: [[1], [2], [3], [4]]}] = Enum.take(stream, 1)
    assert_raise Error, fn -> Enum.to_list(EctoLibSql.stream(state, "SELEC", [])) end
    assert_usable(state)
  end

  test "a term that names no connection is an error" do
    for other <- [nil, "text", 5, %{}] do
      assert {:error, %Error{kind: :invalid_argument, message: "expected a connection: " <> _}} =
               EctoLibSql.run(other, & &1)
    end
  end

  unless Code.ensure_loaded?(DBConnection) do
    test "without DBConnection a pool is an error that says what is missing" do
      assert {:error, %Error{message: message}} = EctoLibSql.start_link(database: ":memory:")
      assert message =~ "DBConnection"
      assert %{id: EctoLibSql, start: {EctoLibSql, :start_link, [_]}} = EctoLibSql.child_spec([])
    end
  end
end
