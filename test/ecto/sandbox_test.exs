defmodule Ecto.Adapters.LibSql.SandboxTest do
  # Ecto's sandbox with `sandbox: :isolated`, which gives each connection a copy of the database in memory.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.SQL.Sandbox

  @pool [pool: Sandbox, pool_size: 3, sandbox: :isolated]

  setup %{repo: repo} do
    Sandbox.mode(repo, :auto)

    sql!(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT UNIQUE); INSERT INTO t VALUES (1, 'first')"
    )

    Sandbox.mode(repo, :manual)
    :ok
  end

  # Runs `fun` in a process that owns a connection, as a test does.
  defp own(repo, fun, opts \\ []) do
    Task.async(fn ->
      Repo.put_dynamic_repo(repo)
      :ok = Sandbox.checkout(repo, opts)
      result = fun.()
      Sandbox.checkin(repo)
      result
    end)
  end

  defp insert_and_wait(test) do
    sql!("INSERT INTO t VALUES (2, 'same')")
    send(test, {:inserted, self()})

    receive do
      :go_on -> rows("SELECT count(*) FROM t")
    end
  end

  @tag :local_file
  @tag repo: @pool
  test "owners write at the same time and do not see each other's rows", %{repo: repo} do
    test = self()
    tasks = for _ <- 1..3, do: own(repo, fn -> insert_and_wait(test) end)
    # All three are in a transaction that has written.
    for %{pid: pid} <- tasks, do: assert_receive({:inserted, ^pid}, 5000)
    for %{pid: pid} <- tasks, do: send(pid, :go_on)
    assert Task.await_many(tasks) == [[[2]], [[2]], [[2]]]
  end

  @tag :local_file
  @tag repo: @pool
  test "a read-only transaction refuses writes, whichever option names the mode", %{repo: repo} do
    write = fn -> Repo.query("INSERT INTO t VALUES (2, 'x')") end

    transactions = fn ->
      for name <- [:mode, :behaviour, :behavior] do
        assert {:ok, {:error, %{sqlite: %{code: :readonly}}}} =
                 Repo.transaction(write, [{name, :read_only}])

        assert {:error, :no} =
                 Repo.transaction(fn -> write.() && Repo.rollback(:no) end, [{name, :read_only}])

        assert {:ok, {:ok, _}} = Repo.transaction(write, [{name, :immediate}])
        assert %{num_rows: 1} = sql!("DELETE FROM t WHERE id = 2")
      end
    end

    Task.await(own(repo, transactions))
  end

  @tag repo: Keyword.put(@pool, :sandbox, :shared)
  test "after SQLite has rolled back a transaction of a test, none of its rows is left", %{
    repo: repo
  } do
    test = fn ->
      insert = "INSERT OR ROLLBACK INTO t VALUES (1, 'again')"
      {:error, %{kind: :constraint}} = Repo.query(insert)
      {:error, error} = Repo.query("INSERT INTO t VALUES (2, 'leak')")
      assert_raise EctoLibSql.Error, fn -> Repo.transaction(fn -> :ok end) end
      error.message
    end

    assert Task.await(own(repo, test)) =~ ~r/rolled back by (SQLite|the server)/
    assert Task.await(own(repo, fn -> rows("SELECT v FROM t") end)) == [["first"]]
  end

  for where <- [:repository, :checkout] do
    @tag :local_file
    @tag repo: if(where == :repository, do: @pool, else: Keyword.delete(@pool, :sandbox))
    test "a query outside of the sandbox uses the database, not a copy (isolated by the #{where})",
         %{repo: repo, folder: folder} do
      insert = fn v -> sql!("INSERT INTO t (v) VALUES ('#{v}')") end
      for n <- 1..3, do: Task.await(own(repo, fn -> insert.("test #{n}") end, sandbox: :isolated))

      unboxed = fn ->
        Repo.put_dynamic_repo(repo)
        Sandbox.unboxed_run(repo, fn -> insert.("unboxed") end)
      end

      Task.await(Task.async(unboxed))
      Sandbox.mode(repo, :auto)
      for n <- 1..3, do: insert.("auto #{n}")
      {:ok, _} = Repo.transaction(fn -> sql!("CREATE TABLE later (x)") end)

      {:ok, file} =
        EctoLibSql.connect(EctoLibSql.Suite.options(database: Path.join(folder, "test.db")))

      column = fn sql -> List.flatten(EctoLibSql.query!(file, sql).rows) end
      written = ["first", "unboxed", "auto 1", "auto 2", "auto 3"]
      assert column.("SELECT v FROM t ORDER BY id") == written
      assert column.("SELECT name FROM sqlite_master WHERE name = 'later'") == ["later"]
      EctoLibSql.disconnect([], file)
    end
  end

  @tag :local_file
  @tag repo: @pool
  test "the next owner of a connection gets a new copy", %{repo: repo} do
    for _ <- 1..6 do
      write = fn ->
        {:ok, _} = Repo.transaction(fn -> sql!("INSERT INTO t VALUES (2, 'x')") end)
        {:error, :no} = Repo.transaction(fn -> sql!("DELETE FROM t") && Repo.rollback(:no) end)
        rows("SELECT id, v FROM t")
      end

      assert Task.await(own(repo, write)) == [[1, "first"], [2, "x"]]
    end
  end

  @tag :local_file
  @tag repo: Keyword.merge(@pool, pool_size: 1, after_connect: {__MODULE__, :prepare, []})
  test "a connection that returns from its copy has the settings of a new connection", %{
    repo: repo
  } do
    assert Task.await(own(repo, fn -> sql!("INSERT INTO t VALUES (2, 'x')") && prepared() end))
    Sandbox.mode(repo, :auto)
    assert {:error, %EctoLibSql.Error{message: message}} = Repo.query("SELECT 1")
    assert message =~ ":after_connect"
    assert prepared()
    assert rows("SELECT id, v FROM t") == [[1, "first"]]
  end

  def prepare(conn), do: EctoLibSql.query!(conn, "CREATE TEMP TABLE prepared (x)", [])

  defp prepared, do: rows("SELECT 1 FROM sqlite_temp_master WHERE name = 'prepared'") == [[1]]

  @tag :local_file
  @tag repo: [pool: Sandbox, pool_size: 2]
  test "one owner may ask for a copy while others share the database", %{repo: repo} do
    isolated = fn -> own(repo, fn -> insert_and_wait(test_pid()) end, sandbox: :isolated) end
    Process.register(self(), :sandbox_test)
    tasks = [isolated.(), isolated.()]
    for %{pid: pid} <- tasks, do: assert_receive({:inserted, ^pid}, 5000)
    for %{pid: pid} <- tasks, do: send(pid, :go_on)
    assert Task.await_many(tasks) == [[[2]], [[2]]]
  end

  @tag :local_file
  @tag repo: @pool
  test "another value of :sandbox is refused" do
    {:ok, state} = EctoLibSql.connect(EctoLibSql.Suite.options(database: ":memory:"))
    begin = EctoLibSql.handle_begin([mode: :transaction, sandbox: :perhaps], state)
    assert {:error, %EctoLibSql.Error{message: message}, _state} = begin
    assert message =~ ":sandbox must be :shared or :isolated"

    assert {:error, %EctoLibSql.Error{}} =
             EctoLibSql.connect(EctoLibSql.Suite.options(database: ":memory:", sandbox: :no))
  end

  defp test_pid, do: Process.whereis(:sandbox_test)
end
