defmodule Ecto.Adapters.LibSql.RuntimeTest do
  # Transactions, streams, explain, several statements, declared types.
  use EctoLibSql.EctoCase, async: true

  setup do
    sql!(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, d DECIMAL(10,2), at DATETIME, ok BOOLEAN, j JSON)"
    )

    sql!(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) INSERT INTO t (id, v) SELECT i, i FROM n"
    )

    :ok
  end

  test "transactions commit, roll back, nest and stay usable after an error" do
    assert {:ok, 1} =
             Repo.transaction(fn -> sql!("UPDATE t SET v = 0 WHERE id = 1").num_rows end,
               mode: :immediate
             )

    assert {:error, :no} = Repo.transaction(fn -> sql!("DELETE FROM t") && Repo.rollback(:no) end)

    assert {:ok, :after_error} =
             Repo.transaction(fn ->
               assert {:error, _} = Repo.query("INSERT INTO t (id) VALUES (1)")
               sql!("INSERT INTO t (id) VALUES (9000)")
               :after_error
             end)

    assert rows("SELECT count(*) FROM t") == [[2501]]

    assert_raise RuntimeError, "oops", fn ->
      Repo.transaction(fn -> sql!("DELETE FROM t") && raise "oops" end)
    end

    assert rows("SELECT count(*) FROM t") == [[2501]]
  end

  test "to_sql gives what query runs, long lists too" do
    for list <- [[1, 2, 3], Enum.to_list(1..1000), Enum.to_list(1..40_000)] do
      query = from(t in "t", where: t.id in ^list and t.v > ^990, select: t.id)
      expected = Repo.all(query)

      {sql, params} = Repo.to_sql(:all, query)
      assert is_binary(sql)
      assert Repo.query!(sql, params).rows == Enum.map(expected, &[&1])

      {sql, params} = Ecto.Adapters.SQL.to_sql(:all, Repo.get_dynamic_repo(), query)
      assert to_string(sql) =~ "FROM \"t\""
      assert is_binary(sql) or length(list) > 32_766
      refute inspect(sql) =~ "lists:"
      assert Repo.query!(sql, params).rows == Enum.map(expected, &[&1])

      assert {delete, params} = Repo.to_sql(:delete_all, exclude(query, :select))
      assert delete =~ "DELETE"
      assert List.last(params) == 990
    end
  end

  test "stream reads in portions" do
    query = from(t in "t", order_by: t.id, select: t.id)

    assert {:ok, ids} =
             Repo.transaction(fn -> query |> Repo.stream(max_rows: 100) |> Enum.to_list() end)

    assert ids == Enum.to_list(1..2500)

    assert {:ok, [1, 2, 3]} =
             Repo.transaction(fn -> query |> Repo.stream(max_rows: 2) |> Enum.take(3) end)
  end

  test "stream needs no transaction, and its reader may write meanwhile" do
    query = from(t in "t", order_by: t.id, select: t.id)
    assert query |> Repo.stream() |> Enum.to_list() == Enum.to_list(1..2500)
    assert query |> Repo.stream(max_rows: 2) |> Enum.take(3) == [1, 2, 3]

    raise_ids = fn id -> Repo.update_all(from(t in "t", where: t.id == ^id), set: [v: 0]) end
    assert query |> Repo.stream() |> Stream.take(20) |> Enum.map(raise_ids) |> length() == 20

    # Each of these would keep a connection of the two for good.
    for _ <- 1..4, do: assert(query |> Repo.stream() |> Enum.take(1) == [1])

    assert_raise EctoLibSql.Error, ~r/nope/, fn ->
      Enum.to_list(Repo.stream(from(t in "t", select: t.nope)))
    end
  end

  @tag repo: [database: ":memory:", pool_size: 5]
  test "stream without a transaction leaves the only connection to its reader" do
    query = from(t in "t", where: t.id < 4, select: t.id)
    write = fn id -> Repo.update_all(from(t in "t", where: t.id == ^id), set: [v: 0]) end
    assert query |> Repo.stream() |> Enum.map(write) == [{1, nil}, {1, nil}, {1, nil}]
  end

  test "a nested transaction cannot take back that the outer one may write" do
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

  test "a nested read-only transaction is fine on a database that is opened read-only", %{
    folder: folder
  } do
    {:ok, reader} =
      Repo.start_link(
        name: nil,
        database: Path.join(folder, "test.db"),
        mode: :readonly,
        log: false
      )

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

  # The statements of a large one were a transaction inside of the open one, whose failure ended that.
  test "a large insert_all that fails leaves an open transaction as it was" do
    rows = for id <- 10_001..50_000, do: [id: id, v: 0]

    assert Repo.transaction(fn ->
             sql!("INSERT INTO t (id) VALUES (9001)")

             assert_raise EctoLibSql.Error, ~r/UNIQUE/, fn ->
               Repo.insert_all("t", rows ++ [[id: 1, v: 0]])
             end

             assert rows("SELECT count(*) FROM t WHERE id > 9000") == [[1]]
             assert Repo.insert_all("t", rows) == {40_000, nil}
             :kept
           end) == {:ok, :kept}

    assert rows("SELECT count(*) FROM t WHERE id > 9000") == [[40_001]]
    assert_raise EctoLibSql.Error, ~r/UNIQUE/, fn -> Repo.insert_all("t", rows) end
    other = for id <- 50_001..90_000, do: [id: id, v: 0]

    assert_raise EctoLibSql.Error, ~r/UNIQUE/, fn ->
      Repo.insert_all("t", other ++ [[id: 1, v: 0]])
    end

    assert rows("SELECT count(*) FROM t WHERE id > 9000") == [[40_001]]
  end

  describe "retry" do
    # Reads, lets another connection write, then writes itself: refused unless it began :immediate.
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

    test "runs a transaction again whose snapshot was lost" do
      counter = start_supervised!({Agent, fn -> 0 end})
      assert {:ok, 1} = Repo.transaction(fn -> lost_race(counter) end, retry: 1)
      assert rows("SELECT v FROM t WHERE id = 1") == [[2]]
    end

    test "is off unless asked for, and checked" do
      counter = start_supervised!({Agent, fn -> 0 end})

      assert_raise EctoLibSql.Error, ~r/locked/, fn ->
        Repo.transaction(fn -> lost_race(counter) end)
      end

      assert_raise ArgumentError, ~r/:retry.*:often/, fn ->
        Repo.transaction(fn -> 1 end, retry: :often)
      end
    end
  end

  @tag repo: [database: ":memory:"]
  test "a query beyond its timeout is stopped, and its connection stays" do
    endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    assert {:error, %EctoLibSql.Error{kind: :timeout}} = Repo.query(endless, [], timeout: 2000)
    # The database in memory would be gone with the connection.
    assert rows("SELECT count(*) FROM t") == [[2500]]
  end

  # A foreign_key_check of a rebuild was interrupted, in a migrator that waits for ever.
  test "what the adapter looks up about a schema may take longer than the repository's queries" do
    meta = Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
    meta = %{meta | opts: Keyword.put(meta.opts, :timeout, 20)}

    slow =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT max(i) FROM n"

    # Under load the pool's timer may be the faster one.
    assert {:error, %EctoLibSql.Error{kind: kind}} = Ecto.Adapters.SQL.query(meta, slow)
    assert kind in [:timeout, :interrupted]
    assert Ecto.Adapters.LibSql.Catalog.rows(meta, slow) == [[2_000_000]]
  end

  # An interrupted write, a full disk and ON CONFLICT ROLLBACK end SQLite's transaction.
  test "what follows a statement that ended the transaction is refused, not committed by itself" do
    sql!("CREATE TABLE account (x UNIQUE); INSERT INTO account VALUES ('there')")
    lose = fn -> {:error, _} = Repo.query("INSERT OR ROLLBACK INTO account VALUES ('there')") end

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

    assert_raise EctoLibSql.Error, ~r/rolled back by SQLite/, fn -> transaction.([]) end

    assert_raise EctoLibSql.Error, ~r/rolled back by SQLite/, fn ->
      Repo.transaction(fn -> transaction.(mode: :savepoint) end)
    end

    assert {:error, :no} =
             Repo.transaction(fn ->
               lose.()
               {:error, _} = Repo.query("INSERT INTO account VALUES ('credit')")
               Repo.rollback(:no)
             end)

    assert {:error, :rollback} = Repo.transaction(fn -> lose.() end)
    assert rows("SELECT x FROM account") == [["there"]]
    assert {:ok, _} = Repo.transaction(fn -> sql!("INSERT INTO account VALUES ('next')") end)
  end

  test "a savepoint needs a transaction" do
    assert_raise EctoLibSql.Error, ~r/savepoints exist inside transactions/, fn ->
      Repo.transaction(fn -> flunk("ran") end, mode: :savepoint)
    end
  end

  test "a comment stands in what is logged and cannot end itself" do
    test = self()
    query = from(t in "t", where: t.id == 1, select: t.id)

    :telemetry.attach(
      "comment",
      Repo.config()[:telemetry_prefix] ++ [:query],
      fn _, _, metadata, _ -> if self() == test, do: send(test, {:sql, metadata.query}) end,
      nil
    )

    on_exit(fn -> :telemetry.detach("comment") end)
    assert Repo.all(query, comment: "a */ DROP") == [1]
    assert_receive {:sql, sql}
    assert sql =~ ~r|WHERE .* /\* a \* / DROP \*/$|
    assert Repo.all(query) == [1]
    assert_receive {:sql, sql}
    refute sql =~ "/*"
    Repo.query!("SELECT 1", [], comment: "raw")
    assert_receive {:sql, "SELECT 1 /* raw */"}
    assert_raise ArgumentError, ~r/:comment/, fn -> Repo.all(query, comment: 1) end
  end

  # Ecto's own asks the repository by the name of its module, which need not run.
  test "explain works for a repository without a name" do
    assert Process.whereis(Repo) == nil
    query = from(t in "t", where: t.id == ^1, select: t.v)
    assert [%{"detail" => "SEARCH" <> _}] = Repo.explain(:all, query)

    assert {:ok, [%{"detail" => "SEARCH" <> _}]} =
             Repo.explain(:all, query, wrap_in_transaction: false)

    deletes = from(t in "t", where: t.id > 2000)
    assert %{"rows" => 500} = List.last(Repo.explain(:delete_all, deletes, analyze: true))
    assert rows("SELECT count(*) FROM t") == [[2500]]

    assert_raise EctoLibSql.Error, ~r/nope/, fn ->
      Repo.explain(:all, from(n in "nope", select: 1))
    end
  end

  # What is taken back are its own doings: Ecto's takes back the transaction that it is in.
  test "explain inside a transaction leaves that as it was" do
    deletes = from(t in "t", where: t.id > 2000)

    assert {:ok, 500} =
             Repo.transaction(fn ->
               sql!("DELETE FROM t WHERE id = 1")
               explained = Repo.explain(:delete_all, deletes, analyze: true)
               List.last(explained)["rows"]
             end)

    assert rows("SELECT count(*) FROM t") == [[2499]]
  end

  test "explain gives maps, byte code or text" do
    query = from(t in "t", where: t.id == 1, select: t.v)
    assert [%{"detail" => detail} | _] = Repo.explain(:all, query)
    assert detail =~ "SEARCH"
    assert [%{"opcode" => _} | _] = Repo.explain(:all, query, type: :instructions)
    assert Repo.explain(:all, query, format: :text) =~ "detail"
    assert [%{"detail" => _} | _] = Repo.explain(:delete_all, from(t in "t", where: t.id > 5))

    # Runs as two statements; the write is the one to explain.
    joined = from(t in "t", join: o in "t", on: o.id == t.v, where: t.id > ^5, select: o.v)
    assert [%{"detail" => _} | _] = Repo.explain(:update_all, update(joined, set: [v: ^1]))

    assert rows("SELECT count(*) FROM t") == [[2500]]
    assert {:ok, [%{} | _]} = Repo.explain(:all, query, wrap_in_transaction: false)
    assert_raise ArgumentError, ~r/:format/, fn -> Repo.explain(:all, query, format: :yaml) end
  end

  test "explain with analyze: true runs the statement and tells what that cost" do
    query = from(t in "t", where: t.v > ^2490, order_by: [desc: t.v], select: t.v)
    assert [plan | _] = analysed = Repo.explain(:all, query, analyze: true)
    assert %{"detail" => "SCAN" <> _} = plan

    assert %{"rows" => 10, "full_scan_steps" => 2499, "sorts" => 1, "microseconds" => _} =
             List.last(analysed)

    assert Repo.explain(:all, query, analyze: true, format: :text) =~ "full_scan_steps: 2499"
    writes = Repo.explain(:delete_all, from(t in "t", where: t.id > 2000), analyze: true)
    assert %{"rows" => 500} = List.last(writes)
    assert rows("SELECT count(*) FROM t") == [[2500]]
    assert_raise ArgumentError, ~r/:analyze/, fn -> Repo.explain(:all, query, analyze: 1) end

    # The plan is that of now, not of the first time.
    sql!("CREATE TABLE later (x)")
    later = from(l in "later", where: l.x == 1, select: l.x)
    assert [%{"detail" => "SCAN" <> _}] = Repo.explain(:all, later)
    sql!("CREATE INDEX later_x ON later (x)")
    assert [%{"detail" => "SEARCH" <> _}] = Repo.explain(:all, later)
  end

  test "query_many gives a result for each statement" do
    assert {:ok, [%{rows: [[1]]}, %{rows: nil}, %{rows: [[7]]}]} =
             Repo.query_many(
               "SELECT 1; UPDATE t SET v = 7 WHERE id = 1; SELECT v FROM t WHERE id = 1"
             )

    assert {:ok, [%{rows: [[3]]}]} = Repo.query_many("SELECT ?", [3])

    assert {:ok, [%{command: :update, num_rows: 2}, %{num_rows: 1}, %{num_rows: 3}]} =
             Repo.query_many(
               "UPDATE t SET v = 7 WHERE id < 3; INSERT INTO t (id) VALUES (9000); DELETE FROM t WHERE id < 4"
             )

    assert {:error, %EctoLibSql.Error{message: message}} =
             Repo.query_many("SELECT 1; SELECT nope")

    assert message =~ "nope"
  end

  test "declared types decode a query without a schema, when asked" do
    Repo.insert_all("t", [
      [id: 5000, d: Decimal.new("1.5"), at: ~U[2020-01-01 10:00:00Z], ok: true, j: %{"a" => 1}]
    ])

    query = from(t in "t", where: t.id == 5000, select: [t.d, t.at, t.ok, t.j])
    assert Repo.one(query) == [1.5, "2020-01-01T10:00:00Z", 1, ~s({"a":1})]

    assert Repo.one(query, decode: :declared) == [
             Decimal.new("1.5"),
             ~U[2020-01-01 10:00:00.000000Z],
             true,
             %{"a" => 1}
           ]
  end

  test "declared types decode a stream as well" do
    Repo.insert_all("t", [
      [id: 5000, ok: true, at: ~U[2020-01-01 10:00:00Z]],
      [id: 5001, ok: false]
    ])

    query = from(t in "t", where: t.id > 2499, order_by: t.id, select: [t.id, t.ok, t.at])

    expected = [
      [2500, nil, nil],
      [5000, true, ~U[2020-01-01 10:00:00.000000Z]],
      [5001, false, nil]
    ]

    stream = Repo.stream(query, decode: :declared, max_rows: 1)
    assert Enum.to_list(stream) == expected
    assert Repo.transaction(fn -> Enum.to_list(stream) end) == {:ok, expected}
  end

  test "an option that has no such value is refused by its name" do
    query = from(t in "t", where: t.id == 1, select: t.id)

    for {opts, message} <- [
          {[decode: :foo], "the option :decode must be :declared, got: :foo"},
          {[timeout: "x"], "the option :timeout must be milliseconds or :infinity, got: \"x\""},
          {[timeout: -5], "the option :timeout must be milliseconds or :infinity, got: -5"},
          {[timeout: nil], "the option :timeout must be milliseconds or :infinity, got: nil"},
          {[fkey_names: :x], "the option :fkey_names must be true or false, got: :x"},
          {[cache: 5], "the option :cache must be true or false, got: 5"},
          {[comment: 1], "the option :comment must be a string, got: 1"}
        ],
        call <- [
          fn -> Repo.all(query, opts) end,
          fn -> Repo.query("SELECT 1", [], opts) end,
          fn -> Repo.query_many("SELECT 1; SELECT 2", [], opts) end,
          fn -> Repo.insert_all("t", [[id: 7000]], opts) end,
          fn -> Repo.transaction(fn -> Enum.to_list(Repo.stream(query, opts)) end) end,
          fn -> Repo.explain(:all, query, [wrap_in_transaction: false] ++ opts) end
        ] do
      assert_raise ArgumentError, message, call
    end

    for opts <- [[timeout: "x"], [timeout: nil]] do
      assert_raise ArgumentError, ~r/:timeout/, fn -> Repo.transaction(fn -> 1 end, opts) end
      assert_raise ArgumentError, ~r/:timeout/, fn -> Enum.to_list(Repo.stream(query, opts)) end
    end

    assert Repo.all(query, timeout: :infinity, decode: nil, comment: nil, cache: false) == [1]
    assert rows("SELECT count(*) FROM t WHERE id = 7000") == [[0]]
  end

  test "explain refuses options that it does not know" do
    query = from(t in "t", select: t.id)

    for opts <- [[bogus: 1], [verbose: true], [analyse: true]] do
      assert_raise ArgumentError, ~r/explain .*:#{opts |> hd() |> elem(0)}/, fn ->
        Repo.explain(:all, query, opts)
      end
    end

    assert [%{}] = Repo.explain(:all, query, timeout: 5000, log: false, telemetry_options: [a: 1])
  end

  test "a repository does not start with options of no meaning" do
    Process.flag(:trap_exit, true)

    for {opts, message} <- [
          {[dialect: :foo], "the option :dialect must be :auto, :sqlite or :libsql, got: :foo"},
          {[migration_lock_term: "x"],
           "the option :migration_lock_term must be a number of seconds above 0, got: \"x\""},
          {[migration_lock_term: 0],
           "the option :migration_lock_term must be a number of seconds above 0, got: 0"},
          {[migration_lock: :yes], "the option :migration_lock must be true or false, got: :yes"},
          {[timeout: "x"], "the option :timeout must be milliseconds or :infinity, got: \"x\""},
          {[fkey_names: 1], "the option :fkey_names must be true or false, got: 1"}
        ] do
      assert {:error, {%ArgumentError{message: ^message}, _stack}} =
               Repo.start_link([name: nil, database: ":memory:"] ++ opts)
    end
  end

  test "a plan that is cached sees a new column" do
    query = from(t in "t", where: t.id == 1, select: t.v)
    assert Repo.one(query) == 1
    sql!("ALTER TABLE t ADD COLUMN extra INTEGER DEFAULT 3")
    assert Repo.one(query) == 1
    assert Repo.one(from(t in "t", where: t.id == 1, select: t.extra)) == 3
  end

  test "writers of one file queue instead of failing" do
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

  @tag repo: [database: ":memory:", pool_size: 5]
  test "a database in memory has one connection" do
    sql!("INSERT INTO t (id) VALUES (7777)")
    repo = Repo.get_dynamic_repo()

    counts =
      1..5
      |> Enum.map(fn _ ->
        Task.async(fn -> Repo.put_dynamic_repo(repo) && rows("SELECT count(*) FROM t") end)
      end)
      |> Task.await_many()

    assert Enum.uniq(counts) == [[[2501]]]
  end

  # Each connection had a database of its own.
  for {uri, size} <- [
        {"file::memory:", 1},
        {"file:%3amemory:?cache=private", 1},
        {"file:alone?mode=memory", 1},
        {"file:alone?vfs=memdb", 1},
        {"file:together?mode=memory&cache=shared", 3},
        {"file:/together?vfs=memdb", 3}
      ] do
    @tag repo: [database: uri, pool_size: 3]
    test "#{uri} is one database for all connections", %{repo: repo} do
      assert Ecto.Adapter.lookup_meta(repo).opts[:pool_size] == unquote(size)

      counts =
        Task.await_many(
          for _ <- 1..3 do
            Task.async(fn ->
              Repo.put_dynamic_repo(repo)
              Repo.checkout(fn -> Process.sleep(20) && rows("SELECT count(*) FROM t") end)
            end)
          end
        )

      assert counts == [[[2500]], [[2500]], [[2500]]]
    end
  end

  defmodule OtherSpelling do
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSQL
  end

  test "the other spelling of the adapter is the same adapter", %{folder: folder} do
    start_supervised!({OtherSpelling, database: Path.join(folder, "other.db"), log: false})
    OtherSpelling.query!("CREATE TABLE t (a)")
    assert {1, nil} = OtherSpelling.insert_all("t", [[a: 1]])
    assert OtherSpelling.all(from(t in "t", select: t.a)) == [1]
  end

  # Libraries look at the name.
  defmodule OtherName do
    use EctoLibSql.AdapterName
  end

  defmodule OtherNameRepo do
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: OtherName
  end

  defmodule OtherNameMigration do
    use Ecto.Migration

    def change do
      create(table(:t, primary_key: false), do: add(:a, {:array, :integer}))
      create(constraint(:t, :a_is_json, check: "json_valid(a)"))
    end
  end

  test "the adapter can be given one more name", %{folder: folder} do
    config = [database: Path.join(folder, "named.db"), log: false]
    assert OtherNameRepo.__adapter__() == OtherName
    assert OtherName.storage_up(config) == :ok
    start_supervised!({OtherNameRepo, config})
    assert Ecto.Migrator.up(OtherNameRepo, 1, OtherNameMigration, log: false) == :ok
    assert {1, nil} = OtherNameRepo.insert_all("t", [[a: "[1]"]])
    query = from(t in "t", where: ^1 in type(t.a, {:array, :integer}), select: t.a)
    assert OtherNameRepo.all(query) == ["[1]"]
    assert {sql, [1]} = OtherNameRepo.to_sql(:all, query)
    assert sql =~ "json_each"

    assert {:ok, ["[1]"]} =
             OtherNameRepo.transaction(fn -> query |> OtherNameRepo.stream() |> Enum.to_list() end)

    assert {:error, %EctoLibSql.Error{}} = OtherNameRepo.query("INSERT INTO t VALUES ('x')")
  end
end
