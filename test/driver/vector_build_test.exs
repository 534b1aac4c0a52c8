defmodule EctoLibSql.VectorBuildTest do
  # How builds of vector indexes are reported.
  use EctoLibSql.DriverCase, async: true

  @moduletag :local_file

  @create "CREATE INDEX i ON t (libsql_vector_idx(v))"

  defp filled!(options) do
    state = open!(options)
    run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY, v F32_BLOB(2))")
    run!(state, "INSERT INTO t VALUES (1, '[1,0]'), (2, '[0,1]')")
    state
  end

  test "a subscriber is told of the end of each build, whatever it was" do
    path = temp_file()
    state = filled!(database: path, vector_build_subscriber: self())
    run!(state, @create)

    assert_received {:ecto_libsql, :vector_build, event}

    assert %{database: ^path, schema: "main", index: "i", ended: true, rows: 2, error: nil} =
             event

    assert event.fraction == 1.0 and event.duration_us >= 0
    run!(state, "REINDEX i")
    assert_received {:ecto_libsql, :vector_build, %{ended: true, error: nil}}
    run!(state, "DROP INDEX i")
    run!(state, "INSERT INTO t VALUES (3, '[1]')")
    error!(state, @create)

    assert_received {:ecto_libsql, :vector_build,
                     %{ended: true, error: %{kind: :error, message: message}}}

    assert message =~ "dimensions are different: 1 != 2"
    refute_received {:ecto_libsql, :vector_build, _more}
  end

  test "a subscriber may have a name, and need not be there" do
    run!(filled!(database: ":memory:", vector_build_subscriber: :nobody_has_this_name), @create)
    Process.register(self(), :vector_build_listener)
    state = filled!(database: ":memory:", vector_build_subscriber: :vector_build_listener)
    run!(state, @create)
    assert_received {:ecto_libsql, :vector_build, %{database: ":memory:", index: "i"}}
  end

  test "a long build reports how far it is, and an interrupt ends it" do
    state = open!(database: temp_file(), vector_build_subscriber: self())
    run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY, v F32_BLOB(256))")
    numbers = for n <- 1..8_000, into: <<>>, do: <<rem(n * n * 7919, 1009) / 1::float-32-little>>
    vector = fn n -> binary_part(numbers, 4 * rem(n * 7919, 7_700), 4 * 256) end
    rows = for n <- 1..30_000, do: {"INSERT INTO t (v) VALUES (?)", [{:blob, vector.(n)}]}
    {:ok, _results} = EctoLibSql.Native.batch_transactional(state, rows)

    build = Task.async(fn -> EctoLibSql.query(state, @create, [], timeout: :infinity) end)
    assert_receive {:ecto_libsql, :vector_build, %{ended: false} = event}, 60_000
    assert %{index: "i", rows: 30_000, fraction: fraction, duration_us: duration} = event
    assert fraction > 0 and fraction < 1 and duration >= 250_000
    EctoLibSql.Native.interrupt(state)
    assert {:error, %Error{kind: :interrupted}} = Task.await(build, 60_000)
    assert_received {:ecto_libsql, :vector_build, %{ended: true, error: %{kind: :interrupted}}}
    assert [] = run!(state, "SELECT name FROM sqlite_schema WHERE name LIKE 'libsql_vx%'").rows
  end

  @tag :telemetry
  test "telemetry reports each build" do
    me = self()
    name = "vector-builds-#{inspect(me)}"
    report = fn _event, measured, metadata, _ -> send(me, {measured, metadata}) end
    # Called by name: without Hex there is no such module when this is compiled.
    apply(:telemetry, :attach, [name, [:ecto_libsql, :vector, :build], report, nil])
    path = temp_file()
    run!(filled!(database: path), @create)

    assert_receive {%{duration: _, rows: 2},
                    %{database: ^path, schema: "main", index: "i", result: :ok, error: nil}}

    apply(:telemetry, :detach, [name])
  end

  test "a subscriber that is no process is refused by name" do
    assert {:error, %Error{kind: :invalid_argument, message: message}} =
             EctoLibSql.connect(database: ":memory:", vector_build_subscriber: "nobody")

    assert message =~ ":vector_build_subscriber must be a pid or the name of a registered process"
  end
end
