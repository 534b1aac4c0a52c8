defmodule EctoLibSql.Transactions.NamedTest do
  # A state with a transaction's id, and the id itself, are valid for that transaction alone. If it has ended, belongs to
  # another connection or never existed, every call is refused and nothing happens.
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.{JSON, Pragma, Suite}

  @insert "INSERT INTO t VALUES ('outside')"
  @savepoint [mode: :savepoint]

  # {name, call}; `call` takes the state and what the setup has opened on the connection before.
  @calls [
    {"EctoLibSql.query/4", quote(do: fn state, _ -> EctoLibSql.query(state, @insert) end)},
    {"EctoLibSql.query/4 of a script",
     quote(do: fn state, _ -> EctoLibSql.query(state, @insert <> ";" <> @insert) end)},
    {"EctoLibSql.query/4 that reads",
     quote(do: fn state, _ -> EctoLibSql.query(state, "SELECT 1") end)},
    {"EctoLibSql.transaction/3",
     quote(do: fn state, _ -> EctoLibSql.transaction(state, &run!(&1, @insert)) end)},
    {"EctoLibSql.backup/3", quote(do: fn state, o -> EctoLibSql.backup(state, o.target) end)},
    {"EctoLibSql.serialize/1", quote(do: fn state, _ -> EctoLibSql.serialize(state) end)},
    {"EctoLibSql.deserialize/2",
     quote(do: fn state, o -> EctoLibSql.deserialize(state, o.image) end)},
    {"EctoLibSql.vacuum_into/2",
     quote(do: fn state, o -> EctoLibSql.vacuum_into(state, o.target) end)},
    {"EctoLibSql.checkpoint/2", quote(do: fn state, _ -> EctoLibSql.checkpoint(state) end)},
    {"EctoLibSql.explain/3", quote(do: fn state, _ -> EctoLibSql.explain(state, @insert) end)},
    {"handle_prepare/3",
     quote(do: fn state, _ -> EctoLibSql.handle_prepare(@insert, [], state) end)},
    {"handle_execute/4",
     quote(do: fn state, _ -> EctoLibSql.handle_execute(@insert, [], [], state) end)},
    {"handle_declare/4",
     quote(
       do: fn state, _ -> EctoLibSql.handle_declare(@insert <> " RETURNING x", [], [], state) end
     )},
    {"handle_fetch/4",
     quote(do: fn state, o -> EctoLibSql.handle_fetch("", %{ref: o.cursor}, [], state) end)},
    {"handle_begin/2", quote(do: fn state, _ -> EctoLibSql.handle_begin([], state) end)},
    {"handle_begin/2 of a savepoint",
     quote(do: fn state, _ -> EctoLibSql.handle_begin(@savepoint, state) end)},
    {"handle_commit/2", quote(do: fn state, _ -> EctoLibSql.handle_commit([], state) end)},
    {"handle_commit/2 of a savepoint",
     quote(do: fn state, _ -> EctoLibSql.handle_commit(@savepoint, state) end)},
    {"handle_rollback/2", quote(do: fn state, _ -> EctoLibSql.handle_rollback([], state) end)},
    {"handle_rollback/2 of a savepoint",
     quote(do: fn state, _ -> EctoLibSql.handle_rollback(@savepoint, state) end)},
    {"Native.begin/2", quote(do: fn state, _ -> Native.begin(state) end)},
    {"Native.commit/1", quote(do: fn state, _ -> Native.commit(state) end)},
    {"Native.rollback/1", quote(do: fn state, _ -> Native.rollback(state) end)},
    {"Native.create_savepoint/2",
     quote(do: fn state, _ -> Native.create_savepoint(state, "s") end)},
    {"Native.release_savepoint_by_name/2",
     quote(do: fn state, _ -> Native.release_savepoint_by_name(state, "theirs") end)},
    {"Native.rollback_to_savepoint_by_name/2",
     quote(do: fn state, _ -> Native.rollback_to_savepoint_by_name(state, "theirs") end)},
    {"Native.prepare/2", quote(do: fn state, _ -> Native.prepare(state, @insert) end)},
    {"Native.query_stmt/3",
     quote(do: fn state, o -> Native.query_stmt(state, o.statement, []) end)},
    {"Native.execute_stmt/4",
     quote(do: fn state, o -> Native.execute_stmt(state, o.statement, "", []) end)},
    {"Native.batch/2", quote(do: fn state, _ -> Native.batch(state, [{@insert, []}]) end)},
    {"Native.batch/2 of nothing", quote(do: fn state, _ -> Native.batch(state, []) end)},
    {"Native.batch_transactional/2",
     quote(do: fn state, _ -> Native.batch_transactional(state, [{@insert, []}]) end)},
    {"Native.execute_batch_sql/2",
     quote(do: fn state, _ -> Native.execute_batch_sql(state, @insert) end)},
    {"Native.execute_transactional_batch_sql/2",
     quote(do: fn state, _ -> Native.execute_transactional_batch_sql(state, @insert) end)},
    {"Native.reset/1", quote(do: fn state, _ -> Native.reset(state) end)},
    {"Native.restore/2", quote(do: fn state, o -> Native.restore(state, o.copy) end)},
    {"Native.query/3", quote(do: fn state, _ -> Native.query(state, @insert, []) end)},
    {"Native.execute_non_trx/3",
     quote(do: fn state, _ -> Native.execute_non_trx(@insert, state, []) end)},
    {"Native.execute_with_trx/3",
     quote(do: fn state, _ -> Native.execute_with_trx(state, @insert, []) end)},
    {"Pragma.set/3", quote(do: fn state, _ -> Pragma.set(state, :user_version, 7) end)},
    {"Pragma.get/2", quote(do: fn state, _ -> Pragma.get(state, :user_version) end)},
    {"Pragma.table_info/2", quote(do: fn state, _ -> Pragma.table_info(state, :t) end)},
    {"JSON.extract/3", quote(do: fn state, _ -> JSON.extract(state, "[1]", "$[0]") end)}
  ]

  # The same for the functions on plain ids.
  @raw_calls [
    {"execute_with_transaction/4",
     quote(do: fn id, conn -> Native.execute_with_transaction(id, conn, @insert, []) end)},
    {"query_with_trx_args/4",
     quote(do: fn id, conn -> Native.query_with_trx_args(id, conn, @insert, []) end)},
    {"commit_or_rollback_transaction/5, commit",
     quote(do: &Native.commit_or_rollback_transaction(&1, &2, :local, nil, "commit"))},
    {"commit_or_rollback_transaction/5, rollback",
     quote(do: &Native.commit_or_rollback_transaction(&1, &2, :local, nil, "rollback"))},
    {"savepoint/3", quote(do: &Native.savepoint(&2, &1, "s"))},
    {"release_savepoint/3", quote(do: &Native.release_savepoint(&2, &1, "theirs"))},
    {"rollback_to_savepoint/3", quote(do: &Native.rollback_to_savepoint(&2, &1, "theirs"))},
    {"declare_cursor_with_context/5",
     quote(
       do:
         &Native.declare_cursor_with_context(&2, &1, :transaction, @insert <> " RETURNING x", [])
     )}
  ]

  @committed [:committed, :not_found, :not_found_transaction, "Transaction not found"]
  @rolled_back [:rolled_back, :not_found, :not_found_transaction, "Transaction not found"]
  @unknown [:unknown, :not_found, :not_found_transaction, "Transaction not found"]
  @garbage [:garbage, :not_found, :not_found_transaction, "Transaction not found"]
  @foreign [
    :foreign,
    :foreign,
    :foreign_transaction,
    "Transaction does not belong to this connection"
  ]
  @closed [:closed, :not_found, :not_found_transaction, "Transaction not found"]
  @cases [@committed, @rolled_back, @unknown, @garbage, @foreign, @closed]

  setup do
    path = temp_file()
    state = file!(path)
    run!(state, "CREATE TABLE t (x)")
    run!(state, "INSERT INTO t VALUES ('before')")
    image = image()
    copy = temp_file("copy.db")
    run!(file!(copy), "CREATE TABLE copied (x)")

    # A statement and a cursor outside of any transaction.
    {:ok, statement} = Native.prepare(state, @insert)
    {:ok, _, %{ref: cursor}, _} = EctoLibSql.handle_declare("VALUES (1), (2)", [], [], state)
    opened = %{statement: statement, cursor: cursor, image: image, copy: copy}
    %{state: state, opened: Map.put(opened, :target, temp_file("target.db"))}
  end

  for {name, call} <- @calls, [which, kind, code, text] <- @cases do
    test "#{name} refuses a transaction that is #{which}", %{state: state, opened: opened} do
      named = %{state | trx_id: trx_id(unquote(which), state)}
      nothing_happens(state, fn -> unquote(call).(named, opened) end, unquote([kind, code, text]))
    end
  end

  for {name, call} <- @raw_calls, [which, kind, code, text] <- @cases do
    test "Native.#{name} refuses a transaction that is #{which}", %{state: state} do
      id = trx_id(unquote(which), state)
      call = fn -> unquote(call).(id, state.conn_id) end
      nothing_happens(state, call, unquote([kind, code, text]))
    end
  end

  defp image do
    if Suite.name() == "late" or Suite.server?() do
      "refused whatever it is"
    else
      {:ok, image} = Native.serialize(open!())
      image
    end
  end

  # Runs the call with nothing open on the connection, then with another transaction open on it.
  defp nothing_happens(state, call, expected) do
    refused(call.(), expected)
    assert EctoLibSql.handle_status([], state) == {:idle, state}
    assert rows!(state, "SELECT x FROM t") == [["before"]]

    {:ok, open} = Native.begin(state)
    run!(open, "INSERT INTO t VALUES ('theirs')")
    :ok = Native.create_savepoint(open, "theirs")
    run!(open, "INSERT INTO t VALUES ('theirs too')")
    refused(call.(), expected)

    assert rows!(open, "SELECT x FROM t") == [["before"], ["theirs"], ["theirs too"]]
    assert :ok = Native.rollback_to_savepoint_by_name(open, "theirs")
    assert {:ok, "commit success"} = Native.commit(open)
    assert rows!(state, "SELECT x FROM t") == [["before"], ["theirs"]]
    assert rows!(state, "PRAGMA user_version") == [[0]]
  end

  defp refused(answer, [kind, code, text]) do
    assert elem(answer, 0) in [:error, :disconnect], inspect(answer)

    case elem(answer, 1) do
      %Error{} = error ->
        assert {error.kind, error.sqlite.extended_code} == {kind, code}
        assert String.starts_with?(error.message, text)

      reason ->
        assert String.starts_with?(reason, text)
    end
  end

  defp trx_id(:committed, state), do: ended(state, "commit")
  defp trx_id(:rolled_back, state), do: ended(state, "rollback")
  defp trx_id(:unknown, state), do: state.conn_id <> ".t999"
  defp trx_id(:garbage, _state), do: "garbage"
  defp trx_id(:foreign, _state), do: Native.begin_transaction(open!().conn_id)

  defp trx_id(:closed, _state) do
    other = begin!(open!())
    EctoLibSql.disconnect([], other)
    other.trx_id
  end

  defp ended(%{conn_id: id}, how) do
    trx_id = Native.begin_transaction(id)
    {:ok, _} = Native.commit_or_rollback_transaction(trx_id, id, :local, nil, how)
    trx_id
  end

  test "the error of a transaction that has ended says what to use instead", %{state: state} do
    named = %{state | trx_id: trx_id(:committed, state)}
    assert {:error, %Error{message: message}} = EctoLibSql.query(named, "SELECT 1")

    assert message ==
             "Transaction not found: it has ended; go on with the state from before it began"
  end

  test "streams raise the error", %{state: state} do
    named = %{state | trx_id: trx_id(:committed, state)}

    assert_raise Error, ~r/^Transaction not found/, fn ->
      Enum.to_list(EctoLibSql.stream(named, @insert <> " RETURNING x"))
    end

    assert rows!(state, "SELECT x FROM t") == [["before"]]
  end

  test "a stream that outlives its transaction ends with the error", %{state: state} do
    {:ok, rest} =
      EctoLibSql.transaction(state, fn tx ->
        stream = EctoLibSql.stream(tx, "VALUES (1), (2)", [], max_rows: 1)
        {:suspended, _one, rest} = Enumerable.reduce(stream, {:cont, nil}, &{:suspend, {&1, &2}})
        rest
      end)

    assert_raise Error, ~r/^Transaction not found/, fn -> rest.({:cont, nil}) end
  end

  describe "a state that is kept from inside EctoLibSql.transaction/3" do
    test "is refused after a commit and after a rollback", %{state: state} do
      {:ok, kept} = EctoLibSql.transaction(state, & &1)
      {:error, undone} = EctoLibSql.transaction(state, &EctoLibSql.rollback(&1, &1))

      for tx <- [kept, undone] do
        assert {:error, %Error{kind: :not_found}} = EctoLibSql.query(tx, @insert)
      end

      assert rows!(state, "SELECT x FROM t") == [["before"]]
    end

    test "is refused after a function that raised", %{state: state} do
      catch_error(EctoLibSql.transaction(state, &raise(inspect_later(&1))))
      assert_received {:kept, tx}
      assert {:error, %Error{kind: :not_found}} = EctoLibSql.query(tx, @insert)
      assert rows!(state, "SELECT x FROM t") == [["before"]]
    end

    test "does not reach the transaction that is open by then", %{state: state} do
      {:ok, kept} = EctoLibSql.transaction(state, & &1)

      assert {:ok, {:error, %Error{kind: :not_found}}} =
               EctoLibSql.transaction(state, fn tx ->
                 run!(tx, "INSERT INTO t VALUES ('mine')")
                 EctoLibSql.query(kept, @insert)
               end)

      assert rows!(state, "SELECT x FROM t") == [["before"], ["mine"]]
    end

    test "is valid in a nested transaction and after it", %{state: state} do
      assert {:ok, 2} =
               EctoLibSql.transaction(state, fn outer ->
                 {:ok, _} = EctoLibSql.transaction(outer, &run!(&1, "INSERT INTO t VALUES (1)"))
                 {:error, :no} = EctoLibSql.transaction(outer, &EctoLibSql.rollback(&1, :no))
                 run!(outer, "INSERT INTO t VALUES (2)")
                 value!(outer, "SELECT count(*) - 1 FROM t")
               end)
    end

    defp inspect_later(tx) do
      send(self(), {:kept, tx})
      "no"
    end
  end

  test "a task that outlives its transaction leaves nothing behind", %{state: state} do
    {:ok, task} =
      EctoLibSql.transaction(state, fn tx ->
        Task.async(fn ->
          receive do
            :ended -> EctoLibSql.query(tx, @insert)
          end
        end)
      end)

    send(task.pid, :ended)
    assert {:error, %Error{kind: :not_found}} = Task.await(task)
    assert rows!(state, "SELECT x FROM t") == [["before"]]
  end

  test "a transaction that was ended by SQL is refused, and commit and rollback return a state without it",
       %{
         state: state
       } do
    for {sql, finish} <- [
          {"COMMIT", &EctoLibSql.handle_commit/2},
          {"ROLLBACK", &EctoLibSql.handle_rollback/2}
        ] do
      begun = begin!(state)
      run!(begun, sql)
      assert error!(begun, @insert).kind == :not_found
      assert {:error, %Error{kind: :not_found}, ^state} = finish.([], begun)
    end

    assert rows!(state, "SELECT x FROM t") == [["before"]]
  end

  test "statements that name no transaction run in the one that is open", %{state: state} do
    {:ok, tx} = Native.begin(state)
    run!(state, "INSERT INTO t VALUES ('in it')")
    assert {:ok, "rollback success"} = Native.rollback(tx)
    assert rows!(state, "SELECT x FROM t") == [["before"]]
  end

  @tag :local
  test "facts and settings of the connection do not depend on the transaction of a state", %{
    state: state
  } do
    named = %{state | trx_id: trx_id(:committed, state)}
    assert Native.get_is_autocommit(named) == true
    assert Native.get_last_insert_rowid(named) == 1
    assert Native.get_changes(named) == 1
    assert Native.busy_timeout(named, 100) == :ok
    assert Native.interrupt(named) == :ok
    assert {:ok, %{}} = Native.stats(named)
    assert EctoLibSql.ping(named) == {:ok, named}
    assert EctoLibSql.handle_status([], named) == {:idle, named}
    assert EctoLibSql.disconnect([], named) == :ok
  end

  describe "in a pool" do
    @describetag :pool

    setup %{opened: opened} do
      {:ok, pool} =
        EctoLibSql.start_link(EctoLibSql.Suite.options(database: opened.copy, pool_size: 1))

      %{pool: pool}
    end

    defp copied(pool), do: EctoLibSql.query!(pool, "SELECT x FROM copied").rows
    defp connection(pool), do: EctoLibSql.run(pool, & &1.conn_id)

    test "a state that is kept from inside a transaction is refused after it", %{pool: pool} do
      {:ok, kept} = EctoLibSql.transaction(pool, fn conn -> EctoLibSql.run(conn, & &1) end)
      insert = "INSERT INTO copied VALUES ('outside')"
      assert {:error, %Error{kind: :not_found}} = EctoLibSql.query(kept, insert)

      {:ok, _} =
        EctoLibSql.transaction(pool, fn conn ->
          EctoLibSql.query!(conn, "INSERT INTO copied VALUES ('mine')")
          assert {:error, %Error{kind: :not_found}} = EctoLibSql.query(kept, insert)
        end)

      assert copied(pool) == [["mine"]]
    end

    test "a transaction that SQL has ended raises, and the connection is lent again", %{
      pool: pool
    } do
      before = connection(pool)

      for sql <- ["COMMIT", "ROLLBACK"] do
        assert_raise Error, ~r/^Transaction not found/, fn ->
          EctoLibSql.transaction(pool, &EctoLibSql.query!(&1, sql))
        end
      end

      assert {:ok, [[1]]} = EctoLibSql.transaction(pool, &EctoLibSql.query!(&1, "SELECT 1").rows)
      assert connection(pool) == before
    end

    test "a connection with another transaction than the pool's own is not lent again", %{
      pool: pool
    } do
      before = connection(pool)

      assert_raise Error, ~r/^Transaction not found/, fn ->
        EctoLibSql.transaction(pool, fn conn ->
          EctoLibSql.query!(conn, "ROLLBACK")

          EctoLibSql.run(conn, fn state ->
            run!(%{state | trx_id: nil}, "BEGIN IMMEDIATE")
            run!(%{state | trx_id: nil}, "INSERT INTO copied VALUES ('left open')")
          end)
        end)
      end

      assert copied(pool) == []
      assert connection(pool) != before
    end
  end
end
