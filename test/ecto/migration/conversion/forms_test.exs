defmodule Ecto.Adapters.LibSql.Migration.Conversion.FormsTest do
  # Where a type is stored in several forms: by a setting, in a STRICT table, by other programs.
  use EctoLibSql.ConversionCase
  use ExUnitProperties

  alias Ecto.Migration.Reference

  @utc ~U[2024-02-29 12:00:00Z]
  @usec ~U[2024-02-29 12:00:00.250000Z]
  @uuid "0cd2d5e8-3c5a-4f10-9a9e-6d0f53a1b7c2"

  describe "a decimal with more digits than a double" do
    test "keeps them, or rounds all of them, where it is stored as text" do
      setting(:decimal_type, :exact)
      table_of(:decimal, [Decimal.new("123456789012345678.5"), Decimal.new("-0.5")])
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

      table_of(:float, [0.1, 1.0e-7, 2.0e20], strict)
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
      table_of(:uuid, [@uuid, nil])
      for key <- [:uuid_type, :binary_id_type], do: setting(key, :binary)
      alter([{:modify, :x, :uuid, []}])
      assert loaded(:uuid) == [@uuid, nil]
      assert rows("SELECT typeof(x) FROM t") == [["blob"], ["null"]]
      assert converted(:string, [String.upcase(@uuid)], :binary_id) == [@uuid]
      Repo.query!("UPDATE t SET x = ?", ["any id"])
      assert_raise ArgumentError, ~r/row id = 1/, fn -> alter([{:modify, :x, :binary_id, []}]) end

      table_of(:uuid, [@uuid])
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
      table_of(:string, ["7"])
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
