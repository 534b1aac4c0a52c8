defmodule EctoLibSql.Connection.ParallelTest do
  # Connections do not wait for each other, except for the write lock of a file.
  use EctoLibSql.DriverCase, async: true

  test "readers on several files run side by side" do
    folder = temp_folder()

    tasks =
      for n <- 1..8 do
        Task.async(fn ->
          state = file!(Path.join(folder, "#{n}.db"))
          run!(state, "CREATE TABLE t (x)")
          run!(state, "INSERT INTO t VALUES (?)", [n])
          for _ <- 1..200, do: assert(rows!(state, "SELECT x FROM t") == [[n]])
          n
        end)
      end

    assert Task.await_many(tasks, 30_000) == Enum.to_list(1..8)
  end

  test "a long query on one connection does not hold up another" do
    busy = open!()
    task = Task.async(fn -> EctoLibSql.handle_execute(endless(), [], [timeout: 5_000], busy) end)
    state = open!()
    {milliseconds, _} = timed(fn -> for _ <- 1..100, do: run!(state, "SELECT 1") end)
    assert milliseconds < 4000

    eventually(fn ->
      Native.interrupt(busy)
      Task.yield(task, 5)
    end)
  end
end
