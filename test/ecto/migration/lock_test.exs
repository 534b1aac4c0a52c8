defmodule Ecto.Adapters.LibSql.Migration.LockTest do
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp lock(fun), do: Adapter.lock_for_migrations(meta(), [], fun)

  test "one migrator runs at a time, the next one when the lock is free" do
    test = self()
    repo = Repo.get_dynamic_repo()

    first =
      Task.async(fn ->
        Repo.put_dynamic_repo(repo)
        lock(fn -> send(test, :first_in) && receive(do: (:leave -> send(test, :first_out))) end)
      end)

    assert_receive :first_in, 5000

    second =
      Task.async(fn ->
        Repo.put_dynamic_repo(repo)
        lock(fn -> send(test, :second_in) end)
      end)

    refute_receive :second_in, 300
    send(first.pid, :leave)
    assert_receive :first_out, 5000
    assert_receive :second_in, 5000
    Task.await_many([first, second])
    assert rows("SELECT count(*) FROM schema_migrations_lock") == [[0]]
  end

  @tag repo: [busy_timeout: 50]
  test "a migrator waits for the lock longer than the busy timeout, while the owner writes" do
    test = self()
    repo = Repo.get_dynamic_repo()
    migrate!(__MODULE__.First)

    first =
      Task.async(fn ->
        Repo.put_dynamic_repo(repo)

        lock(fn ->
          Repo.transaction(fn ->
            Repo.query!("CREATE TABLE first_was_here (a)")
            send(test, :first_in)
            receive(do: (:leave -> :ok))
          end)
        end)
      end)

    assert_receive :first_in, 5000
    # A migrator also creates its table of versions.
    second = Task.async(fn -> Repo.put_dynamic_repo(repo) && migrate!(__MODULE__.Second) end)
    assert Task.yield(second, 700) == nil
    send(first.pid, :leave)
    assert Task.await(first) == {:ok, :ok}
    assert Task.await(second) == :ok
  end

  defmodule Second do
    use Ecto.Migration
    def up, do: alter(table(:first_was_here), do: add(:b, :integer))
  end

  @tag repo: [busy_timeout: 50]
  test "the lock is released although another connection is writing" do
    test = self()
    repo = Repo.get_dynamic_repo()
    assert lock(fn -> :once end) == :once

    writer =
      Task.async(fn ->
        Repo.put_dynamic_repo(repo)
        receive(do: (:write -> :ok))

        Repo.transaction(fn ->
          Repo.query!("CREATE TABLE other (a)")
          send(test, :writing)
          Process.sleep(300)
        end)
      end)

    assert lock(fn -> send(writer.pid, :write) && assert_receive(:writing, 5000) end) ==
             :writing

    Task.await(writer)
    assert rows("SELECT count(*) FROM schema_migrations_lock") == [[0]]
  end

  test "the lock of a killed owner, and an expired one, is taken over" do
    test = self()
    repo = Repo.get_dynamic_repo()

    {owner, monitor} =
      spawn_monitor(fn ->
        Repo.put_dynamic_repo(repo)
        lock(fn -> send(test, :in) && receive(do: (:never -> :ok)) end)
      end)

    assert_receive :in, 5000
    Process.exit(owner, :kill)
    assert_receive {:DOWN, ^monitor, _, _, _}
    assert lock(fn -> :entered end) == :entered

    sql!("INSERT INTO schema_migrations_lock VALUES (1, 'elsewhere 1 #PID<0.1.0> 1', 1)")
    assert lock(fn -> :entered end) == :entered
  end

  test "the status of migrations is read on a read-only connection, without a lock", %{
    folder: folder
  } do
    migrate!(__MODULE__.First)
    path = Path.join(folder, "test.db")
    key = Keyword.take(EctoLibSql.Suite.options(database: path), [:encryption_key])

    for lock <- [:there, :gone],
        options <- [
          [database: path, mode: :readonly],
          [database: "file:#{path}?mode=ro"],
          [database: path, custom_pragmas: [query_only: true]]
        ] do
      if lock == :gone, do: sql!("DROP TABLE IF EXISTS schema_migrations_lock")
      {:ok, reader} = Repo.start_link([name: nil, log: false, pool_size: 1] ++ options ++ key)

      for skip <- [true, false] do
        opts = [dynamic_repo: reader, skip_table_creation: skip]
        assert [{:up, _version, _no_file}] = Ecto.Migrator.migrations(Repo, [folder], opts)
      end

      assert_raise EctoLibSql.Error, ~r/readonly/, fn ->
        opts = [dynamic_repo: reader, log: false]
        Ecto.Migrator.up(Repo, 99_999_999_999_999, __MODULE__.Other, opts)
      end

      Supervisor.stop(reader)
    end
  end

  defmodule First do
    use Ecto.Migration
    def change, do: create(table(:first))
  end

  defmodule Other do
    use Ecto.Migration
    def change, do: create(table(:other))
  end

  test "the lock is free again after an error" do
    assert_raise RuntimeError, fn -> lock(fn -> raise "no" end) end
    assert lock(fn -> :entered end) == :entered
  end
end
