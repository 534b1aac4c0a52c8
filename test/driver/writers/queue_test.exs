defmodule EctoLibSql.Writers.QueueTest do
  # Connections of one OS process on one file take the write lock in turn and never collide.
  use EctoLibSql.DriverCase, async: true

  setup do
    path = temp_file()
    state = file!(path)
    run!(state, "CREATE TABLE t (who INTEGER, n INTEGER)")
    %{path: path, state: state}
  end

  defp insert(state, who, n), do: run!(state, "INSERT INTO t VALUES (?, ?)", [who, n])

  defp holder(path) do
    hold(fn ->
      state = begin!(file!(path), mode: :immediate)
      insert(state, 0, 0)
      state
    end)
  end

  # Starts a process that writes as soon as it may, and waits until it is queued.
  defp waiter(path, options \\ []) do
    before = EctoLibSql.Nif.live_counts().tickets
    test = self()

    pid =
      spawn(fn ->
        state = file!(path, options)
        send(test, {self(), :state, state})

        send(
          test,
          {self(), EctoLibSql.handle_execute("INSERT INTO t VALUES (1, 1)", [], [], state)}
        )
      end)

    state =
      receive do
        {^pid, :state, state} -> state
      after
        5_000 -> flunk("the writer did not connect")
      end

    eventually(fn -> EctoLibSql.Nif.live_counts().tickets > before or waiting?(state) end)
    {pid, state}
  end

  defp waiting?(state), do: match?({:ok, %{write_waits: n}} when n > 0, Native.stats(state))

  defp answer(pid) do
    receive do
      {^pid, answer} -> answer
    after
      5_000 -> flunk("the writer did not finish")
    end
  end

  test "8 processes write 100 transactions each without a busy error", %{path: path, state: state} do
    1..8
    |> Enum.map(fn who ->
      Task.async(fn ->
        own = file!(path)

        for n <- 1..100 do
          begun = begin!(own, mode: :immediate)
          insert(begun, who, n)
          commit!(begun)
        end
      end)
    end)
    |> Task.await_many(60_000)

    expected = for who <- 1..8, n <- 1..100, do: [who, n]
    assert rows!(state, "SELECT who, n FROM t ORDER BY who, n") == expected
  end

  test "8 processes write single statements without a busy error", %{path: path, state: state} do
    1..8
    |> Enum.map(fn who ->
      Task.async(fn ->
        own = file!(path)
        for n <- 1..50, do: insert(own, who, n)
      end)
    end)
    |> Task.await_many(60_000)

    assert value!(state, "SELECT count(*) FROM t") == 400
  end

  test "a deferred transaction upgrades in its turn", %{path: path, state: state} do
    {pid, held} = holder(path)
    begun = begin!(file!(path))

    # The transaction has not read yet, so its snapshot begins with the write.
    task = Task.async(fn -> insert(begun, 2, 2) end)
    refute Task.yield(task, 50)
    commit!(held)
    Task.await(task)
    commit!(begun)
    assert rows!(state, "SELECT who FROM t ORDER BY who") == [[0], [2]]
    kill(pid)
  end

  # Examining the program of a new statement must not read the schema, which would begin the snapshot.
  test "deferred transactions that only write never find their data stale", %{
    path: path,
    state: state
  } do
    writers =
      for who <- 1..4 do
        Task.async(fn ->
          own = file!(path)

          for n <- 1..20 do
            begun = begin!(own)
            insert(begun, who, n)
            commit!(begun)
          end
        end)
      end

    Task.await_many(writers, 30_000)
    assert rows!(state, "SELECT count(*) FROM t") == [[80]]
  end

  test "the error of a deferred transaction that has read stale data names :immediate", %{
    path: path,
    state: state
  } do
    begun = begin!(file!(path))
    assert rows!(begun, "SELECT * FROM t") == []
    insert(state, 1, 1)
    {milliseconds, error} = timed(fn -> error!(begun, "INSERT INTO t VALUES (2, 2)") end)
    assert %{code: :busy, extended_code: :busy_snapshot} = error.sqlite
    assert error.message =~ ":immediate"
    assert Error.busy?(error)
    assert Error.retryable?(error)
    assert milliseconds < 4000
    ended = rollback!(begun)
    insert(ended, 3, 3)
  end

  @tag :local
  test "a waiting writer gets the lock when it is free", %{path: path, state: state} do
    {_pid, held} = holder(path)
    {waiter, _} = waiter(path)
    commit!(held)
    assert {:ok, _, %Result{num_rows: 1}, _} = answer(waiter)
    assert value!(state, "SELECT count(*) FROM t") == 2
  end

  @tag :local
  test "writers are served in the order of their arrival", %{path: path, state: state} do
    {_pid, held} = holder(path)
    waiters = for _ <- 1..5, do: waiter(path)
    commit!(held)
    for {pid, _} <- waiters, do: assert({:ok, _, _, _} = answer(pid))
    assert value!(state, "SELECT count(*) FROM t") == 6
  end

  @tag :local
  test "a waiting writer can be interrupted", %{path: path} do
    {_pid, held} = holder(path)
    {waiter, waiting} = waiter(path)

    eventually(fn ->
      assert :ok = Native.interrupt(waiting)

      receive do
        {^waiter, answer} ->
          assert {:error, %Error{sqlite: %{code: :interrupt}}, _} = answer
      after
        10 -> false
      end
    end)

    commit!(held)
  end

  @tag :local_file
  test "a waiting writer fails with \"database is locked\" after the busy timeout", %{path: path} do
    {_pid, held} = holder(path)
    state = file!(path, busy_timeout: 50)

    assert %Error{message: "database is locked" <> _, sqlite: %{code: :busy}} =
             error!(state, "DELETE FROM t")

    commit!(held)
    run!(state, "DELETE FROM t")
  end

  test "a call's own timeout ends its wait", %{path: path} do
    {_pid, held} = holder(path)
    state = file!(path)
    {milliseconds, error} = timed(fn -> error!(state, "DELETE FROM t", [], timeout: 50) end)
    assert stopped?(error) or error.sqlite.code == :busy
    assert milliseconds < 4000
    commit!(held)
    run!(state, "DELETE FROM t")
  end

  @tag :local
  test "a waiting writer that is killed leaves the queue", %{path: path, state: state} do
    {_pid, held} = holder(path)
    {killed, _} = waiter(path)
    {next, _} = waiter(path)
    kill(killed)
    commit!(held)
    assert {:ok, _, _, _} = answer(next)
    insert(state, 9, 9)
    assert rows!(state, "SELECT who FROM t ORDER BY who") == [[0], [1], [9]]
  end

  @tag :local
  test "when the holder is killed the next waiter proceeds at once", %{path: path, state: state} do
    {pid, _held} = holder_without_state(path)
    {waiter, _} = waiter(path, busy_timeout: 30_000)
    kill(pid)
    {milliseconds, answer} = timed(fn -> answer(waiter) end)
    assert {:ok, _, _, _} = answer
    assert milliseconds < 4000
    assert rows!(state, "SELECT who FROM t") == [[1]]
  end

  defp holder_without_state(path) do
    hold(fn ->
      insert(begin!(file!(path), mode: :immediate), 0, 0)
      :holding
    end)
  end

  test "readers are not kept waiting by a writer", %{path: path, state: state} do
    {_pid, held} = holder(path)
    assert rows!(state, "SELECT * FROM t") == []
    assert rows!(file!(path), "SELECT * FROM t") == []
    rollback!(held)
  end

  test "connections in memory do not queue for each other" do
    states = for _ <- 1..3, do: begin!(open!(), mode: :immediate)
    for state <- states, do: run!(state, "CREATE TABLE t (x)")
  end
end
