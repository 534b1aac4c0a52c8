defmodule EctoLibSql.StateTest do
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.Terms

  @uri "libsql://example.com"

  describe "detect_mode/1" do
    test "is :local with a database alone" do
      assert State.detect_mode(database: "a.db") == :local
      assert State.detect_mode(database: "a.db", uri: nil) == :local
      assert State.detect_mode(database: "a.db", uri: nil, auth_token: nil, sync: true) == :local
      assert State.detect_mode(database: "a.db", sync: true) == :local
      assert State.detect_mode(database: :memory) == :local
    end

    test "is :remote with a uri, with and without a token" do
      assert State.detect_mode(uri: @uri, auth_token: "t") == :remote
      assert State.detect_mode(uri: @uri) == :remote
    end

    test "is :remote when a database and a uri are given without :sync" do
      assert State.detect_mode(database: "a.db", uri: @uri, auth_token: "t") == :remote
    end

    test "is :remote_replica when :sync is given, true or false" do
      for sync <- [true, false] do
        options = [database: "a.db", uri: @uri, auth_token: "t", sync: sync]
        assert State.detect_mode(options) == :remote_replica
      end
    end

    test "is :unknown with nothing to open" do
      assert State.detect_mode([]) == :unknown
      assert State.detect_mode(database: nil, uri: nil) == :unknown
    end

    test "follows an explicit mode" do
      for mode <- [:local, :remote, :remote_replica] do
        assert State.detect_mode(database: "a.db", uri: @uri, mode: mode) == mode
      end
    end

    test "takes other values of :mode for open flags" do
      assert State.detect_mode(database: "a.db", mode: :readonly) == :local
      assert State.detect_mode(database: "a.db", mode: [:readwrite]) == :local
    end

    test "gives one of its four answers for any term", context do
      Terms.seed(context)

      for _ <- 1..500 do
        options =
          Terms.pick([
            fn -> Terms.any() end,
            fn -> Terms.keyword([:database, :uri, :auth_token, :sync, :mode]) end
          ]).()

        assert State.detect_mode(options) in [:local, :remote, :remote_replica, :unknown]
      end
    end
  end

  describe "detect_sync/1" do
    test "is :enable_sync for true and :disable_sync for everything else" do
      assert State.detect_sync(sync: true) == :enable_sync
      assert State.detect_sync(sync: false) == :disable_sync
      assert State.detect_sync([]) == :disable_sync
    end
  end

  @tag :local_file
  test "a connected state is local and names its connection" do
    assert %State{conn_id: id, trx_id: nil, mode: :local, sync: :disable_sync} = open!()
    assert is_binary(id) and id != ""
  end

  test "a state built by hand from an id works" do
    id = Native.connect([database: ":memory:"], :local)
    state = %State{conn_id: id, mode: :local, sync: :disable_sync}
    assert [[1]] = rows!(state, "SELECT 1")
    assert :ok = EctoLibSql.disconnect([], state)
  end

  test "a state built by hand may spell sync as a boolean" do
    id = Native.connect([database: ":memory:"], :local)

    for sync <- [true, false] do
      state = %State{conn_id: id, mode: :local, sync: sync}
      assert [[1]] = rows!(state, "SELECT 1")
      assert {:ok, "success sync"} = Native.sync(state)
    end
  end
end
