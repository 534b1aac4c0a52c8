defmodule Ecto.Adapters.LibSql.Query.TransactionTest do
  # Repo.transaction: modes, savepoints, retries, and what follows an error.
  use EctoLibSql.EctoCase, async: true

  setup do
    sql!("""
    CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
    INSERT INTO t SELECT i, i FROM n
    """)

    :ok
  end

  test "a transaction commits or rolls back, and goes on after a statement that failed" do
    assert {:ok, 1} =
             Repo.transaction(fn -> sql!("UPDATE t SET v = 0 WHERE id = 1").num_rows end,
               mode: :immediate
             )

    assert {:error, :no} = Repo.transaction(fn -> sql!("DELETE FROM t") && Repo.rollback(:no) end)

    assert {:ok, :after_error} =
             Repo.transaction(fn ->
               assert {:error, %{kind: :constraint}} = Repo.query("INSERT INTO t (id) VALUES (1)")

               sql!("INSERT INTO t (id) VALUES (9000)")
               :after_error
             end)

    assert rows("SELECT count(*) FROM t") == [[2501]]

    assert_raise RuntimeError, "oops", fn ->
      Repo.transaction(fn -> sql!("DELETE FROM t") && raise "oops" end)
    end

    assert rows("SELECT count(*) FROM t") == [[2501]]
  end

  test "a nested transaction cannot be read-only inside of one that may write" do
    only_reads = fn -> Repo.transaction(fn -> rows("SELECT 1") end, mode: :read_only) end

    for mode <- [:deferred, :immediate] do
      assert_raise ArgumentError, ~r/cannot be :read_only/, fn ->
        Repo.transaction(fn -> only_reads.() end, mode: mode)
      end
    end

    assert Repo.transaction(only_reads, mode: :read_only) == {:ok, {:ok, [[1]]}}

    assert {:ok, {:ok, 1}} =
             Repo.transaction(fn ->
               Repo.transaction(fn -> sql!("DELETE FROM t WHERE id = 1").num_rows end,
                 mode: :immediate
               )
             end)
  end

  @tag :local_file
  test "a nested transaction may be read-only where the database is opened read-only", %{
    folder: folder
  } do
    {:ok, reader} =
      [name: nil, database: Path.join(folder, "test.db"), mode: :readonly, log: false]
      |> EctoLibSql.Suite.options()
      |> Repo.start_link()

    Repo.put_dynamic_repo(reader)
    only_reads = fn -> Repo.transaction(fn -> rows("SELECT 1") end, mode: :read_only) end
    assert Repo.transaction(only_reads) == {:ok, {:ok, [[1]]}}
    Supervisor.stop(reader)
  end

  test "a nested transaction with mode: :savepoint is rolled back alone" do
    assert {:ok, [[1]]} =
             Repo.transaction(fn ->
               sql!("INSERT INTO t (id) VALUES (9001)")

               assert {:error, :no} =
                        Repo.transaction(
                          fn ->
                            sql!("INSERT INTO t (id) VALUES (9002)") && Repo.rollback(:no)
                          end,
                          mode: :savepoint
                        )

               assert_raise RuntimeError, fn ->
                 Repo.transaction(fn -> sql!("DELETE FROM t") && raise("x") end, mode: :savepoint)
               end

               rows("SELECT count(*) FROM t WHERE id > 9000")
             end)

    assert rows("SELECT count(*) FROM t") == [[2501]]
  end

  test "a savepoint needs a transaction" do
    assert_raise EctoLibSql.Error, ~r/savepoints exist inside transactions/, fn ->
      Repo.transaction(fn -> flunk("ran") end, mode: :savepoint)
    end
  end

  describe "retry" do
    # Reads, lets another connection write, then writes itself: SQLite refuses that unless it began :immediate.
    defp lost_race(counter) do
      turn = Agent.get_and_update(counter, &{&1, &1 + 1})
      rows("SELECT count(*) FROM t")
      repo = Repo.get_dynamic_repo()

      if turn == 0 do
        Task.await(
          Task.async(fn ->
            Repo.put_dynamic_repo(repo) && sql!("UPDATE t SET v = 5 WHERE id = 1")
          end)
        )
      end

      sql!("UPDATE t SET v = 2 WHERE id = 1")
      turn
    end

    test "runs a transaction again that lost its snapshot" do
      counter = start_supervised!({Agent, fn -> 0 end})
      assert {:ok, 1} = Repo.transaction(fn -> lost_race(counter) end, mode: :deferred, retry: 1)
      assert rows("SELECT v FROM t WHERE id = 1") == [[2]]
    end

    test "is off by default, and takes a count only" do
      counter = start_supervised!({Agent, fn -> 0 end})

      assert_raise EctoLibSql.Error, ~r/locked/, fn ->
        Repo.transaction(fn -> lost_race(counter) end, mode: :deferred)
      end

      assert_raise ArgumentError, ~r/:retry.*:often/, fn ->
        Repo.transaction(fn -> 1 end, retry: :often)
      end
    end
  end

  # SQLite rolls back a whole transaction for an interrupted write, a full disk and ON CONFLICT ROLLBACK.
  test "after SQLite has rolled back the transaction, statements inside of it are refused" do
    sql!("CREATE TABLE account (x UNIQUE); INSERT INTO account VALUES ('there')")
    insert = "INSERT OR ROLLBACK INTO account VALUES ('there')"
    lose = fn -> {:error, %{kind: :constraint}} = Repo.query(insert) end

    transaction = fn opts ->
      Repo.transaction(
        fn ->
          sql!("INSERT INTO account VALUES ('debit')")
          lose.()
          sql!("INSERT INTO account VALUES ('credit')")
        end,
        opts
      )
    end

    assert_raise EctoLibSql.Error, ~r/rolled back by (SQLite|the server)/, fn ->
      transaction.([])
    end

    assert_raise EctoLibSql.Error, ~r/rolled back by (SQLite|the server)/, fn ->
      Repo.transaction(fn -> transaction.(mode: :savepoint) end)
    end

    assert {:error, :no} =
             Repo.transaction(fn ->
               lose.()
               {:error, %{kind: :misuse}} = Repo.query("INSERT INTO account VALUES ('credit')")
               Repo.rollback(:no)
             end)

    assert {:error, :rollback} = Repo.transaction(fn -> lose.() end)
    assert rows("SELECT x FROM account") == [["there"]]
    assert {:ok, _} = Repo.transaction(fn -> sql!("INSERT INTO account VALUES ('next')") end)
  end

  test "concurrent writing transactions of one file wait for each other and all succeed" do
    repo = Repo.get_dynamic_repo()

    1..8
    |> Enum.map(fn _ ->
      Task.async(fn ->
        Repo.put_dynamic_repo(repo)

        for _ <- 1..25,
            do: {:ok, _} = Repo.transaction(fn -> sql!("UPDATE t SET v = v + 1 WHERE id = 2") end)
      end)
    end)
    |> Task.await_many(30_000)

    assert rows("SELECT v FROM t WHERE id = 2") == [[202]]
  end
end
