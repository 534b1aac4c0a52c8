defmodule EctoLibSql.Connection.NativeCallsTest do
  use EctoLibSql.DriverCase, async: true

  test "a statement is one call of native code, apart from starting its job" do
    state = open!()
    run!(state, "CREATE TABLE t (x)")
    {:ok, statement} = Native.prepare(state, "INSERT INTO t VALUES (?)")

    for run <- [
          fn -> assert run!(state, "INSERT INTO t VALUES (?), (?)", [1, 2]).num_rows == 2 end,
          fn -> assert run!(state, "SELECT x FROM t WHERE x = :x", %{x: 1}).rows == [[1]] end,
          fn -> assert run!(state, "DELETE FROM t RETURNING x").num_rows == 2 end,
          fn -> assert {:ok, 1} = Native.execute_stmt(state, statement, "", [~D[2026-01-01]]) end,
          fn -> assert Native.get_changes(state) == 1 end,
          fn -> assert {:ok, [_, _]} = Native.batch(state, ["SELECT 1", "SELECT 2"]) end
        ] do
      assert native_calls(run) == 1
    end
  end

  # How many functions of the native library this process calls while `run` does its work.
  defp native_calls(run) do
    :erlang.trace_pattern({EctoLibSql.Nif, :_, :_}, true, [:global])
    tracer = spawn(fn -> count(0) end)
    :erlang.trace(self(), true, [:call, tracer: tracer])
    run.()
    :erlang.trace(self(), false, [:call])
    :erlang.trace_pattern({EctoLibSql.Nif, :_, :_}, false, [:global])
    delivered = :erlang.trace_delivered(self())
    assert_receive {:trace_delivered, _, ^delivered}
    send(tracer, {:count, self()})
    assert_receive {:calls, calls}
    calls
  end

  defp count(calls) do
    receive do
      {:trace, _, :call, {EctoLibSql.Nif, :run_job, _}} -> count(calls)
      {:trace, _, :call, {EctoLibSql.Nif, _, _}} -> count(calls + 1)
      {:count, asked} -> send(asked, {:calls, calls})
    end
  end
end
