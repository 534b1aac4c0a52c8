defmodule EctoLibSql.TelemetryTest do
  use EctoLibSql.DriverCase, async: true

  # Attaches to the driver's events for one connection.
  defp attach(state) do
    test = self()
    name = {__MODULE__, make_ref()}
    id = state.conn_id

    apply(:telemetry, :attach_many, [
      name,
      EctoLibSql.Telemetry.events(),
      fn event, measurements, metadata, _ ->
        if metadata[:conn_id] == id, do: send(test, {event, measurements, metadata})
      end,
      nil
    ])

    on_exit(fn -> apply(:telemetry, :detach, [name]) end)
  end

  test "names its events" do
    for event <- [:query, :busy, :cursor] do
      assert [:ecto_libsql, event] in EctoLibSql.Telemetry.events()
    end
  end

  @tag :telemetry
  test "events are emitted, and nothing is logged, where nobody has started an application" do
    code = """
    {:ok, state} = EctoLibSql.connect(database: ":memory:")
    handler = fn [:ecto_libsql, :query], _, metadata, _ -> IO.puts(metadata.statement) end
    :telemetry.attach("all", [:ecto_libsql, :query], handler, nil)
    EctoLibSql.query!(state, "SELECT 1")
    """

    output = EctoLibSql.OtherVM.output(code)
    assert output =~ "SELECT 1"
    refute output =~ "telemetry handlers"
  end

  @tag :telemetry
  test "a query is reported with its duration, never with its parameters" do
    state = open!()
    attach(state)
    run!(state, "SELECT ?", ["hunter2"])
    assert_received {[:ecto_libsql, :query], %{duration: duration}, metadata}
    assert is_integer(duration) and duration >= 0
    assert %{statement: "SELECT ?", result: :ok, error: nil, num_rows: 1} = metadata
    refute inspect(metadata) =~ "hunter2"
  end

  @tag :telemetry
  test "a failed query is reported with its error" do
    state = open!()
    attach(state)
    error!(state, "SELECT * FROM nope")

    assert_received {[:ecto_libsql, :query], _,
                     %{result: :error, error: %Error{message: "no such table: nope"}}}
  end

  @tag :telemetry
  test "a cursor's portions are reported" do
    state = open!()
    {:ok, query, cursor, _} = EctoLibSql.handle_declare("VALUES (1), (2), (3)", [], [], state)
    attach(state)
    EctoLibSql.handle_fetch(query, cursor, [max_rows: 2], state)
    assert_received {[:ecto_libsql, :cursor], %{num_rows: 2, duration: _}, %{cursor: _}}
  end

  @tag :telemetry
  @tag :local
  test "a wait for the write lock is reported" do
    path = temp_file()
    holder = file!(path)
    run!(holder, "CREATE TABLE t (x)")
    held = begin!(holder, mode: :immediate)
    state = file!(path, busy_timeout: 30)
    attach(state)
    error!(state, "DELETE FROM t")
    assert_received {[:ecto_libsql, :busy], %{duration: waited}, %{outcome: :timeout}}
    assert_received {[:ecto_libsql, :query], %{duration: duration}, %{busy_time: ^waited}}
    assert duration >= waited
    run!(state, "SELECT 1")
    assert_received {[:ecto_libsql, :query], _, %{busy_time: 0}}
    commit!(held)
  end
end
