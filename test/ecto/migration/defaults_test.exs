defmodule Ecto.Adapters.LibSql.Migration.DefaultsTest do
  # A default is stored in the form in which its column stores values: a row that took it loads as the value and
  # is found by it. Not async: the forms are settings of the application.
  use EctoLibSql.EctoCase, async: false

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.{Reference, Table}

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)
  defp alter(table, changes), do: ddl({:alter, %Table{name: table}, changes})
  defp create(table, columns), do: ddl({:create, %Table{name: table}, columns})

  defp setting(key, value) do
    before = Application.fetch_env(:ecto_libsql, key)
    Application.put_env(:ecto_libsql, key, value)

    on_exit(fn ->
      case before do
        {:ok, value} -> Application.put_env(:ecto_libsql, key, value)
        :error -> Application.delete_env(:ecto_libsql, key)
      end
    end)
  end

  # The default, of CREATE TABLE and of ALTER TABLE, is what the type stores for the value.
  defp stored_as_field!(type, default, value \\ nil) do
    value = value || default
    field = Map.get(%{uuid: Ecto.UUID, text: :string}, type, type)
    create("d", [{:add, :n, :integer, []}, {:add, :x, type, [default: default]}])
    alter("d", [{:add, :y, type, []}])
    alter("d", [{:modify, :y, type, [default: default]}])
    sql!("INSERT INTO d (n) VALUES (1)")
    {:ok, dumped} = Ecto.Type.adapter_dump(Adapter, field, value)
    [[_, x, y]] = rows("SELECT * FROM d")

    found =
      rows("SELECT count(*) FROM d WHERE x = ?1 AND y = ?1 AND typeof(x) = typeof(?1)", [dumped])

    sql!("DROP TABLE d")
    assert {type, default, x, found} == {type, default, y, [[1]]}
    assert {:ok, ^value} = Ecto.Type.adapter_load(Adapter, field, x)
    x
  end

  test "decimals are texts with decimal_type: :exact" do
    setting(:decimal_type, :exact)
    assert stored_as_field!(:decimal, Decimal.new("1.50")) == "1.50"
    assert stored_as_field!(:decimal, 5, Decimal.new("5")) == "5"
  end

  test "UUIDs are texts, or bytes as the settings say" do
    uuid = "00000000-0000-0000-0000-00000000000a"
    assert stored_as_field!(:uuid, uuid) == uuid
    setting(:uuid_type, :binary)
    setting(:binary_id_type, :binary)
    assert stored_as_field!(:uuid, uuid) == <<10::128>>
    assert stored_as_field!(:binary_id, uuid) == <<10::128>>

    assert_raise ArgumentError, ~r/default.*:uuid/, fn ->
      create("t", [{:add, :x, :uuid, [default: "?"]}])
    end
  end

  test "dates and times have the digits and the zone of their type" do
    for {type, default, value, stored} <- [
          {:utc_datetime_usec, ~U[2020-01-01 10:00:00Z], ~U[2020-01-01 10:00:00.000000Z],
           "2020-01-01T10:00:00.000000Z"},
          {:utc_datetime_usec, ~N[2020-01-01 10:00:00.5], ~U[2020-01-01 10:00:00.500000Z],
           "2020-01-01T10:00:00.500000Z"},
          {:utc_datetime, "2020-01-01 10:00:00", ~U[2020-01-01 10:00:00Z],
           "2020-01-01T10:00:00Z"},
          {:naive_datetime, ~U[2020-01-01 10:00:00.5Z], ~N[2020-01-01 10:00:00],
           "2020-01-01T10:00:00"},
          {:naive_datetime, ~D[2020-01-01], ~N[2020-01-01 00:00:00], "2020-01-01T00:00:00"},
          {:naive_datetime_usec, ~N[2020-01-01 10:00:00], ~N[2020-01-01 10:00:00.000000],
           "2020-01-01T10:00:00.000000"},
          {:time_usec, ~T[10:00:00], ~T[10:00:00.000000], "10:00:00.000000"},
          {:time, ~T[10:00:00.5], ~T[10:00:00], "10:00:00"}
        ] do
      assert stored_as_field!(type, default, value) == stored
    end

    setting(:datetime_type, :text_datetime)
    assert stored_as_field!(:utc_datetime, ~U[2020-01-01 10:00:00Z]) == "2020-01-01 10:00:00"
  end

  test "a value that the type of the column does not load is refused" do
    for {type, defaults} <- [
          integer: ["", "x", "1.5", 1.5, true, ~D[2020-01-01], Decimal.new("0.5")],
          bigint: ["one"],
          boolean: ["yes", "", 2, 1.0],
          float: ["", "x", true],
          decimal: ["", "x", true, Decimal.new("NaN"), "Infinity"],
          uuid: ["", "x"],
          date: ["", "x", "2020-02-30", 5],
          time: ["", "25:00:00"],
          utc_datetime: ["", "now", 5],
          naive_datetime_usec: ["2020-01-01T00:00:00+02:00", true],
          map: ["", "x", "1", 5, true],
          array: ["", "x", "{}", "[", %{}, 5]
        ],
        default <- defaults do
      type = if type == :array, do: {:array, :string}, else: type

      assert_raise ArgumentError,
                   ~r/the default .* no value that a column of #{Regex.escape(inspect(type))}/,
                   fn ->
                     create("t", [{:add, :x, type, [default: default]}])
                   end

      sql!("CREATE TABLE t (x)")

      assert_raise ArgumentError, ~r/the default/, fn ->
        alter("t", [{:modify, :x, type, [default: default]}])
      end

      assert_raise ArgumentError, ~r/the default/, fn ->
        alter("t", [{:add, :y, type, [default: default]}])
      end

      sql!("DROP TABLE t")
    end
  end

  test "a text that the type reads is stored as the type stores the value" do
    for {type, default, value} <- [
          {:integer, "5", 5},
          {:integer, 5.0, 5},
          {:boolean, 1, true},
          {:float, "1.5", 1.5},
          {:float, 2, 2.0},
          {:date, "2020-01-02", ~D[2020-01-02]},
          {:map, ~s({"a": [1]}), %{"a" => [1]}},
          {{:array, :string}, ~s(["a", "b"]), ["a", "b"]},
          {{:array, :integer}, [1, 2], [1, 2]},
          {:text, true, "true"},
          {:text, 5, "5"}
        ] do
      stored_as_field!(type, default, value)
    end
  end

  test "arrays in binary JSON go into a STRICT table" do
    setting(:array_type, :binary)
    table = %Table{name: "d", options: [strict: true]}

    ddl(
      {:create, table,
       [{:add, :n, :integer, []}, {:add, :x, {:array, :string}, [default: ["a"]]}]}
    )

    sql!("INSERT INTO d (n) VALUES (1)")
    assert [[x, "blob"]] = rows("SELECT x, typeof(x) FROM d")
    assert Ecto.Type.adapter_load(Adapter, {:array, :string}, x) == {:ok, ["a"]}
  end

  test "texts may contain quotes and zero bytes" do
    for text <- ["it's", "a\0b", "\0"], do: stored_as_field!(:text, text)
  end

  # The row that took the default is found by the value that it loads as, and by a comparison with the time.
  defp current_time!(type, sql) do
    create("d", [{:add, :n, :integer, []}, {:add, :x, type, [default: {:fragment, sql}]}])
    sql!("INSERT INTO d (n) VALUES (1)")
    [[x]] = rows("SELECT x FROM d")
    sql!("DROP TABLE d")
    {:ok, value} = Ecto.Type.adapter_load(Adapter, type, x)
    assert {sql, type, Ecto.Type.adapter_dump(Adapter, type, value)} == {sql, type, {:ok, x}}
    value
  end

  test "the current time has the form of its column, however it is spelt" do
    for form <- [:iso8601, :text_datetime],
        type <- [:utc_datetime, :utc_datetime_usec, :naive_datetime, :naive_datetime_usec],
        sql <- [
          " current_timestamp",
          "(CURRENT_TIMESTAMP)",
          "(( Current_Timestamp /* now */ ))",
          "datetime('now')",
          "(DATETIME( 'now' ))"
        ] do
      setting(:datetime_type, form)
      time = current_time!(type, sql)
      now = if is_struct(time, DateTime), do: time, else: DateTime.from_naive!(time, "Etc/UTC")
      assert abs(DateTime.diff(now, DateTime.utc_now())) < 10
    end
  end

  test "the current day and the current time of day have the form of their columns" do
    today = Date.utc_today()
    near = [Date.add(today, -1), today]

    for sql <- ["CURRENT_DATE", "(date('now'))", "CURRENT_TIMESTAMP"] do
      assert current_time!(:date, sql) in near
    end

    for sql <- ["(CURRENT_DATE)", "date()"] do
      assert %{hour: 0, minute: 0, second: 0} = time = current_time!(:utc_datetime_usec, sql)
      assert DateTime.to_date(time) in near
      assert %{hour: 0, minute: 0, second: 0} = current_time!(:naive_datetime, sql)
    end

    for sql <- ["(current_time)", "time('now')", "CURRENT_TIMESTAMP"],
        type <- [:time, :time_usec] do
      assert %Time{} = current_time!(type, sql)
    end

    for {type, sql} <- [{:utc_datetime, "CURRENT_TIME"}, {:time, "CURRENT_DATE"}] do
      assert_raise ArgumentError,
                   ~r/default CURRENT_.* no value that a column of #{inspect(type)}/,
                   fn ->
                     create("t", [{:add, :x, type, [default: {:fragment, sql}]}])
                   end
    end
  end

  test "a row that took the current time in parentheses is compared with ago/2 by its time" do
    create("d", [
      {:add, :n, :integer, []},
      {:add, :at, :utc_datetime, [default: {:fragment, "(current_timestamp)"}]}
    ])

    sql!("INSERT INTO d (n) VALUES (1)")
    recent = from(d in "d", where: d.at > ago(1, "minute"), select: d.n)
    assert Repo.all(recent) == [1]
    assert Repo.all(from(d in "d", where: d.at > from_now(1, "minute"), select: d.n)) == []
  end

  test "booleans are 0 and 1, and maps JSON in the form of map_type" do
    assert stored_as_field!(:boolean, "true", true) == 1
    assert stored_as_field!(:map, %{"a" => [1]}) == ~s({"a":[1]})
    setting(:map_type, :binary)
    assert is_binary(stored_as_field!(:map, %{"a" => [1]}))
  end

  test "on_delete: {:default, columns} sets the default that the column has now" do
    sql!("CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1), (8), (9)")
    action = %Reference{table: "p", type: :integer, on_delete: {:default, [:p_id, :n]}}

    create("c", [
      {:add, :p_id, action, [default: 9]},
      {:add, :n, :integer, []},
      {:add, :z, :integer, []}
    ])

    sql!("INSERT INTO c VALUES (1, 5, 5)")

    alter("c", [
      {:modify, :n, :integer, [default: 7]},
      {:modify, :z, :string, [default: "WHERE ("]}
    ])

    alter("c", [{:modify, :p_id, :integer, [default: 8]}])
    sql!("DELETE FROM p WHERE id = 1")
    assert rows("SELECT * FROM c") == [[8, 7, "5"]]
    assert rows("SELECT name FROM sqlite_master WHERE type = 'trigger'") == [["c_p_id_on_delete"]]
  end
end
