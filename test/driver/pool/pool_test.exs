defmodule EctoLibSql.PoolTest do
  # The driver in pools of DBConnection.
  use EctoLibSql.DriverCase, async: true

  @moduletag :pool

  defp start!(options \\ []) do
    options = Keyword.merge([database: temp_file(), pool_size: 4], options)
    {:ok, pool} = EctoLibSql.start_link(options)
    pool
  end

  defp call(function, arguments), do: apply(DBConnection, function, arguments)

  defp table!(pool) do
    EctoLibSql.query!(pool, "CREATE TABLE t (id INTEGER PRIMARY KEY, x UNIQUE)")
    pool
  end

  test "starts under a supervisor" do
    pool = start_supervised!({EctoLibSql, database: ":memory:", pool_size: 1})
    assert %Result{rows: [[1]]} = EctoLibSql.query!(pool, "SELECT 1")
  end

  test "a supervisor does not start a pool with options that cannot work" do
    Process.flag(:trap_exit, true)
    child = {EctoLibSql, database: ":memory:", pool_sise: 2}

    assert {:error, {:shutdown, {:failed_to_start_child, _id, %Error{message: message}}}} =
             Supervisor.start_link([child], strategy: :one_for_one)

    assert message ==
             "unknown option :pool_sise (got: 2) of a connection; did you mean :pool_size?"
  end

  describe "a database that cannot be opened" do
    # How often the log names the file.
    defp logged(path, fun) do
      log = ExUnit.CaptureLog.capture_log(fun)
      length(String.split(log, path)) - 1
    end

    defp failing_pool(path, options \\ []) do
      options = Keyword.merge([database: path, backoff_min: 10, backoff_max: 20], options)
      start_supervised!({EctoLibSql, [pool_size: 5] ++ options})
    end

    @tag :local_file
    test "is logged once for all connections and all attempts, until it could be opened" do
      path = Path.join(temp_folder(), "later/missing.db")

      assert logged(path, fn ->
               failing_pool(path, mode: :readonly)
               Process.sleep(1_000)
             end) == 1

      File.mkdir_p!(Path.dirname(path))
      EctoLibSql.disconnect([], file!(path, journal_mode: :delete))
      [{_, pool, _, _}] = Supervisor.which_children(ExUnit.fetch_test_supervisor() |> elem(1))
      eventually(fn -> match?({:ok, _}, EctoLibSql.query(pool, "SELECT 1")) end)
    end

    test "is logged once where the file is no database" do
      path = temp_file()
      File.write!(path, String.duplicate("no database ", 1000))

      assert logged(path, fn ->
               pool = failing_pool(path)
               Process.sleep(1_000)
               assert {:error, _} = EctoLibSql.query(pool, "SELECT 1", [], queue: false)
             end) == 1
    end
  end

  test "a relative path keeps its meaning when the current folder changes" do
    [first, second] = [temp_folder(), temp_folder()]

    code = """
    {:ok, _} = Application.ensure_all_started(:db_connection)
    File.cd!(#{inspect(first)})
    {:ok, pool} = EctoLibSql.start_link(EctoLibSql.Suite.options(database: "a.db", pool_size: 2))
    EctoLibSql.query!(pool, "CREATE TABLE t (x)")
    File.cd!(#{inspect(second)})
    DBConnection.disconnect_all(pool, 0)
    for _ <- 1..10, do: EctoLibSql.query!(pool, "INSERT INTO t VALUES (1)")
    [[count]] = EctoLibSql.query!(pool, "SELECT count(*) FROM t").rows
    IO.puts("\#{count} rows")
    """

    assert EctoLibSql.OtherVM.output(code) =~ "10 rows"
    assert File.ls!(second) == []
  end

  test "options of a pool with a :configure function are checked after it has run" do
    file = temp_file()
    configure = fn opts -> Keyword.put(opts, :database, file) end
    {:ok, pool} = EctoLibSql.start_link(configure: configure)
    EctoLibSql.query!(pool, "CREATE TABLE t (x)")
    assert File.exists?(file)

    assert {:error, %Error{kind: :invalid_argument}} =
             EctoLibSql.start_link(configure: configure, pool_sise: 2)
  end

  test "calls refuse unknown options, and options of the pool itself" do
    pool = table!(start!())
    insert = &EctoLibSql.query!(&1, "INSERT INTO t (x) VALUES (1)")

    assert {:error, %Error{kind: :invalid_argument, message: "unknown option :queue_target" <> _}} =
             EctoLibSql.transaction(pool, insert, queue_target: 500)

    assert {:error, %Error{kind: :invalid_argument, message: "unknown option :mode" <> _}} =
             EctoLibSql.query(pool, "INSERT INTO t (x) VALUES (1)", [], mode: :immediate)

    assert EctoLibSql.query!(pool, "SELECT count(*) FROM t").rows == [[0]]
  end

  test "queries, with lists and maps of parameters" do
    pool = start!()
    assert {:ok, %Result{rows: [[1, "a"]]}} = EctoLibSql.query(pool, "SELECT ?, ?", [1, "a"])
    assert {:ok, %Result{rows: [[1]]}} = EctoLibSql.query(pool, "SELECT :a", %{a: 1})

    assert {:ok, %Result{rows: [["2026-01-02"]]}} =
             EctoLibSql.query(pool, "SELECT ?", [~D[2026-01-02]])
  end

  test "errors are structs with codes" do
    pool = table!(start!())
    EctoLibSql.query!(pool, "INSERT INTO t (x) VALUES (1)")

    assert {:error, %Error{sqlite: %{extended_code: :constraint_unique}}} =
             EctoLibSql.query(pool, "INSERT INTO t (x) VALUES (1)")

    assert_raise Error, ~r/no such table: nope/, fn ->
      EctoLibSql.query!(pool, "SELECT * FROM nope")
    end
  end

  test "wrong parameters raise in the caller and cost no connection" do
    pool = start!(pool_size: 1)

    {:ok, id} = EctoLibSql.run(pool, fn state -> {:ok, state.conn_id} end)

    for {sql, params} <- [{"SELECT :a", %{b: 1}}, {"SELECT ?", %{a: 1}}, {"SELECT ?", [self()]}] do
      assert_raise ArgumentError, fn -> EctoLibSql.query!(pool, sql, params) end
    end

    assert {:error, %Error{message: "expected 2 parameters, got 1"}} =
             EctoLibSql.query(pool, "SELECT ?, ?", [1])

    assert {:ok, ^id} = EctoLibSql.run(pool, fn state -> {:ok, state.conn_id} end)
  end

  test "prepare, execute and close" do
    pool = start!()
    {:ok, query} = call(:prepare, [pool, %Query{statement: "SELECT ? + 1"}, []])
    assert {:ok, _, %Result{rows: [[42]]}} = call(:execute, [pool, query, [41], []])
    assert {:ok, _} = call(:close, [pool, query, []])

    assert {:error, %Error{message: ~S(near "SELEC": syntax error)}} =
             call(:prepare, [pool, %Query{statement: "SELEC"}, []])

    assert {:ok, _, %Result{rows: [[1]]}} =
             call(:prepare_execute, [pool, %Query{statement: "SELECT 1"}, [], []])
  end

  describe "transaction/3" do
    test "commits and rolls back" do
      pool = table!(start!())

      assert {:ok, :done} =
               EctoLibSql.transaction(pool, fn conn ->
                 EctoLibSql.query!(conn, "INSERT INTO t (x) VALUES (1)")
                 :done
               end)

      assert {:error, :changed_my_mind} =
               EctoLibSql.transaction(pool, fn conn ->
                 EctoLibSql.query!(conn, "INSERT INTO t (x) VALUES (2)")
                 EctoLibSql.rollback(conn, :changed_my_mind)
               end)

      assert_raise RuntimeError, fn ->
        EctoLibSql.transaction(pool, fn conn ->
          EctoLibSql.query!(conn, "INSERT INTO t (x) VALUES (3)")
          raise "no"
        end)
      end

      assert EctoLibSql.query!(pool, "SELECT x FROM t").rows == [[1]]
    end

    test "takes a transaction mode" do
      pool = table!(start!())

      assert {:ok, :refused} =
               EctoLibSql.transaction(
                 pool,
                 fn conn ->
                   {:error, %Error{sqlite: %{code: :readonly}}} =
                     EctoLibSql.query(conn, "INSERT INTO t (x) VALUES (1)")

                   :refused
                 end,
                 mode: :read_only
               )
    end

    test "a nested transaction may be :read_only only inside of a read-only one" do
      pool = table!(start!())
      read = &EctoLibSql.query!(&1, "SELECT count(*) FROM t").rows
      inner = fn conn -> EctoLibSql.transaction(conn, read, mode: :read_only) end
      assert EctoLibSql.transaction(pool, inner, mode: :read_only) == {:ok, {:ok, [[0]]}}

      assert_raise ArgumentError, ~r/cannot be :read_only/, fn ->
        EctoLibSql.transaction(pool, inner)
      end
    end

    test "an unknown mode is refused by name, nested ones too" do
      pool = start!()
      inner = fn conn -> EctoLibSql.transaction(conn, & &1, mode: :sideways) end

      assert_raise ArgumentError, ~r/got: :sideways/, fn ->
        EctoLibSql.transaction(pool, inner)
      end

      assert_raise Error, ~r/got: :sideways/, fn -> inner.(pool) end
    end

    test "a commit that SQLite refuses leaves the connection idle in the pool" do
      pool = start!(pool_size: 1)
      EctoLibSql.query!(pool, "CREATE TABLE p (id INTEGER PRIMARY KEY)")

      EctoLibSql.query!(
        pool,
        "CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)"
      )

      outcome =
        try do
          EctoLibSql.transaction(pool, fn conn ->
            EctoLibSql.query!(conn, "INSERT INTO c VALUES (9)")
          end)
        rescue
          error in Error -> {:error, error}
        end

      assert {:error, %Error{message: "FOREIGN KEY constraint failed"}} = outcome
      assert EctoLibSql.query!(pool, "SELECT * FROM c").rows == []
      assert {:ok, _} = EctoLibSql.transaction(pool, fn _ -> :fine end)
    end
  end

  test "streams inside a transaction" do
    pool = start!()

    sql =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n"

    assert {:ok, 1000} =
             EctoLibSql.transaction(pool, fn conn ->
               conn
               |> EctoLibSql.stream(sql, [1000], max_rows: 100)
               |> Enum.reduce(0, fn %Result{num_rows: n}, sum -> sum + n end)
             end)
  end

  test "Native takes a pool, a connection and a name" do
    name = :"pool_#{System.unique_integer([:positive])}"
    pool = start!(name: name, pool_size: 1)

    for source <- [pool, name] do
      assert {:ok, [%Result{rows: [[1]]}]} = Native.batch(source, [{"SELECT 1", []}])
      assert is_integer(Native.get_changes(source))
    end

    call(:run, [
      pool,
      fn conn ->
        assert {:ok, statement} = Native.prepare(conn, "SELECT 7")
        assert {:ok, %Result{rows: [[7]]}} = Native.query_stmt(conn, statement, [])
        assert :ok = Native.close_stmt(statement)
        assert {:ok, %Result{rows: [[1]]}} = EctoLibSql.Pragma.foreign_keys(conn)
        assert {:ok, 1} = EctoLibSql.JSON.extract(conn, "[1]", "$[0]")
      end
    ])
  end

  test "a query beyond its timeout is stopped, and the pool answers again" do
    pool = start!(pool_size: 1)
    {milliseconds, answer} = timed(fn -> EctoLibSql.query(pool, endless(), [], timeout: 100) end)
    # On a busy machine the pool's own timer may be first, and interrupts the statement.
    assert {:error, %Error{kind: kind}} = answer
    assert kind in [:timeout, :interrupted]
    assert milliseconds < 4000
    {milliseconds, _} = timed(fn -> EctoLibSql.query!(pool, "SELECT 1", [], timeout: 5000) end)
    assert milliseconds < 4000
  end

  test "a client killed in a transaction leaves the file free at once" do
    pool = table!(start!())

    {pid, _} =
      hold(fn ->
        test = self()

        spawn_link(fn ->
          EctoLibSql.transaction(
            pool,
            fn conn ->
              EctoLibSql.query!(conn, "INSERT INTO t (x) VALUES ('lost')")
              send(test, :inside)
              Process.sleep(:infinity)
            end,
            mode: :immediate
          )
        end)

        receive do: (:inside -> :inside)
      end)

    kill(pid)

    {milliseconds, _} =
      timed(fn -> EctoLibSql.query!(pool, "INSERT INTO t (x) VALUES ('kept')") end)

    assert milliseconds < 4000
    assert EctoLibSql.query!(pool, "SELECT x FROM t").rows == [["kept"]]
  end

  test "8 writers through a pool of 8 see no busy error" do
    pool = table!(start!(pool_size: 8, queue_target: 10_000, queue_interval: 30_000))

    1..8
    |> Enum.map(fn who ->
      Task.async(fn ->
        for n <- 1..50 do
          {:ok, _} =
            EctoLibSql.transaction(
              pool,
              fn conn ->
                EctoLibSql.query!(conn, "INSERT INTO t (x) VALUES (?)", [who * 1000 + n])
              end,
              mode: :immediate,
              timeout: 30_000
            )
        end
      end)
    end)
    |> Task.await_many(60_000)

    assert EctoLibSql.query!(pool, "SELECT count(*) FROM t").rows == [[400]]
  end

  @tag :local
  test "after_connect may subscribe every connection of a pool" do
    pool = start!(pool_size: 2, after_connect: {EctoLibSql, :subscribe, [[:update], self()]})
    table!(pool)
    EctoLibSql.query!(pool, "INSERT INTO t (x) VALUES (1)")
    assert_receive {:ecto_libsql, _ref, {:update, :insert, "main", "t", 1}}
  end

  test "shared_memory gives all connections one database" do
    pool = table!(start!(database: ":memory:", shared_memory: true, pool_size: 3))

    1..6
    |> Enum.map(fn n ->
      Task.async(fn -> EctoLibSql.query!(pool, "INSERT INTO t (x) VALUES (?)", [n]) end)
    end)
    |> Task.await_many()

    assert EctoLibSql.query!(pool, "SELECT count(*) FROM t").rows == [[6]]
  end

  @tag :local_file
  test "a pool that stops closes its connections" do
    path = temp_file()
    {:ok, pool} = EctoLibSql.start_link(EctoLibSql.Suite.options(database: path, pool_size: 3))
    EctoLibSql.query!(pool, "CREATE TABLE t (x)")
    assert File.exists?(path <> "-wal")
    Process.unlink(pool)
    Supervisor.stop(pool)
    # The last connection to a file removes its log.
    eventually(fn -> not File.exists?(path <> "-wal") end)
    assert rows!(file!(path, busy_timeout: 0), "SELECT * FROM t") == []
  end

  test "secrets are not in what a failing pool logs" do
    Process.flag(:trap_exit, true)

    log =
      ExUnit.CaptureLog.capture_log(fn ->
        {:ok, pool} =
          EctoLibSql.start_link(
            database: "/proc/none/x.db",
            auth_token: "super-secret-token",
            backoff_type: :stop,
            max_restarts: 0,
            pool_size: 1
          )

        assert_receive {:EXIT, ^pool, _}, 5000
      end)

    assert log != ""
    refute log =~ "super-secret-token"
  end

  test "a name under which no pool is running is an error of Native" do
    gone = start!()
    kill(gone)

    for source <- [:nobody, gone, {:global, :nobody}] do
      assert {:error, reason} = Native.prepare(source, "SELECT 1")
      assert reason =~ "no pool is running"
    end

    for source <- [{1, 2}, {:a}, {}, "name", 5] do
      assert {:error, reason} = Native.prepare(source, "SELECT 1")
      assert reason =~ "expected a connection"
    end
  end
end
