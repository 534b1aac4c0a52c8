defmodule Ecto.Adapters.LibSql.ChangesTest do
  # The option `:changes` of a repository: what is reported, to whom, and what happens when nobody listens.
  use EctoLibSql.EctoCase, async: true

  @moduletag :local_file

  import ExUnit.CaptureLog

  alias Ecto.Adapters.SQL.Sandbox
  alias EctoLibSql.Change

  # A second repository on the test's database, with a listener.
  defp listen(folder, changes, opts \\ []) do
    opts =
      [name: nil, database: Path.join(folder, "test.db"), log: false, changes: changes] ++ opts

    repo = start_supervised!({Repo, EctoLibSql.Suite.options(opts)}, id: make_ref())
    Repo.put_dynamic_repo(repo)
    repo
  end

  defp to_test, do: {__MODULE__, :forward, [self()]}
  def forward(change, to), do: send(to, change)

  defp listener(repo) do
    {:links, links} = Process.info(repo, :links)
    Enum.find(links, &match?({_, {:dictionary, [_ | _]}}, {&1, initial(&1)}))
  end

  defp initial(pid) do
    {:dictionary, words} = Process.info(pid, :dictionary)

    if words[:"$initial_call"] == {Ecto.Adapters.LibSql.Changes, :init, 1},
      do: {:dictionary, words}
  end

  setup do
    sql!("CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT)")
    :ok
  end

  test "each row is reported after its commit, whichever connection wrote it", %{folder: folder} do
    repo = listen(folder, to_test(), pool_size: 3)

    for n <- 1..3 do
      Task.await(
        Task.async(fn ->
          Repo.put_dynamic_repo(repo)
          Repo.transaction(fn -> Repo.insert_all("posts", [[id: n, title: "a"]]) end)
        end)
      )

      assert_receive %Change{action: :insert, table: "posts", id: ^n}, 5000
    end

    Repo.update_all(from(p in "posts", where: p.id == 2), set: [title: "b"])
    assert_receive %Change{} = change, 5000

    assert change == %Change{
             repo: Repo,
             action: :update,
             prefix: nil,
             table: "posts",
             id: 2
           }

    Repo.delete_all(from(p in "posts", where: p.id == 3))
    assert_receive %Change{action: :delete, table: "posts", id: 3}, 5000
  end

  test "rows that REPLACE or a DELETE without a condition removes are reported", %{folder: folder} do
    listen(folder, to_test())
    sql!("INSERT INTO posts (id) VALUES (1), (2)")
    for id <- 1..2, do: assert_receive(%Change{action: :insert, id: ^id}, 5000)
    sql!("INSERT OR REPLACE INTO posts (id) VALUES (2)")
    assert_receive %Change{action: :delete, id: 2}, 5000
    assert_receive %Change{action: :insert, id: 2}, 5000
    sql!("DELETE FROM posts")
    for id <- 1..2, do: assert_receive(%Change{action: :delete, id: ^id}, 5000)
  end

  test "nothing is reported before the commit, nor of what was rolled back", %{folder: folder} do
    listen(folder, &send(Process.whereis(:changes_test_rollback), &1))
    Process.register(self(), :changes_test_rollback)

    {:ok, :done} =
      Repo.transaction(fn ->
        Repo.insert_all("posts", [[id: 1]])
        refute_receive %Change{}, 50

        {:error, :no} =
          Repo.transaction(
            fn -> Repo.insert_all("posts", [[id: 2]]) && Repo.rollback(:no) end,
            mode: :savepoint
          )

        :done
      end)

    {:error, :no} =
      Repo.transaction(fn -> Repo.insert_all("posts", [[id: 3]]) && Repo.rollback(:no) end)

    Repo.insert_all("posts", [[id: 4]])
    assert_receive %Change{id: 1}, 5000
    assert_receive %Change{id: 4}, 5000
    refute_received %Change{}
  end

  test "an attached database is the prefix of its tables", %{folder: folder} do
    listen(folder, to_test(), attach: [{"archive", Path.join(folder, "archive.db")}])
    sql!("CREATE TABLE archive.posts (id INTEGER PRIMARY KEY)")
    Repo.insert_all("posts", [[id: 7]], prefix: "archive")
    assert_receive %Change{prefix: "archive", table: "posts", id: 7}, 5000
  end

  test "a name is looked up for each change, so that its process may start later and restart", %{
    folder: folder
  } do
    name = :changes_test_later
    repo = listen(folder, name)

    log =
      capture_log(fn ->
        for id <- 1..3, do: Repo.insert_all("posts", [[id: id]])
        # Answers once it has delivered the changes before.
        :sys.get_state(listener(repo))
      end)

    assert [_, rest] = String.split(log, "no process is registered as :changes_test_later")
    refute rest =~ "are lost"
    test = self()
    forward = fn -> receive(do: (change -> send(test, change))) end

    for id <- 4..5 do
      {pid, monitor} = spawn_monitor(forward)
      Process.register(pid, name)
      Repo.insert_all("posts", [[id: id]])
      assert_receive %Change{id: ^id}, 5000
      assert_receive {:DOWN, ^monitor, :process, ^pid, :normal}, 5000
    end
  end

  test "a function that raises is logged, and called for the next change", %{folder: folder} do
    test = self()
    listen(folder, fn %{id: id} -> if id < 3, do: raise("no PubSub"), else: send(test, id) end)

    log =
      capture_log(fn ->
        for id <- 1..3, do: Repo.insert_all("posts", [[id: id]])
        assert_receive 3, 5000
      end)

    assert log =~ "changes of EctoLibSql.EctoRepo are lost until one is delivered again"
    assert [_, _] = String.split(log, "no PubSub")
  end

  defmodule Migration do
    use Ecto.Migration

    def up do
      create table(:pages) do
        add(:title, :string)
      end

      execute("INSERT INTO pages (id, title) VALUES (9, 'x')")

      # Rebuilds the table.
      alter table(:pages) do
        modify(:title, :string, null: false, from: {:string, null: true})
      end
    end
  end

  test "the tables of migrations and of a table rebuild are left out", %{folder: folder} do
    listen(folder, to_test())
    migrate!(Migration)
    assert_receive %Change{action: :insert, table: "pages", id: 9}, 5000
    Repo.insert_all("posts", [[id: 1]])
    assert_receive %Change{table: "posts"}, 5000
    refute_received %Change{}
  end

  test "nothing is reported within the sandbox", %{folder: folder} do
    for sandbox <- [:shared, :isolated] do
      repo = listen(folder, to_test(), pool: Sandbox, sandbox: sandbox)
      :ok = Sandbox.checkout(repo)
      Repo.insert_all("posts", [[id: 1]])
      Repo.transaction(fn -> Repo.insert_all("posts", [[id: 2]]) end)
      Sandbox.checkin(repo)
      Sandbox.mode(repo, :auto)
      id = if sandbox == :shared, do: 3, else: 4
      Repo.insert_all("posts", [[id: id]])
      assert_receive %Change{id: ^id}, 5000
      refute_received %Change{}
    end
  end

  test "what cannot be called is refused when the repository starts", %{folder: folder} do
    Process.flag(:trap_exit, true)

    for {changes, message} <- [
          {"Listener", ~s(got "Listener")},
          {true, "got true"},
          {fn _, _ -> :ok end, "got #Function"},
          {{Nobody, :call, []}, "there is no Nobody.call/1"},
          {{__MODULE__, :forward, []}, "there is no Ecto.Adapters.LibSql.ChangesTest.forward/1"}
        ] do
      opts = [name: nil, database: Path.join(folder, "refused.db"), changes: changes]
      assert {:error, {%ArgumentError{message: text}, _}} = Repo.start_link(opts)
      assert text =~ "the option :changes must be" and text =~ message
    end
  end

  @tag :capture_log
  test "the pool does not go on without the process that delivers", %{folder: folder} do
    repo = listen(folder, to_test())
    monitor = Process.monitor(repo)
    Process.exit(listener(repo), :kill)
    assert_receive {:DOWN, ^monitor, :process, ^repo, _reason}, 5000
  end
end
