defmodule EctoLibSql.Raw.FunctionsTest do
  # The functions on plain ids that applications written for the older driver call, with the shapes of its results.
  use EctoLibSql.DriverCase, async: true

  setup do
    id = Native.connect([database: ":memory:"], :local)

    Native.query_args(
      id,
      :local,
      :disable_sync,
      "CREATE TABLE t (id INTEGER PRIMARY KEY, x UNIQUE)",
      []
    )

    %{id: id}
  end

  @insert "INSERT INTO t (x) VALUES (?)"

  test "connect/2 gives an id, or an error for an unknown mode", %{id: id} do
    assert is_binary(id)
    assert Native.connect([database: ":memory:"], :sideways) == {:error, "Unknown mode"}

    assert {:error, "cannot create the folder /proc/none: " <> _} =
             Native.connect([database: "/proc/none/x.db"], :local)
  end

  test "ping/1 is true, or connection not found", %{id: id} do
    assert Native.ping(id) == true
    assert {:error, "Connection not found" <> _} = Native.ping("none")
  end

  test "query_args/5 gives a map with string keys", %{id: id} do
    assert %{"columns" => ["a"], "rows" => [[1]], "num_rows" => 1} =
             Native.query_args(id, :local, :disable_sync, "SELECT ? AS a", [1])

    assert {:error, reason} =
             Native.query_args(id, :local, :disable_sync, "SELECT * FROM nope", [])

    assert reason =~ "no such table: nope"
  end

  test "lists of bytes are blobs", %{id: id} do
    assert %{"rows" => [["blob", <<1, 2, 255>>]]} =
             Native.query_args(id, :local, :disable_sync, "SELECT typeof(?1), ?1", [[1, 2, 255]])
  end

  test "a transaction is committed", %{id: id} do
    transaction = Native.begin_transaction(id)
    assert is_binary(transaction)
    assert :ok = Native.handle_status_transaction(transaction)
    assert Native.execute_with_transaction(transaction, id, @insert, [1]) == 1

    assert %{"rows" => [[1]], "num_rows" => 1} =
             Native.query_with_trx_args(transaction, id, "SELECT x FROM t", [])

    assert {:ok, "commit success"} =
             Native.commit_or_rollback_transaction(
               transaction,
               id,
               :local,
               :disable_sync,
               "commit"
             )

    assert {:error, "Transaction not found" <> _} = Native.handle_status_transaction(transaction)
  end

  test "a transaction is rolled back", %{id: id} do
    for behaviour <- [:deferred, :immediate, :exclusive, :read_only] do
      transaction = Native.begin_transaction_with_behavior(id, behaviour)
      assert is_binary(transaction)

      assert {:ok, "rollback success"} =
               Native.commit_or_rollback_transaction(
                 transaction,
                 id,
                 :local,
                 :disable_sync,
                 "rollback"
               )
    end
  end

  test "do_sync/2 returns success", %{id: id} do
    assert {:ok, "success sync"} = Native.do_sync(id, :local)
  end

  test "execute_batch/4 and its transactional form give maps", %{id: id} do
    for batch <- [&Native.execute_batch/4, &Native.execute_transactional_batch/4] do
      assert [%{}, %{"rows" => [[1]], "columns" => ["n"], "num_rows" => 1}] =
               batch.(id, :local, :disable_sync, [{"DELETE FROM t", []}, {"SELECT 1 AS n", []}])
    end
  end

  test "a failing transactional batch keeps nothing", %{id: id} do
    assert {:error, reason} =
             Native.execute_transactional_batch(id, :local, :disable_sync, [
               {@insert, [1]},
               {@insert, [1]}
             ])

    assert reason =~ "UNIQUE constraint failed: t.x"

    assert %{"rows" => [[0]]} =
             Native.query_args(id, :local, :disable_sync, "SELECT count(*) FROM t", [])
  end

  test "the batches of text give map or nil", %{id: id} do
    sql = "DELETE FROM t; SELECT 1 AS n"

    for batch <- [&Native.execute_batch_native/2, &Native.execute_transactional_batch_native/2] do
      assert [nil, %{"columns" => ["n"], "rows" => [[1]], "num_rows" => 1}] = batch.(id, sql)
    end
  end

  test "prepared statements", %{id: id} do
    statement = Native.prepare_statement(id, "SELECT id, x AS y FROM t WHERE x = :x")
    assert is_binary(statement)

    assert %{"columns" => ["id", "y"], "rows" => [], "num_rows" => 0} =
             Native.query_prepared(id, statement, :local, :disable_sync, [1])

    assert Native.statement_column_count(id, statement) == 2
    assert Native.statement_column_name(id, statement, 1) == "y"
    assert {:error, reason} = Native.statement_column_name(id, statement, 2)
    assert reason =~ "out of bounds"
    assert Native.statement_parameter_count(id, statement) == 1
    assert Native.statement_parameter_name(id, statement, 1) == ":x"

    assert Native.get_statement_columns(id, statement) == [
             {"id", "id", "INTEGER"},
             {"y", "x", nil}
           ]

    assert :ok = Native.reset_statement(id, statement)
    assert {:error, "Prepare failed" <> _} = Native.prepare_statement(id, "SELEC")
  end

  test "execute_prepared/6 returns the number of changed rows", %{id: id} do
    statement = Native.prepare_statement(id, @insert)
    assert Native.execute_prepared(id, statement, :local, :disable_sync, @insert, [1]) == 1

    assert {:error, reason} =
             Native.execute_prepared(id, statement, :local, :disable_sync, @insert, [1])

    assert reason =~ "UNIQUE constraint failed: t.x"
    assert Native.statement_parameter_name(id, statement, 1) == nil
  end

  test "cursors give columns, rows and count", %{id: id} do
    cursor = Native.declare_cursor(id, "VALUES (1), (2), (3)", [])
    assert is_binary(cursor)
    assert {[_], [[1], [2]], 2} = Native.fetch_cursor(id, cursor, 2)
    assert {[_], [[3]], 1} = Native.fetch_cursor(id, cursor, 2)
    assert {_, [], 0} = Native.fetch_cursor(id, cursor, 2)
    assert :ok = Native.close(cursor, :cursor_id)
  end

  test "cursors with a context", %{id: id} do
    cursor = Native.declare_cursor_with_context(id, id, :connection, "SELECT ?", [1])
    assert {[_], [[1]], 1} = Native.fetch_cursor(id, cursor, 5)
    transaction = Native.begin_transaction(id)
    cursor = Native.declare_cursor_with_context(id, transaction, :transaction, "SELECT ?", [2])
    assert {[_], [[2]], 1} = Native.fetch_cursor(id, cursor, 5)
    Native.commit_or_rollback_transaction(transaction, id, :local, :disable_sync, "rollback")
    assert {:error, "Cursor not found"} = Native.fetch_cursor(id, cursor, 5)
  end

  test "facts are bare values", %{id: id} do
    Native.query_args(id, :local, :disable_sync, @insert, ["a"])
    assert Native.last_insert_rowid(id) == 1
    assert Native.changes(id) == 1
    assert Native.total_changes(id) == 1
    assert Native.is_autocommit(id) == true
  end

  @tag :local
  test "control functions are :ok", %{id: id} do
    assert :ok = Native.set_busy_timeout(id, 10)
    assert :ok = Native.interrupt_connection(id)
    assert :ok = Native.enable_load_extension(id, true)

    assert {:error, "/no/such/extension" <> _} =
             Native.load_extension(id, "/no/such/extension", nil)

    assert :ok = Native.enable_load_extension(id, false)
    assert :ok = Native.reset_connection(id)
  end

  test "hooks are unsupported", %{id: id} do
    assert {:error, :unsupported} = Native.set_update_hook(id, self())
    assert {:error, :unsupported} = Native.clear_update_hook(id)
    assert {:error, :unsupported} = Native.set_authorizer(id, self())
  end

  test "should_use_query_path/1 is true for SQL that yields rows" do
    for {sql, rows?} <- [
          {"SELECT 1", true},
          {"INSERT INTO t VALUES (1) RETURNING x", true},
          {"INSERT INTO t VALUES (1)", false},
          {"UPDATE t SET x = ' returning '", false},
          {"DELETE FROM t -- RETURNING", false},
          {"PRAGMA user_version", true},
          {"CREATE TABLE u (x)", false}
        ] do
      assert {sql, Native.should_use_query_path(sql)} == {sql, rows?}
    end
  end

  test "pragma_query/2 gives a map", %{id: id} do
    assert %{"columns" => ["user_version"], "rows" => [[0]], "num_rows" => 1} =
             Native.pragma_query(id, "PRAGMA user_version")
  end

  test "savepoints", %{id: id} do
    transaction = Native.begin_transaction(id)
    assert :ok = Native.savepoint(id, transaction, "one")
    assert :ok = Native.rollback_to_savepoint(id, transaction, "one")
    assert :ok = Native.release_savepoint(id, transaction, "one")
    assert {:error, "Invalid savepoint name" <> _} = Native.savepoint(id, transaction, "a b")
    Native.commit_or_rollback_transaction(transaction, id, :local, :disable_sync, "commit")
  end

  test "replica functions", %{id: id} do
    for answer <- [
          Native.get_frame_number(id),
          Native.sync_until(id, 1),
          Native.flush_replicator(id)
        ],
        do: assert(answer == {:error, "a local connection is not a replica: it has no frames"})

    assert Native.max_write_replication_index(id) == 0
    assert {:error, :unsupported} = Native.freeze_database(id)
  end

  test "close/2 closes connections, statements, cursors and transactions", %{id: id} do
    statement = Native.prepare_statement(id, "SELECT 1")
    cursor = Native.declare_cursor(id, "SELECT 1", [])
    transaction = Native.begin_transaction(id)
    assert :ok = Native.close(statement, :stmt_id)
    assert :ok = Native.close(cursor, :cursor_id)
    assert :ok = Native.close(transaction, :trx_id)
    assert Native.is_autocommit(id) == true
    assert {:error, "opt is incorrect"} = Native.close(id, :database)
    assert :ok = Native.close(id, :conn_id)
  end
end
