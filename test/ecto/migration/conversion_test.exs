defmodule Ecto.Adapters.LibSql.Migration.ConversionTest do
  # `modify` converts the values of a column with its type, as PostgreSQL does: afterwards each row loads
  # with the new type and is found by the value that it loads.
  # Not async: some forms are settings of the application.
  use EctoLibSql.EctoCase, async: false
  use ExUnitProperties

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.{Reference, Table}

  @moduletag repo: [database: ":memory:", pool_size: 1]

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)
  defp alter(changes), do: ddl({:alter, %Table{name: "t"}, changes})
  defp stored, do: hd(hd(rows("SELECT sql FROM sqlite_master WHERE name = 't'")))

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

  defp field(type),
    do: Map.get(%{uuid: Ecto.UUID, text: :string, citext: :string, bigint: :integer}, type, type)

  # A table with one row for each value, stored as a field of the type stores it.
  defp create(type, values, opts \\ []) do
    sql!("DROP TABLE IF EXISTS t")
    table = %Table{name: "t", options: opts[:options]}
    id = {:add, :id, :id, [primary_key: true]}
    ddl({:create, table, [id, {:add, :x, type, opts[:column] || []}]})

    for {value, id} <- Enum.with_index(values, 1) do
      {:ok, dumped} = Ecto.Type.adapter_dump(Adapter, field(type), value)
      Repo.query!("INSERT INTO t VALUES (?, ?)", [id, dumped])
    end
  end

  # What the column loads as, with the check that each row is found by this value.
  defp loaded(type) do
    for [id, x] <- rows("SELECT id, x FROM t ORDER BY id") do
      {:ok, value} = Ecto.Type.adapter_load(Adapter, field(type), x)
      refute is_nil(value) and not is_nil(x)

      if value != nil do
        found = from(t in "t", where: t.x == type(^value, ^field(type)), select: t.id)
        assert id in Repo.all(found), "#{inspect(value)} does not find row #{id}: #{inspect(x)}"
        {:ok, dumped} = Ecto.Type.adapter_dump(Adapter, field(type), value)
        same = "SELECT count(*) FROM t WHERE id = ? AND x = ?"
        assert rows(same, [id, dumped]) == [[1]], "#{inspect(x)} is not #{inspect(dumped)}"
      end

      value
    end
  end

  defp converted(from, values, to, opts \\ []) do
    create(from, values, opts)
    alter([{:modify, :x, to, opts[:modify] || []}])
    loaded(to)
  end

  @utc ~U[2024-02-29 12:00:00Z]
  @usec ~U[2024-02-29 12:00:00.250000Z]
  @uuid "0cd2d5e8-3c5a-4f10-9a9e-6d0f53a1b7c2"

  # {old type, new type, [{value before, value after}]}: what PostgreSQL makes of the value.
  @conversions [
    {:utc_datetime, :utc_datetime_usec, [{@utc, ~U[2024-02-29 12:00:00.000000Z]}]},
    {:utc_datetime, :naive_datetime, [{@utc, ~N[2024-02-29 12:00:00]}]},
    {:utc_datetime, :naive_datetime_usec, [{@utc, ~N[2024-02-29 12:00:00.000000]}]},
    {:utc_datetime, :date, [{~U[2024-02-29 23:59:59Z], ~D[2024-02-29]}]},
    {:utc_datetime, :time, [{@utc, ~T[12:00:00]}]},
    {:utc_datetime, :time_usec, [{@utc, ~T[12:00:00.000000]}]},
    {:utc_datetime_usec, :utc_datetime,
     [
       {@usec, @utc},
       {~U[2024-02-29 23:59:59.500000Z], ~U[2024-03-01 00:00:00Z]},
       {~U[2024-02-29 23:59:59.499999Z], ~U[2024-02-29 23:59:59Z]},
       {~U[1969-12-31 23:59:59.999999Z], ~U[1970-01-01 00:00:00Z]}
     ]},
    {:utc_datetime_usec, :naive_datetime, [{@usec, ~N[2024-02-29 12:00:00]}]},
    {:utc_datetime_usec, :naive_datetime_usec, [{@usec, ~N[2024-02-29 12:00:00.250000]}]},
    {:utc_datetime_usec, :date, [{~U[2024-02-29 23:59:59.999999Z], ~D[2024-02-29]}]},
    {:utc_datetime_usec, :time, [{~U[2024-02-29 12:00:00.500000Z], ~T[12:00:01]}]},
    {:utc_datetime_usec, :time_usec, [{@usec, ~T[12:00:00.250000]}]},
    {:naive_datetime, :utc_datetime, [{~N[2024-02-29 12:00:00], @utc}]},
    {:naive_datetime, :utc_datetime_usec,
     [{~N[2024-02-29 12:00:00], ~U[2024-02-29 12:00:00.000000Z]}]},
    {:naive_datetime, :naive_datetime_usec,
     [{~N[2024-02-29 12:00:00], ~N[2024-02-29 12:00:00.000000]}]},
    {:naive_datetime, :date, [{~N[2024-02-29 12:00:00], ~D[2024-02-29]}]},
    {:naive_datetime, :time, [{~N[2024-02-29 12:00:00], ~T[12:00:00]}]},
    {:naive_datetime_usec, :naive_datetime,
     [
       {~N[2024-02-29 12:00:00.250000], ~N[2024-02-29 12:00:00]},
       {~N[2024-12-31 23:59:59.700000], ~N[2025-01-01 00:00:00]}
     ]},
    {:naive_datetime_usec, :utc_datetime, [{~N[2024-02-29 12:00:00.250000], @utc}]},
    {:naive_datetime_usec, :utc_datetime_usec, [{~N[2024-02-29 12:00:00.250000], @usec}]},
    {:naive_datetime_usec, :time_usec, [{~N[2024-02-29 12:00:00.250000], ~T[12:00:00.250000]}]},
    {:date, :utc_datetime, [{~D[2024-02-29], ~U[2024-02-29 00:00:00Z]}]},
    {:date, :utc_datetime_usec, [{~D[2024-02-29], ~U[2024-02-29 00:00:00.000000Z]}]},
    {:date, :naive_datetime, [{~D[2024-02-29], ~N[2024-02-29 00:00:00]}]},
    {:date, :naive_datetime_usec, [{~D[2024-02-29], ~N[2024-02-29 00:00:00.000000]}]},
    {:date, :string, [{~D[2024-02-29], "2024-02-29"}]},
    {:time, :time_usec, [{~T[12:00:00], ~T[12:00:00.000000]}]},
    {:time, :string, [{~T[12:00:00], "12:00:00"}]},
    {:time_usec, :time,
     [{~T[12:00:00.499999], ~T[12:00:00]}, {~T[12:00:59.500000], ~T[12:01:00]}]},
    {:utc_datetime, :string, [{@utc, "2024-02-29T12:00:00Z"}]},
    {:string, :utc_datetime,
     [
       {"2024-02-29T12:00:00Z", @utc},
       {"2024-02-29 12:00:00", @utc},
       {"2024-02-29 12:00", @utc},
       {"2024-02-29T14:30:00+02:30", @utc},
       {"2024-02-29 04:00:00.4-0800", @utc},
       {"2024-03-01 01:00:00+13", @utc},
       {" 2024-02-29 ", ~U[2024-02-29 00:00:00Z]}
     ]},
    {:string, :utc_datetime_usec, [{"2024-02-29T12:00:00.25Z", @usec}]},
    {:string, :naive_datetime, [{"2024-02-29T12:00:00", ~N[2024-02-29 12:00:00]}]},
    {:string, :naive_datetime_usec, [{"2024-02-29T12:00:00,5", ~N[2024-02-29 12:00:00.500000]}]},
    {:string, :date, [{"2024-02-29", ~D[2024-02-29]}, {"2024-02-29 23:59:59", ~D[2024-02-29]}]},
    {:string, :time, [{"12:00:00", ~T[12:00:00]}, {"12:30", ~T[12:30:00]}]},
    {:string, :time_usec, [{"12:00:00.5", ~T[12:00:00.500000]}]},
    {:string, :integer,
     [
       {"7", 7},
       {" -7 ", -7},
       {"+7", 7},
       {"9223372036854775807", 9_223_372_036_854_775_807},
       {"7.0", 7}
     ]},
    {:string, :bigint, [{"8", 8}]},
    {:string, :float, [{"7.5", 7.5}, {"-1e3", -1000.0}, {"7", 7.0}]},
    {:string, :decimal, [{"7.5", Decimal.new("7.5")}, {" .5", Decimal.new("0.5")}]},
    {:string, :boolean,
     [{"true", true}, {"T", true}, {"yes", true}, {"on", true}, {"1", true}] ++
       [{"false", false}, {"N", false}, {" off ", false}, {"0", false}]},
    {:string, :uuid,
     [
       {@uuid, @uuid},
       {String.upcase(@uuid), @uuid},
       {String.replace(@uuid, "-", ""), @uuid},
       {"{#{@uuid}}", @uuid}
     ]},
    {:string, :binary_id, [{String.upcase(@uuid), @uuid}, {"any id", "any id"}]},
    {:string, :map, [{~s({"a":1}), %{"a" => 1}}]},
    {:string, {:array, :integer}, [{"[1, 2]", [1, 2]}, {"[]", []}]},
    {:string, :binary, [{"aé", "aé"}, {"", ""}]},
    {:string, :citext, [{"A", "A"}]},
    {:text, :string, [{"A", "A"}]},
    {:binary, :string, [{"aé", "aé"}, {"a\0b", "a\0b"}]},
    {:uuid, :string, [{@uuid, @uuid}]},
    {:binary_id, :string, [{@uuid, @uuid}]},
    {:map, :string, [{%{"a" => 1}, ~s({"a":1})}]},
    {{:array, :string}, :string, [{["a"], ~s(["a"])}]},
    {:integer, :string, [{7, "7"}, {-9_223_372_036_854_775_808, "-9223372036854775808"}]},
    {:integer, :float, [{7, 7.0}]},
    {:integer, :decimal, [{7, Decimal.new(7)}]},
    {:integer, :boolean, [{0, false}, {1, true}, {-5, true}]},
    {:float, :integer,
     [
       {7.5, 8},
       {6.5, 6},
       {-7.5, -8},
       {-6.5, -6},
       {0.5, 0},
       {1.5, 2},
       {0.49999999999999994, 0},
       {2.4, 2},
       {-2.6, -3},
       {4_503_599_627_370_497.0, 4_503_599_627_370_497},
       {-9_223_372_036_854_775_808.0, -9_223_372_036_854_775_808}
     ]},
    {:float, :decimal, [{7.5, Decimal.new("7.5")}, {0.1 + 0.2, Decimal.new("0.3")}]},
    {:float, :string,
     [
       {7.5, "7.5"},
       {7.0, "7"},
       {0.1 + 0.2, "0.30000000000000004"},
       {1.0e20, "1e+20"},
       {0.00001, "1e-05"},
       {-0.1, "-0.1"}
     ]},
    {:decimal, :integer,
     [
       {Decimal.new("7.5"), 8},
       {Decimal.new("6.5"), 7},
       {Decimal.new("-7.5"), -8},
       {Decimal.new("0.4"), 0},
       {Decimal.new("7"), 7}
     ]},
    {:decimal, :float, [{Decimal.new("7.5"), 7.5}, {Decimal.new("7"), 7.0}]},
    {:decimal, :string,
     [
       {Decimal.new("7.5"), "7.5"},
       {Decimal.new("7"), "7"},
       {Decimal.new("-0.25"), "-0.25"},
       {Decimal.new("1E+20"), "100000000000000000000"},
       {Decimal.new("0.000001"), "0.000001"},
       {Decimal.new("123456789012.345"), "123456789012.345"}
     ]},
    {:boolean, :string, [{true, "true"}, {false, "false"}], from: :boolean},
    {:boolean, :integer, [{true, 1}, {false, 0}], from: :boolean}
  ]

  for conversion <- @conversions do
    {from, to} = {elem(conversion, 0), elem(conversion, 1)}

    test "#{inspect(from)} becomes #{inspect(to)}" do
      {from, to, pairs, modify} =
        case unquote(Macro.escape(conversion)) do
          {from, to, pairs} -> {from, to, pairs, []}
          conversion -> conversion
        end

      {before, later} = Enum.unzip(pairs)

      # NULL stays NULL. The old type is known from `from:`, and without it from the declared type.
      assert converted(from, before ++ [nil], to, modify: modify) == later ++ [nil]
      assert converted(from, before ++ [nil], to, modify: [from: from]) == later ++ [nil]
      assert converted(from, before, to, modify: [from: {from, []}]) == later
    end
  end

  # Values of each type, which are converted to every other type.
  @samples [
    integer: [0, -3, 9_007_199_254_740_993],
    boolean: [true, false],
    float: [0.0, -2.5, 1.0e30],
    decimal: [Decimal.new("1.25"), Decimal.new("-7")],
    string: ["", "7", "1.5", "true", "2024-02-29", "12:00:00", @uuid, "{}"],
    binary: ["a", <<0xFF>>, <<1::128>>],
    uuid: [@uuid],
    binary_id: [@uuid],
    map: [%{"a" => [1, nil]}],
    date: [~D[2024-02-29], ~D[0001-01-01]],
    time: [~T[23:59:59]],
    time_usec: [~T[23:59:59.999999]],
    utc_datetime: [@utc, ~U[9999-12-31 23:59:59Z]],
    utc_datetime_usec: [@usec, ~U[9999-12-31 23:59:59.999999Z]],
    naive_datetime: [~N[2024-02-29 12:00:00]],
    naive_datetime_usec: [~N[2024-02-29 12:00:00.250000]]
  ]

  for {from, values} <- @samples do
    test "each #{from} becomes what loads as any other type and is found by it, or its row is named" do
      from = unquote(from)

      for {to, _values} <- @samples,
          from != to,
          {value, index} <- Enum.with_index(unquote(Macro.escape(values))) do
        modify = if rem(index, 2) == 0, do: [from: from], else: []
        converted_or_refused(from, value, to, modify)
      end
    end
  end

  defp converted_or_refused(from, value, to, modify) do
    create(from, [value])
    before = {stored(), rows("SELECT id, x, typeof(x) FROM t")}

    try do
      alter([{:modify, :x, to, modify}])
    rescue
      error in ArgumentError ->
        assert error.message =~
                 ~r/cannot convert column "?x"?.* (no cast between these types|in the row id = 1)/

        assert {stored(), rows("SELECT id, x, typeof(x) FROM t")} == before
    else
      {:ok, _logs} -> assert [_value] = loaded(to)
    end
  end

  describe "a type that has no cast" do
    test "is refused, with or without rows, as PostgreSQL refuses it, and nothing changes" do
      for {from, to} <- [
            {:date, :integer},
            {:date, :time},
            {:time, :date},
            {:time, :utc_datetime},
            {:integer, :date},
            {:integer, :uuid},
            {:integer, :map},
            {:decimal, :boolean},
            {:float, :utc_datetime},
            {:binary, :integer},
            {:utc_datetime, :decimal},
            {{:array, :integer}, {:array, :date}},
            {:bitstring, :binary}
          ],
          rows <- [[], [nil]] do
        create(from, rows)
        before = stored()

        assert_raise ArgumentError,
                     ~r/column "x" of "t" from .* to .*no cast.*execute "UPDATE/,
                     fn -> alter([{:modify, :x, to, [from: from]}]) end

        assert stored() == before
      end
    end

    test "is known without from: where the declared type says enough" do
      create(:date, [nil])
      message = ~r/from DATE to :integer: there is no cast/
      assert_raise ArgumentError, message, fn -> alter([{:modify, :x, :integer, []}]) end
    end
  end

  describe "values that cannot be converted" do
    test "are counted, and the first is named by its primary key" do
      sql!("CREATE TABLE t (a TEXT, b INT, x TEXT, PRIMARY KEY (a, b))")
      sql!("INSERT INTO t VALUES ('it''s', 1, '1'), ('p', 2, 'x'), ('q', 3, ''), ('r', 4, NULL)")
      before = rows("SELECT * FROM t")

      assert_raise ArgumentError,
                   ~r/column "x" of table "t" from TEXT to :integer: 2 values have no equivalent, the first, in the row a = 'p', b = 2\. Nothing has changed/,
                   fn -> alter([{:modify, :x, :integer, []}]) end

      assert rows("SELECT * FROM t") == before
    end

    test "are named by the number of the row where there is no key" do
      sql!("CREATE TABLE t (x TEXT); INSERT INTO t (rowid, x) VALUES (41, '1'), (42, '1.5')")

      assert_raise ArgumentError, ~r/in the row _rowid_ = 42/, fn ->
        alter([{:modify, :x, :integer, []}])
      end
    end

    test "roll back the whole migration, also what it did before" do
      defmodule HalfWay do
        use Ecto.Migration

        def change do
          create table(:other) do
            add(:a, :integer)
          end

          execute("UPDATE t SET x = 'changed' WHERE id = 1", "")

          alter table(:t) do
            modify(:x, :integer, from: :string)
          end
        end
      end

      create(:string, ["1", "one"])
      before = {rows("SELECT * FROM t"), rows("SELECT sql FROM sqlite_master WHERE name = 't'")}
      assert_raise ArgumentError, ~r/2 values have no equivalent/, fn -> migrate!(HalfWay) end

      assert {rows("SELECT * FROM t"), rows("SELECT sql FROM sqlite_master WHERE name = 't'")} ==
               before

      assert rows("SELECT * FROM sqlite_master WHERE name = 'other'") == []
    end

    test "are a number beyond 64 bits, a day that is none, a time that rounds to the next day" do
      for {from, value, to} <- [
            {:float, 9_223_372_036_854_775_808.0, :integer},
            {:string, "9223372036854775808", :integer},
            {:string, "0x10", :integer},
            {:string, "7.5", :integer},
            {:string, "1e400", :float},
            {:string, "1,5", :decimal},
            {:string, "2024-02-30", :date},
            {:string, "2024-02-29 24:00:00", :utc_datetime},
            {:string, "2024-02-29 12:00:00.x", :utc_datetime},
            {:string, "2024-02-29 12:00:00 CET", :utc_datetime},
            {:string, "now", :utc_datetime},
            {:string, "12:60:00", :time},
            {:time_usec, ~T[23:59:59.500000], :time},
            {:string, "x" <> @uuid, :uuid},
            {:string, "[1]", :map},
            {:string, "{", :map},
            {:string, "", {:array, :string}},
            {:binary, "a" <> <<0xC3>>, :string}
          ] do
        create(from, [value])

        assert_raise ArgumentError, ~r/in the row id = 1\./, fn ->
          alter([{:modify, :x, to, []}])
        end
      end
    end
  end

  describe "a decimal with more digits than a double" do
    test "keeps them, or rounds all of them, where it is stored as text" do
      setting(:decimal_type, :exact)
      create(:decimal, [Decimal.new("123456789012345678.5"), Decimal.new("-0.5")])
      alter([{:modify, :x, :integer, [from: :decimal]}])
      assert loaded(:integer) == [123_456_789_012_345_679, -1]

      assert converted(:decimal, [Decimal.new("12345678901234567890.10")], :string) ==
               ["12345678901234567890.10"]

      assert converted(:string, ["+12345678901234567890.10", "007.", "1e3"], :decimal) ==
               [Decimal.new("12345678901234567890.10"), Decimal.new("7"), Decimal.new("1000")]
    end
  end

  describe "STRICT tables" do
    test "keep decimals as numbers" do
      strict = [options: [strict: true]]
      decimals = [Decimal.new("7.50"), Decimal.new("-7.50")]

      assert converted(:decimal, decimals, :integer, [modify: [from: :decimal]] ++ strict) == [
               8,
               -8
             ]

      create(:float, [0.1, 1.0e-7, 2.0e20], strict)
      alter([{:modify, :x, :decimal, []}])
      assert rows("SELECT x FROM t") == [[0.1], [1.0e-7], [2.0e20]]
    end

    test "take converted values" do
      strict = [options: [strict: true]]
      later = [~U[2024-02-29 12:00:00.000000Z]]
      assert converted(:utc_datetime, [@utc], :utc_datetime_usec, strict) == later
      assert converted(:string, ["7"], :integer, strict) == [7]
      assert converted(:integer, [7], :string, strict) == ["7"]
      assert converted(:binary, ["a"], :string, strict) == ["a"]
    end
  end

  describe "settings of the application" do
    test "decide the form of a date and time" do
      setting(:datetime_type, :text_datetime)
      assert converted(:utc_datetime_usec, [@usec], :utc_datetime) == [@utc]
      assert rows("SELECT x FROM t") == [["2024-02-29 12:00:00"]]

      assert converted(:string, ["2024-02-29T12:00:00Z"], :naive_datetime_usec) ==
               [~N[2024-02-29 12:00:00.000000]]
    end

    test "decide whether UUIDs are bytes or text, in both directions" do
      create(:uuid, [@uuid, nil])
      for key <- [:uuid_type, :binary_id_type], do: setting(key, :binary)
      alter([{:modify, :x, :uuid, []}])
      assert loaded(:uuid) == [@uuid, nil]
      assert rows("SELECT typeof(x) FROM t") == [["blob"], ["null"]]
      assert converted(:string, [String.upcase(@uuid)], :binary_id) == [@uuid]
      Repo.query!("UPDATE t SET x = ?", ["any id"])
      assert_raise ArgumentError, ~r/row id = 1/, fn -> alter([{:modify, :x, :binary_id, []}]) end

      create(:uuid, [@uuid])
      setting(:uuid_type, :string)
      alter([{:modify, :x, :uuid, [from: :uuid]}])
      assert rows("SELECT x FROM t") == [[@uuid]]
    end
  end

  describe "values that other programs wrote" do
    test "Unix seconds, another zone and another precision become the form of the column" do
      sql!("CREATE TABLE t (id INTEGER PRIMARY KEY, x DATETIME)")

      sql!("""
      INSERT INTO t VALUES (1, 1709208000), (2, '2024-02-29 13:00:00+01:00'),
        (3, '2024-02-29 12:00:00.000000'), (4, '2024-02-29 12:00:00')
      """)

      alter([{:modify, :x, :utc_datetime, [null: false]}])
      assert loaded(:utc_datetime) == [@utc, @utc, @utc, @utc]
    end

    test "bytes of a UUID in a column of text become the text" do
      sql!("CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)")
      Repo.query!("INSERT INTO t VALUES (1, ?)", [{:blob, Ecto.UUID.dump!(@uuid)}])
      alter([{:modify, :x, :uuid, []}])
      assert rows("SELECT x FROM t") == [[@uuid]]
    end

    test "a column without a type is read by the form of its values" do
      sql!(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x); INSERT INTO t VALUES (1, '7'), (2, 7.5), (3, 7)"
      )

      alter([{:modify, :x, :integer, []}])
      assert loaded(:integer) == [7, 8, 7]
    end
  end

  describe "a column" do
    test "that refers to another table converts as one of the type of the reference" do
      sql!("CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (7)")
      create(:string, ["7"])
      alter([{:modify, :x, %Reference{table: "p", type: :integer}, []}])
      assert loaded(:integer) == [7]
    end

    test "that is generated, or removed and added anew, has no values to convert" do
      sql!("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, x TEXT AS (a || '!'))")
      sql!("INSERT INTO t (a) VALUES ('b')")
      alter([{:modify, :x, :integer, []}])
      assert rows("SELECT x FROM t") == [["b!"]]
      alter([{:remove, :a}, {:remove, :x}, {:add, :a, :string, []}, {:modify, :a, :integer, []}])
      assert rows("SELECT * FROM t") == [[1, nil]]
    end

    test "may have any name" do
      sql!(~s|CREATE TABLE t (id INTEGER PRIMARY KEY, "it's" TEXT, given DATETIME, utc TEXT)|)
      sql!("INSERT INTO t VALUES (1, '7', '2024-02-29T12:00:00Z', '2024-02-29')")

      alter([
        {:modify, :"it's", :integer, []},
        {:modify, :given, :utc_datetime_usec, []},
        {:modify, :utc, :naive_datetime, []}
      ])

      assert rows("SELECT * FROM t") == [
               [1, 7, "2024-02-29T12:00:00.000000Z", "2024-02-29T00:00:00"]
             ]
    end
  end

  describe "the default" do
    defp default_after(type, default, to, opts \\ []) do
      create(type, [], column: [default: default])
      alter([{:modify, :x, to, opts}])
      sql!("INSERT INTO t (id) VALUES (1)")
      hd(loaded(to))
    end

    test "is converted with the values" do
      assert default_after(:utc_datetime, @utc, :utc_datetime_usec) ==
               ~U[2024-02-29 12:00:00.000000Z]

      assert default_after(:string, "7", :integer) == 7
      assert default_after(:decimal, Decimal.new("7.5"), :integer) == 8
      assert default_after(:boolean, true, :string, from: :boolean) == "true"
      assert default_after(:string, "ä", :binary) == "ä"
      assert default_after(:integer, -7, :string) == "-7"
      assert default_after(:string, nil, :integer) == nil
    end

    test "that is the current time has the form of the new type" do
      for {from, to} <- [
            {:utc_datetime, :utc_datetime_usec},
            {:naive_datetime_usec, :utc_datetime},
            {:utc_datetime, :date}
          ] do
        now = default_after(from, {:fragment, "CURRENT_TIMESTAMP"}, to)
        assert Ecto.Type.adapter_dump(Adapter, to, now) == {:ok, hd(hd(rows("SELECT x FROM t")))}
      end
    end

    test "that is given stays as it is given" do
      assert default_after(:string, "x", :integer, default: 3) == 3
      assert default_after(:string, "x", :integer, default: nil) == nil
    end

    test "that does not convert is refused, and so is an expression" do
      for default <- ["x", {:fragment, "lower(hex(randomblob(16)))"}] do
        assert_raise ArgumentError, ~r/the default .* of column "x".*default:/, fn ->
          default_after(:string, default, :integer)
        end
      end
    end

    test "that is an expression stays where the declared type stays" do
      create(:binary_id, [], column: [default: {:fragment, "lower(hex(randomblob(16)))"}])
      before = stored()
      alter([{:modify, :x, :binary_id, []}])
      assert stored() == before
    end
  end

  property "a date and time survives the way through text and every precision that it has" do
    check all(
            micro <- integer(-62_135_596_800_000_000..253_402_300_799_999_999),
            max_runs: 15
          ) do
      value = DateTime.from_unix!(micro, :microsecond)

      assert converted(:utc_datetime_usec, [value], :naive_datetime_usec) == [
               DateTime.to_naive(value)
             ]

      alter([{:modify, :x, :string, [from: :naive_datetime_usec]}])
      alter([{:modify, :x, :utc_datetime_usec, [from: :string]}])
      assert loaded(:utc_datetime_usec) == [value]
    end
  end

  property "a float becomes the nearest integer, and a text that reads as the same float" do
    check all(
            value <- one_of([float(min: -1.0e15, max: 1.0e15), float(min: -10.0, max: 10.0)]),
            max_runs: 25
          ) do
      assert [whole] = converted(:float, [value], :integer)
      assert abs(whole - value) <= 0.5
      assert [text] = converted(:float, [value], :string)
      {read, ""} = Float.parse(text)
      assert read == value
      assert converted(:string, [text], :float) == [value]
    end
  end
end
