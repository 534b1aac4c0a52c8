defmodule EctoLibSql.Transactions.ProcessDeathTest do
  # A transaction ends with the process that has opened it, at once: its lock would keep every writer waiting.
  use EctoLibSql.DriverCase, async: true

  test "a client killed in a transaction leaves the file free at once" do
    path = temp_file()
    run!(file!(path), "CREATE TABLE t (x)")

    {pid, :holding} =
      hold(fn ->
        run!(begin!(file!(path), mode: :immediate), "INSERT INTO t VALUES ('lost')")
        :holding
      end)

    state = file!(path)
    kill(pid)
    {milliseconds, _} = timed(fn -> run!(state, "INSERT INTO t VALUES ('kept')") end)
    assert milliseconds < 4000
    assert rows!(state, "SELECT x FROM t") == [["kept"]]
  end

  test "a process that dies in a transaction on a shared connection rolls it back" do
    path = temp_file()
    state = file!(path)
    run!(state, "CREATE TABLE t (x)")

    {pid, _} =
      hold(fn ->
        {:ok, begun} = Native.begin(state, mode: :immediate)
        run!(begun, "INSERT INTO t VALUES ('lost')")
        :begun
      end)

    kill(pid)
    eventually(fn -> Native.get_is_autocommit(state) == true end)
    run!(file!(path), "INSERT INTO t VALUES ('kept')")
    assert rows!(state, "SELECT x FROM t") == [["kept"]]
  end
end
