defmodule EctoLibSql.Connection.OptionsTest do
  use EctoLibSql.DriverCase, async: true

  @moduletag :local_file

  alias EctoLibSql.Options

  @pragmas [
    {[journal_mode: :truncate], "journal_mode", "truncate"},
    {[journal_mode: :delete], "journal_mode", "delete"},
    {[synchronous: :extra], "synchronous", 3},
    {[synchronous: :off], "synchronous", 0},
    {[foreign_keys: :off], "foreign_keys", 0},
    {[foreign_keys: false], "foreign_keys", 0},
    {[foreign_keys: true], "foreign_keys", 1},
    {[cache_size: -4096], "cache_size", -4096},
    {[temp_store: :memory], "temp_store", 2},
    {[temp_store: :file], "temp_store", 1},
    {[cache_spill: false], "cache_spill", 0},
    {[auto_vacuum: :incremental], "auto_vacuum", 2},
    {[auto_vacuum: :full], "auto_vacuum", 1},
    {[locking_mode: :exclusive], "locking_mode", "exclusive"},
    {[secure_delete: true], "secure_delete", 1},
    {[wal_auto_check_point: 77], "wal_autocheckpoint", 77},
    {[wal_autocheckpoint: 78], "wal_autocheckpoint", 78},
    {[journal_size_limit: 4096], "journal_size_limit", 4096},
    {[soft_heap_limit: 0], "soft_heap_limit", 0},
    {[hard_heap_limit: 0], "hard_heap_limit", 0},
    {[custom_pragmas: [user_version: 9]], "user_version", 9},
    {[custom_pragmas: [{"application_id", 5}]], "application_id", 5}
  ]

  describe "Options.parse/1" do
    test "gives the location and the mode, and ignores keys of others" do
      assert {:ok, %Options{location: ":memory:", mode: :local, sync: :disable_sync}} =
               Options.parse(database: :memory, pool_size: 3, telemetry_prefix: [:x])
    end

    test "names the option that it refuses" do
      assert {:error, %EctoLibSql.Error{message: message}} =
               Options.parse(database: ":memory:", journal_mode: :sideways)

      assert message =~ "journal_mode"
    end
  end

  for {options, pragma, expected} <- @pragmas do
    if options == [temp_store: :file], do: @tag(:plain)

    test "#{inspect(options)} is in force" do
      state = file!(temp_file(), unquote(Macro.escape(options)))
      assert value!(state, "PRAGMA #{unquote(pragma)}") == unquote(expected)
    end
  end

  test "options that are no keyword list are refused" do
    for options <- [5, nil, "app.db", %{database: ":memory:"}, [1], [{"database", ":memory:"}]] do
      assert {:error, %Error{kind: :invalid_argument, message: message} = error} =
               EctoLibSql.Options.parse(options)

      assert message == "the options of a connection must be a keyword list"
      assert EctoLibSql.connect(options) == {:error, error}
    end
  end

  test "the journal mode is left alone unless it is an option or the default" do
    path = temp_file()
    EctoLibSql.disconnect([], file!(path, journal_mode: :delete))
    assert value!(file!(path, mode: :readonly), "PRAGMA journal_mode") == "delete"
  end

  test "mmap_size is in force where SQLite maps memory" do
    state = file!(temp_file(), mmap_size: 65_536)
    assert rows!(state, "PRAGMA mmap_size") in [[[65_536]], [[0]]]
  end

  test "case_sensitive_like is in force" do
    assert value!(open!(case_sensitive_like: true), "SELECT 'A' LIKE 'a'") == 0
    assert value!(open!(), "SELECT 'A' LIKE 'a'") == 1
  end

  test "custom pragmas run after the built-in ones" do
    assert value!(
             open!(synchronous: :full, custom_pragmas: [synchronous: 0]),
             "PRAGMA synchronous"
           ) == 0
  end

  test "mode: :readonly refuses writes" do
    path = temp_file()
    run!(file!(path), "CREATE TABLE t (x)")
    state = file!(path, mode: :readonly)
    assert [] = rows!(state, "SELECT * FROM t")
    assert %Error{sqlite: %{code: :readonly}} = error!(state, "INSERT INTO t VALUES (1)")
    assert [] = rows!(state, "SELECT * FROM t")
  end

  test "a mode may say :nomutex beside others, as exqlite's do" do
    path = temp_file()
    assert {:ok, _} = EctoLibSql.connect(database: path, mode: [:readwrite, :create, :nomutex])
    assert {:ok, _} = EctoLibSql.connect(database: path, mode: [:readonly, :nomutex])

    assert {:error, %Error{kind: :invalid_argument, message: message}} =
             EctoLibSql.connect(database: path, mode: :nomutex)

    assert message =~ "the option :mode must be"
  end

  test "mode: :readwrite does not create a file" do
    path = temp_file("absent.db")

    for mode <- [:readwrite, [:readwrite], [:readwrite, :nomutex]] do
      assert {:error, %Error{kind: :cannot_open}} = EctoLibSql.connect(database: path, mode: mode)
    end

    refute File.exists?(path)
    assert {:ok, _} = EctoLibSql.connect(database: path, mode: [:readwrite, :create])
  end

  @tag :local
  test "busy_timeout is what PRAGMA busy_timeout shows, and sets" do
    path = temp_file()
    state = file!(path, busy_timeout: 123)
    assert rows!(state, "PRAGMA busy_timeout") == [[123]]
    :ok = Native.busy_timeout(state, 456)
    assert rows!(state, "PRAGMA busy_timeout") == [[456]]
    assert rows!(state, "PRAGMA busy_timeout = 10") == [[10]]
    run!(state, "CREATE TABLE t (x)")

    other = begin!(file!(path), mode: :immediate)
    {milliseconds, error} = timed(fn -> error!(state, "INSERT INTO t VALUES (1)") end)
    assert error.sqlite.code == :busy
    assert milliseconds < 4000
    rollback!(other)
  end

  test "busy_timeout: 0 does not wait" do
    path = temp_file()
    holder = file!(path)
    run!(holder, "CREATE TABLE t (x)")
    begin!(holder, mode: :immediate)
    state = file!(path, busy_timeout: 0)
    {milliseconds, error} = timed(fn -> error!(state, "INSERT INTO t VALUES (1)") end)
    assert error.sqlite.code == :busy
    assert milliseconds < 4000
  end

  test "default_transaction_mode is used when none is given" do
    path = temp_file()
    run!(file!(path), "CREATE TABLE t (x)")
    begin!(file!(path, default_transaction_mode: :immediate))
    assert error!(file!(path, busy_timeout: 0), "INSERT INTO t VALUES (1)").sqlite.code == :busy
  end

  @tag :local
  test "statement_cache_size: 0 keeps nothing" do
    state = open!(statement_cache_size: 0)
    for _ <- 1..3, do: run!(state, "SELECT 1")
    assert {:ok, %{cache_entries: 0}} = Native.stats(state)
  end

  test "attach gives every connection the other database" do
    other = temp_file("other.db")
    run!(file!(other), "CREATE TABLE o (x)")
    state = file!(temp_file(), attach: [{"other", other}])
    run!(state, "INSERT INTO other.o VALUES (1)")
    assert rows!(state, "SELECT x FROM other.o") == [[1]]
  end

  @tag :local
  test "serialized loads an image" do
    source = open!()
    run!(source, "CREATE TABLE t (x)")
    run!(source, "INSERT INTO t VALUES (42)")
    {:ok, image} = Native.serialize(source)
    assert value!(open!(serialized: image), "SELECT x FROM t") == 42
  end

  @tag :local
  test "serialized is for memory: a file would stay as it is" do
    {:ok, image} = Native.serialize(open!())
    path = temp_file()

    assert {:error, %Error{message: message}} =
             EctoLibSql.connect(database: path, serialized: image)

    assert message =~ ":serialized" and message =~ ":memory:"
    refute File.exists?(path)
  end

  test "an unknown extension is an error that names its path" do
    path = Path.join(temp_folder(), "no_such_extension")

    assert {:error, %Error{message: message}} =
             EctoLibSql.connect(database: ":memory:", load_extensions: [path])

    assert message =~ "no_such_extension"
  end

  test "numbers below their limit are refused, and named with it" do
    for {option, limit} <- [
          wal_auto_check_point: 0,
          wal_autocheckpoint: 0,
          progress_handler_steps: 1,
          statement_cache_size: 0,
          busy_timeout: 0
        ] do
      assert {:error, %Error{kind: :invalid_argument, message: message}} =
               EctoLibSql.connect([{:database, ":memory:"}, {option, limit - 1}])

      assert message =~ "#{inspect(option)} must be an integer from #{limit} to"
      assert message =~ "got: #{limit - 1}"
    end
  end

  test "a location that means nothing cannot be opened" do
    for {location, what} <- [
          {"file://elsewhere/x.db", "invalid uri authority: elsewhere"},
          {"file:x.db?vfs=none", "no such vfs: none: file:x.db"},
          {"file:x.db?mode=none", "no such access mode: none: file:x.db"}
        ] do
      assert {:error, %Error{kind: :cannot_open, message: message}} =
               EctoLibSql.connect(database: location)

      assert message =~ what
    end
  end

  test "before_disconnect is called with the state" do
    test = self()
    state = open!(before_disconnect: fn _error, state -> send(test, {:leaving, state}) end)
    assert :ok = EctoLibSql.disconnect([], state)
    assert_received {:leaving, %State{}}
  end

  def note(error, %State{}, test), do: send(test, {:note, error})

  test "before_disconnect may be a module, function and arguments" do
    state = open!(before_disconnect: {__MODULE__, :note, [self()]})
    assert :ok = EctoLibSql.disconnect(:reason, state)
    assert_received {:note, :reason}
  end

  test "a before_disconnect that raises does not keep the connection open" do
    state = open!(before_disconnect: fn _error, _state -> raise "no" end)
    assert_raise RuntimeError, fn -> EctoLibSql.disconnect([], state) end
    assert {:error, "Connection not found" <> _} = Native.ping(state.conn_id)
  end

  test "disconnect_on_error_codes gives up the connection for these codes only" do
    state = open!(disconnect_on_error_codes: [:constraint_unique])
    run!(state, "CREATE TABLE t (x UNIQUE, y NOT NULL)")
    run!(state, "INSERT INTO t VALUES (1, 1)")
    duplicate = "INSERT INTO t VALUES (1, 1)"

    assert {:disconnect, %Error{sqlite: %{extended_code: :constraint_unique}}, ^state} =
             EctoLibSql.handle_execute(duplicate, [], [], state)

    assert error!(state, "INSERT INTO t VALUES (2, NULL)").sqlite.extended_code ==
             :constraint_notnull
  end

  test "chunk_size, timeouts and remote options are accepted in local mode" do
    state =
      open!(
        chunk_size: 10,
        connect_timeout: 5,
        request_timeout: 5,
        read_your_writes: true,
        initial_sync: true,
        remote_writes: true,
        progress_handler_steps: 500,
        disconnect_on_error_codes: [:busy]
      )

    assert [[1]] = rows!(state, "SELECT 1")
  end

  test "shared memory: connections that name a database see one database" do
    name = "shared-#{System.unique_integer([:positive])}"
    one = open!(shared_memory: name)
    two = open!(shared_memory: name)
    run!(one, "CREATE TABLE s (x)")
    run!(one, "INSERT INTO s VALUES (1)")
    assert rows!(two, "SELECT x FROM s") == [[1]]
  end
end
