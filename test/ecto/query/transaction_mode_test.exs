defmodule Ecto.Adapters.LibSql.Query.TransactionModeTest do
  # Which lock a repository's transactions take when they begin: the write lock, unless less is asked for.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.SQL.Sandbox

  setup %{repo: repo} = context do
    if context[:sandbox], do: Sandbox.mode(repo, :auto)
    sql!("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER)")
    sql!("INSERT INTO counter VALUES (1, 0)")
    :ok
  end

  defp read, do: rows("SELECT n FROM counter") |> hd() |> hd()

  defp increment do
    n = read()
    # Lets the other processes read the same value, if anything does.
    Process.sleep(1)
    sql!("UPDATE counter SET n = #{n + 1}")
    n
  end

  # Whether somebody else could write at this point, without waiting for it.
  defp writable?(folder) do
    {:ok, other} =
      EctoLibSql.connect(
        EctoLibSql.Suite.options(database: Path.join(folder, "test.db"), busy_timeout: 0)
      )

    answer = EctoLibSql.query(other, "UPDATE counter SET n = n")
    :ok = EctoLibSql.disconnect([], other)

    case answer do
      {:ok, _} -> true
      {:error, %{sqlite: %{code: :busy}}} -> false
    end
  end

  defp writable_within?(folder, opts) do
    {:ok, writable?} = Repo.transaction(fn -> read() && writable?(folder) end, opts)
    writable?
  end

  @tag repo: [pool_size: 10]
  test "transactions that read and then write follow each other, however many there are", %{
    repo: repo
  } do
    tasks =
      for _ <- 1..40 do
        Task.async(fn ->
          Repo.put_dynamic_repo(repo)
          Repo.transaction(&increment/0)
        end)
      end

    seen = for {:ok, n} <- Task.await_many(tasks, 30_000), do: n
    assert Enum.sort(seen) == Enum.to_list(0..39)
    assert read() == 40
  end

  @tag repo: [pool_size: 1, queue_interval: 200]
  test "a transaction waits for a connection as long as for the write lock", %{repo: repo} do
    until = System.monotonic_time(:millisecond) + 1500

    tasks =
      for _ <- 1..8 do
        Task.async(fn ->
          Repo.put_dynamic_repo(repo)
          hold_in_turns(until)
        end)
      end

    assert Task.await_many(tasks, 30_000) == List.duplicate(:ok, 8)
  end

  # By default DBConnection refuses who has waited for 100 ms, where nobody got a connection in 50 ms for two intervals.
  defp hold_in_turns(until) do
    {:ok, :ok} = Repo.transaction(fn -> Process.sleep(30) end)
    if System.monotonic_time(:millisecond) < until, do: hold_in_turns(until), else: :ok
  end

  @tag :local_file
  test "Ecto.Multi is such a transaction", %{folder: folder} do
    multi =
      Ecto.Multi.run(Ecto.Multi.new(), :writable, fn _, _ ->
        {:ok, read() && writable?(folder)}
      end)

    assert {:ok, %{writable: false}} = Repo.transaction(multi)
  end

  @tag :local_file
  test "the write lock is left to others where less is asked for", %{folder: folder} do
    refute writable_within?(folder, [])
    refute writable_within?(folder, mode: :immediate)
    assert writable_within?(folder, mode: :deferred)
    assert writable_within?(folder, mode: :read_only)
  end

  @tag :local_file
  @tag repo: [default_transaction_mode: :deferred]
  test "default_transaction_mode asks for less in the whole repository", %{folder: folder} do
    assert writable_within?(folder, [])
    refute writable_within?(folder, mode: :immediate)
  end

  for default <- [[], [default_transaction_mode: :immediate]] do
    @tag :local_file
    @tag sandbox: true, repo: [pool: Sandbox] ++ default
    test "a test in the sandbox has the write lock once it writes, default #{inspect(default)}",
         %{
           repo: repo,
           folder: folder
         } do
      Sandbox.mode(repo, :manual)
      :ok = Sandbox.checkout(repo)
      assert read() == 0 and writable?(folder)
      assert {:ok, true} = Repo.transaction(fn -> read() == 0 and writable?(folder) end)
      assert {:ok, 0} = Repo.transaction(&increment/0)
      refute writable?(folder)
      Sandbox.checkin(repo)
    end
  end

  @tag repo: [busy_timeout: 0]
  test "streams and plans of reads do not wait for a writer", %{folder: folder} do
    {:ok, writer} =
      EctoLibSql.connect(EctoLibSql.Suite.options(database: Path.join(folder, "test.db")))

    query = from(c in "counter", select: c.n)

    read_meanwhile = fn ->
      {query |> Repo.stream() |> Enum.to_list(), Repo.explain(:all, query)}
    end

    assert {:ok, {[0], [%{"detail" => "SCAN " <> _}]}} =
             EctoLibSql.transaction(writer, fn _ -> read_meanwhile.() end, mode: :immediate)

    :ok = EctoLibSql.disconnect([], writer)
  end
end
