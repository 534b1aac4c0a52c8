defmodule Ecto.Adapters.LibSql.Migration.ConversionTest do
  # `modify` converts the values of a column with its type, as PostgreSQL does: afterwards each row loads with
  # the new type and is found by the value that it loads.
  use EctoLibSql.ConversionCase

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
    table_of(from, [value])
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
        table_of(from, rows)
        before = stored()

        assert_raise ArgumentError,
                     ~r/column "x" of "t" from .* to .*no cast.*execute "UPDATE/,
                     fn -> alter([{:modify, :x, to, [from: from]}]) end

        assert stored() == before
      end
    end

    test "is known without from: where the declared type says enough" do
      table_of(:date, [nil])
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

      table_of(:string, ["1", "one"])
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
        table_of(from, [value])

        assert_raise ArgumentError, ~r/in the row id = 1\./, fn ->
          alter([{:modify, :x, to, []}])
        end
      end
    end
  end
end
