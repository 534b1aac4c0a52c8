defmodule EctoLibSql.AcceptedSpellingsTest do
  # Calls that the documents of the older driver spell in two ways, or otherwise than its code: both spellings work.
  use EctoLibSql.DriverCase, async: true

  setup do
    state = open!()
    run!(state, "CREATE TABLE t (x UNIQUE)")
    %{state: state}
  end

  test "handle_begin returns :begin, Native.begin the state", %{state: state} do
    assert {:ok, :begin, %State{} = begun} = EctoLibSql.handle_begin([], state)
    EctoLibSql.handle_rollback([], begun)
    assert {:ok, %State{} = begun} = Native.begin(state)
    assert {:ok, _} = Native.rollback(begun)
  end

  test "errors are 3-tuples", %{state: state} do
    assert {:error, %Error{kind: :error}, ^state} =
             EctoLibSql.handle_execute("SELEC", [], [], state)

    assert {:error, %Error{kind: :error}, ^state} = Native.query(state, "SELEC", [])
  end

  test "behavior:, behaviour: and mode: mean the same", %{state: state} do
    for key <- [:behavior, :behaviour, :mode] do
      {:ok, begun} = Native.begin(state, [{key, :read_only}])
      assert %Error{sqlite: %{code: :readonly}} = error!(begun, "INSERT INTO t VALUES (1)")
      {:ok, _} = Native.rollback(begun)
      {:ok, :begin, begun} = EctoLibSql.handle_begin([{key, :read_only}], state)
      assert %Error{sqlite: %{code: :readonly}} = error!(begun, "INSERT INTO t VALUES (1)")
      rollback!(begun)
    end
  end

  test "handle_fetch ends with :halt", %{state: state} do
    {:ok, query, cursor, _} = EctoLibSql.handle_declare("SELECT 1", [], [], state)
    assert {:cont, _, _} = EctoLibSql.handle_fetch(query, cursor, [], state)
    assert {:halt, _, _} = EctoLibSql.handle_fetch(query, cursor, [], state)
  end

  test "handle_deallocate takes four arguments", %{state: state} do
    {:ok, query, cursor, _} = EctoLibSql.handle_declare("SELECT 1", [], [], state)
    assert {:ok, %Result{}, %State{}} = EctoLibSql.handle_deallocate(query, cursor, [], state)
  end

  test "sync is an atom, and a boolean in a state built by hand", %{state: state} do
    assert state.sync == :disable_sync

    for sync <- [true, false, :enable_sync, :disable_sync, nil] do
      by_hand = %State{conn_id: state.conn_id, mode: :local, sync: sync}
      assert [[1]] = rows!(by_hand, "SELECT 1")
      assert {:ok, "success sync"} = Native.sync(by_hand)
      {:ok, begun} = Native.begin(by_hand)
      assert begun.sync == sync
      {:ok, _} = Native.rollback(begun)
    end
  end

  test "a batch runs all, and can stop", %{state: state} do
    insert = "INSERT INTO t VALUES (?)"
    taken = "UNIQUE constraint failed: t.x (batch statement 1)"
    assert {:error, ^taken} = Native.batch(state, [{insert, [1]}, {insert, [1]}, {insert, [2]}])
    assert value!(state, "SELECT count(*) FROM t") == 2

    assert {:error, ^taken} =
             Native.batch(state, [{insert, [3]}, {insert, [3]}, {insert, [4]}], on_error: :stop)

    assert value!(state, "SELECT count(*) FROM t") == 3
  end

  @tag :local_file
  test "foreign keys are on, and can be off" do
    assert value!(open!(), "PRAGMA foreign_keys") == 1
    assert value!(open!(foreign_keys: :off), "PRAGMA foreign_keys") == 0
  end

  test "an encryption key has at least 32 characters" do
    for option <- [:encryption_key, :key] do
      assert {:error, %Error{message: message}} =
               EctoLibSql.connect([{:database, temp_file()}, {option, String.duplicate("k", 31)}])

      assert message =~ "key"
      assert message =~ "32"
    end
  end

  @tag :local
  test "savepoints, busy_timeout and reset return :ok", %{state: state} do
    assert :ok = Native.busy_timeout(state, 100)
    {:ok, begun} = Native.begin(state)
    assert :ok = Native.create_savepoint(begun, "a")
    assert :ok = Native.rollback_to_savepoint_by_name(begun, "a")
    assert :ok = Native.release_savepoint_by_name(begun, "a")
    assert :ok = Native.reset(begun)
  end

  test "pragma getters return results, get/2 returns values", %{state: state} do
    assert {:ok, %Result{command: :pragma, rows: [[1]]}} = EctoLibSql.Pragma.foreign_keys(state)
    assert {:ok, true} = EctoLibSql.Pragma.get(state, :foreign_keys)
  end

  test "parameter names keep their prefix", %{state: state} do
    {:ok, statement} = Native.prepare(state, "SELECT :a, @b, $c")
    assert {:ok, ":a"} = Native.stmt_parameter_name(state, statement, 1)
    assert {:ok, "@b"} = Native.stmt_parameter_name(state, statement, 2)
    assert {:ok, "$c"} = Native.stmt_parameter_name(state, statement, 3)
  end

  test "hooks return {:error, :unsupported}", %{state: state} do
    assert {:error, :unsupported} = Native.add_update_hook(state)
    assert {:error, :unsupported} = Native.add_authorizer(state)
  end

  @tag :local_file
  test "the frame number of a local connection is an error, and the state has its mode", %{
    state: state
  } do
    assert {:error, "a local connection is not a replica: it has no frames"} =
             Native.get_frame_number_for_replica(state)

    assert state.mode == :local
  end

  test "ws and http addresses are both remote" do
    for scheme <- ~w(libsql https http wss ws) do
      assert State.detect_mode(uri: scheme <> "://host", auth_token: "t") == :remote
    end
  end

  test "a remote connection needs no token" do
    assert State.detect_mode(uri: "http://localhost:8080") == :remote
  end
end
