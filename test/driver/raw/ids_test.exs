defmodule EctoLibSql.Raw.IdsTest do
  # Ids that are forged, empty, of another kind, of another connection or closed, passed to every
  # function that takes one: always an error value, and the connection stays usable.
  use EctoLibSql.DriverCase, async: true

  setup do
    %{one: ids(), two: ids()}
  end

  defp ids do
    connection = Native.connect([database: ":memory:"], :local)
    query(connection, "CREATE TABLE t (x)")
    statement = Native.prepare_statement(connection, "SELECT 1")
    closed_statement = Native.prepare_statement(connection, "SELECT 2")
    :ok = Native.close(closed_statement, :stmt_id)
    cursor = Native.declare_cursor(connection, "VALUES (1), (2)", [])
    closed_cursor = Native.declare_cursor(connection, "VALUES (1), (2)", [])
    :ok = Native.close(closed_cursor, :cursor_id)
    ended = Native.begin_transaction(connection)
    Native.commit_or_rollback_transaction(ended, connection, :local, :disable_sync, "commit")
    transaction = Native.begin_transaction(connection)

    closed = Native.connect([database: ":memory:"], :local)
    Native.close(closed, :conn_id)

    %{
      connection: connection,
      statement: statement,
      cursor: cursor,
      transaction: transaction,
      closed: [closed, closed_statement, closed_cursor, ended]
    }
  end

  defp query(connection, sql), do: Native.query_args(connection, :local, :disable_sync, sql, [])

  @by_connection [
    ping: [],
    query_args: [:local, :disable_sync, "SELECT 1", []],
    begin_transaction: [],
    begin_transaction_with_behavior: [:immediate],
    do_sync: [:local],
    execute_batch: [:local, :disable_sync, [{"SELECT 1", []}]],
    execute_transactional_batch: [:local, :disable_sync, [{"SELECT 1", []}]],
    execute_batch_native: ["SELECT 1"],
    execute_transactional_batch_native: ["SELECT 1"],
    prepare_statement: ["SELECT 1"],
    declare_cursor: ["SELECT 1", []],
    last_insert_rowid: [],
    changes: [],
    total_changes: [],
    is_autocommit: [],
    set_busy_timeout: [10],
    reset_connection: [],
    interrupt_connection: [],
    enable_load_extension: [true],
    load_extension: ["/no/such", nil],
    pragma_query: ["PRAGMA user_version"],
    get_frame_number: [],
    sync_until: [1],
    flush_replicator: [],
    max_write_replication_index: []
  ]

  for {name, rest} <- @by_connection do
    test "#{name}: an id that is no open connection", %{one: one} do
      for id <- forged(one, [one.statement, one.cursor, one.transaction]) do
        answer = apply(Native, unquote(name), [id | unquote(Macro.escape(rest))])
        assert {id, answer} == {id, {:error, "Connection not found"}}
      end

      still_works(one)
    end
  end

  @by_statement [
    query_prepared: [:local, :disable_sync, []],
    execute_prepared: [:local, :disable_sync, "SELECT 1", []],
    statement_column_count: [],
    statement_column_name: [0],
    statement_parameter_count: [],
    statement_parameter_name: [1],
    reset_statement: [],
    get_statement_columns: []
  ]

  for {name, rest} <- @by_statement do
    test "#{name}: an id that is no statement of the connection", %{one: one, two: two} do
      rest = unquote(Macro.escape(rest))

      for id <- forged(one, [one.connection, one.cursor, one.transaction]) do
        answer = apply(Native, unquote(name), [one.connection, id | rest])
        assert {id, answer} == {id, {:error, "Statement not found"}}
      end

      assert {:error, "Statement does not belong to connection"} =
               apply(Native, unquote(name), [one.connection, two.statement | rest])

      assert {:error, "Connection not found"} =
               apply(Native, unquote(name), ["none", one.statement | rest])

      still_works(one)
      still_works(two)
    end
  end

  @by_transaction [
    execute_with_transaction: ["INSERT INTO t VALUES (1)", []],
    query_with_trx_args: ["SELECT 1", []],
    commit_or_rollback_transaction: [:local, :disable_sync, "commit"]
  ]

  for {name, rest} <- @by_transaction do
    test "#{name}: an id that is no transaction of the connection", %{one: one, two: two} do
      rest = unquote(Macro.escape(rest))

      for id <- forged(one, [one.connection, one.cursor, one.statement]) do
        assert {^id, {:error, "Transaction not found" <> _}} =
                 {id, apply(Native, unquote(name), [id, one.connection | rest])}
      end

      assert {:error, "Transaction does not belong to this connection"} =
               apply(Native, unquote(name), [one.transaction, two.connection | rest])

      assert {:error, "Connection not found"} =
               apply(Native, unquote(name), [one.transaction, "none" | rest])

      still_works(one)
      assert :ok = Native.handle_status_transaction(one.transaction)
    end
  end

  for name <- [:savepoint, :release_savepoint, :rollback_to_savepoint] do
    test "#{name}: an id that is no transaction of the connection", %{one: one, two: two} do
      for id <- forged(one, [one.connection, one.cursor, one.statement]) do
        assert {^id, {:error, "Transaction not found" <> _}} =
                 {id, apply(Native, unquote(name), [one.connection, id, "sp"])}
      end

      assert {:error, "Transaction does not belong to this connection"} =
               apply(Native, unquote(name), [one.connection, two.transaction, "sp"])
    end
  end

  test "handle_status_transaction: an id that is no open transaction", %{one: one} do
    for id <- forged(one, [one.connection, one.cursor, one.statement]) do
      assert {^id, {:error, "Transaction not found" <> _}} =
               {id, Native.handle_status_transaction(id)}
    end
  end

  test "fetch_cursor: an id that is no cursor of the connection", %{one: one, two: two} do
    for id <- forged(one, [one.connection, one.transaction, one.statement]) do
      assert {id, Native.fetch_cursor(one.connection, id, 10)} ==
               {id, {:error, "Cursor not found"}}
    end

    assert {:error, "Cursor does not belong to connection"} =
             Native.fetch_cursor(one.connection, two.cursor, 10)

    assert {_, [[1], [2]], 2} = Native.fetch_cursor(two.connection, two.cursor, 10)
  end

  test "declare_cursor_with_context: ids of the wrong kind", %{one: one, two: two} do
    for {id, kind, reason} <- [
          {"none", :transaction, "Transaction not found"},
          {"", :connection, "Connection ID mismatch"},
          {two.transaction, :transaction, "Transaction does not belong to this connection"},
          {two.connection, :connection, "Connection ID mismatch"},
          {one.statement, :transaction, "Transaction not found"}
        ] do
      assert {:error, text} =
               Native.declare_cursor_with_context(one.connection, id, kind, "SELECT 1", [])

      assert String.starts_with?(text, reason)
    end
  end

  test "close: an id of another kind closes nothing", %{one: one} do
    pairs = [
      {one.connection, [:stmt_id, :cursor_id, :trx_id]},
      {one.statement, [:conn_id, :cursor_id, :trx_id]},
      {one.cursor, [:conn_id, :stmt_id, :trx_id]},
      {one.transaction, [:conn_id, :stmt_id, :cursor_id]}
    ]

    for {id, kinds} <- pairs, kind <- kinds, do: assert_not_found(Native.close(id, kind), kind)

    still_works(one)
  end

  test "close: forged and closed ids", %{one: one} do
    for kind <- [:conn_id, :stmt_id, :cursor_id, :trx_id],
        id <- forged(one, []),
        do: assert_not_found(Native.close(id, kind), kind)

    still_works(one)
  end

  defp assert_not_found({:error, reason}, kind) do
    names = %{conn_id: "Connection", stmt_id: "Statement", cursor_id: "Cursor"}
    assert String.starts_with?(reason, Map.get(names, kind, "Transaction") <> " not found")
  end

  test "a state with a forged id is an error in every callback and every function", %{one: one} do
    for id <- forged(one, [one.statement, one.cursor]) do
      state = %State{conn_id: id, mode: :local, sync: :disable_sync}

      for callback <- [
            &EctoLibSql.handle_execute("SELECT 1", [], [], &1),
            &EctoLibSql.ping/1,
            &EctoLibSql.handle_begin([], &1)
          ] do
        assert {:disconnect, %Error{sqlite: %{extended_code: :not_found_connection}}, ^state} =
                 callback.(state)
      end

      for call <- [
            &Native.prepare(&1, "SELECT 1"),
            &Native.batch(&1, [{"SELECT 1", []}]),
            &Native.get_changes/1,
            &Native.interrupt/1
          ] do
        assert call.(state) == {:error, "Connection not found"}
      end

      assert :ok = EctoLibSql.disconnect([], state)
    end
  end

  test "a state with a forged transaction id does not commit another's work", %{
    one: one,
    two: two
  } do
    state = %State{
      conn_id: one.connection,
      trx_id: two.transaction,
      mode: :local,
      sync: :disable_sync
    }

    assert {:error, "Transaction does not belong to this connection"} = Native.commit(state)
    assert Native.is_autocommit(one.connection) == false
    assert Native.is_autocommit(two.connection) == false
  end

  defp forged(one, others) do
    ["", "none", "\0", one.connection <> ".s999", one.connection <> "x", <<255, 254>>] ++
      [String.duplicate("a", 10_000)] ++ one.closed ++ others
  end

  defp still_works(ids) do
    assert %{"rows" => [[1]]} = query(ids.connection, "SELECT 1")

    assert %{"rows" => [[1]]} =
             Native.query_prepared(ids.connection, ids.statement, :local, :disable_sync, [])
  end
end
