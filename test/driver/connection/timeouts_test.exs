defmodule EctoLibSql.Connection.TimeoutsTest do
  # A call ends at its timeout, whether it runs or waits, and the connection is free again.
  use EctoLibSql.DriverCase, async: true

  @moduletag timeout: 600_000

  test "an endless query ends at its timeout and gives the connection back" do
    state = open!()

    back_in_time(fn ->
      assert stopped?(error!(state, endless(), [], timeout: 100))
      assert rows!(state, "SELECT 1") == [[1]]
    end)

    assert_usable(state)
  end

  @tag :pool
  test "an endless query ends at its timeout and gives a pool its connection back" do
    {:ok, pool} = EctoLibSql.start_link(database: temp_file(), pool_size: 1)

    back_in_time(fn ->
      # On a busy machine the pool's own timer may be first, and interrupts the statement.
      assert {:error, %Error{sqlite: %{code: :interrupt}}} =
               EctoLibSql.query(pool, endless(), [], timeout: 100)

      assert %Result{rows: [[1]]} = EctoLibSql.query!(pool, "SELECT 1")
    end)
  end

  @tag :local_answer
  test "an endless cursor ends at its timeout" do
    state = open!()
    {:ok, query, cursor, _} = EctoLibSql.handle_declare(endless(), [], [], state)

    assert {:error, %Error{sqlite: %{code: :interrupt}}, _} =
             EctoLibSql.handle_fetch(query, cursor, [timeout: 100], state)

    assert_usable(state)
  end

  test "a call that finds its connection in use ends at its timeout as well" do
    state = open!()
    task = Task.async(fn -> EctoLibSql.handle_execute(endless(), [], [], state) end)
    insert = "CREATE TABLE late (x)"
    {:ok, waiting} = eventually(fn -> in_use(state) end)

    for {milliseconds, error} <- [
          waiting,
          timed(fn -> error!(state, insert, [], timeout: 100) end)
        ] do
      assert stopped?(error)
      assert milliseconds < 4000
    end

    assert {:error, reason} = Native.batch(state, [{insert, []}], timeout: 100)
    assert reason =~ ~r/interrupted|in time|deadline passed/
    assert {:error, _, _} = interrupted(state, task)
    assert rows!(state, "SELECT * FROM sqlite_schema") == []
  end

  # The error and the time of a call that found the connection in use; nil if it was not yet.
  # Every call has a timeout: the endless statement may begin before any of them.
  defp in_use(state) do
    case timed(fn -> EctoLibSql.handle_execute("SELECT 1", [], [timeout: 100], state) end) do
      {milliseconds, {:error, error, _}} -> {:ok, {milliseconds, error}}
      {_, {:ok, _, _, _}} -> nil
    end
  end

  defp interrupted(state, task) do
    eventually(fn ->
      Native.interrupt(state)
      Task.yield(task, 5)
    end)
    |> elem(1)
  end

  # The promise is 200 ms for a timeout of 100. A busy machine may be late, so one of several runs has to keep it;
  # and none may end before the timeout.
  defp back_in_time(run) do
    times = Stream.repeatedly(fn -> run |> timed() |> elem(0) end)

    assert Enum.any?(Stream.take(times, 20), fn milliseconds ->
             assert milliseconds >= 50
             milliseconds < 200
           end)
  end
end
