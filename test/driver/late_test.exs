defmodule EctoLibSql.LateTest do
  # Sessions that answer late, in another order than the requests, or never (native/testing/late_session.h), as a server's
  # may. The other tests of the driver run over them too: ECTO_LIBSQL_SUITE=late.
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.Nif

  @moduletag :late
  @never "SELECT /* never answers */ 1"

  defp never(state, options \\ []), do: EctoLibSql.handle_execute(@never, [], options, state)

  # A process that waits for an answer that never comes, and sends what its call returns.
  defp waiter(state) do
    test = self()
    pid = spawn(fn -> send(test, {self(), never(state)}) end)
    eventually(fn -> Process.info(pid, :status) == {:status, :waiting} end)
    pid
  end

  test "an answer that never comes is a timeout within 50 ms of it, and leaves no message" do
    state = open!()

    for _ <- 1..5 do
      {spent, {:error, error, _}} = timed(fn -> never(state, timeout: 100) end)
      assert error.kind == :timeout
      assert error.message == "interrupted: the timeout passed before the answer came"
      assert spent in 100..150
    end

    assert value!(state, "SELECT 5") == 5
    refute_received _
  end

  test "an interrupt ends the call that waits" do
    state = open!()
    pid = waiter(state)
    :ok = Native.interrupt(state)
    assert_receive {^pid, {:error, %Error{kind: :interrupted}, _}}
    assert value!(state, "SELECT 5") == 5
  end

  test "closing the connection ends the call that waits" do
    state = open!()
    pid = waiter(state)
    {spent, :ok} = timed(fn -> EctoLibSql.disconnect([], state) end)
    assert spent < 500
    assert_receive {^pid, {_, %Error{kind: :interrupted}, _}}
  end

  test "a caller that is killed gives its request up, and the connection goes on" do
    state = open!()
    pid = waiter(state)
    kill(pid)
    assert value!(state, "SELECT 5") == 5
  end

  test "the transaction of a process that is killed while it waits is rolled back" do
    path = temp_file()
    state = file!(path)
    run!(state, "CREATE TABLE t (a)")

    {pid, _} =
      hold(fn ->
        theirs = begin!(state, mode: :immediate)
        run!(theirs, "INSERT INTO t VALUES (1)")
      end)

    kill(pid)
    eventually(fn -> EctoLibSql.handle_status([], state) == {:idle, state} end)
    run!(file!(path), "INSERT INTO t VALUES (2)")
    assert rows!(state, "SELECT a FROM t") == [[2]]
  end

  test "a job that has been started by a thread is answered later as well" do
    state = open!()
    run!(state, "CREATE TABLE t (a, b)")
    # More than a normal scheduler may copy.
    members = for i <- 1..5_000, do: {"INSERT INTO t VALUES (?, ?)", [i, "b"]}
    assert {:ok, results} = Native.batch_transactional(state, members)
    assert length(results) == 5_000
    assert value!(state, "SELECT count(*) FROM t") == 5_000
  end

  test "each of many callers gets its own answer, whatever the order" do
    state = open!()
    tasks = for i <- 1..300, do: Task.async(fn -> value!(state, "SELECT ?", [i]) end)
    assert Enum.map(tasks, &Task.await(&1, 30_000)) == Enum.to_list(1..300)
  end

  test "a connection is closed when its owner dies while another process waits" do
    before = Nif.live_counts().connections
    {owner, state} = hold(fn -> open!() end)
    pid = waiter(%State{conn_id: state.conn_id})
    kill(owner)
    Process.exit(pid, :kill)
    state = state.conn_id
    :erlang.garbage_collect()

    eventually(fn ->
      match?({:error, _}, Nif.ping(state)) or Nif.live_counts().connections <= before
    end)
  end
end
