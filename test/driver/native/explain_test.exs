defmodule EctoLibSql.Native.ExplainTest do
  use EctoLibSql.DriverCase, async: true

  setup do
    state = open!()
    run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
    %{state: state}
  end

  test "explain/2,3 gives the plan", %{state: state} do
    assert {:ok, %Result{rows: rows}} = Native.explain(state, "SELECT * FROM t WHERE id = ?", [1])
    assert inspect(rows) =~ "SEARCH"
    assert {:error, reason} = Native.explain(state, "SELECT * FROM nope", [])
    assert reason =~ "no such table: nope"
  end

  test "explain/2,3 runs nothing that follows the statement", %{state: state} do
    for explain <- [&Native.explain/2, &EctoLibSql.explain/2] do
      assert {:error, reason} = explain.(state, "SELECT 1; DROP TABLE t")
      assert Error.from_reason(reason).message =~ "more than one statement"
      assert {:error, reason} = explain.(state, nil)
      assert Error.from_reason(reason).message =~ "must be a string"
    end

    assert {:ok, %Result{}} = EctoLibSql.explain(state, "SELECT * FROM t WHERE id = :id", id: 1)
  end
end
