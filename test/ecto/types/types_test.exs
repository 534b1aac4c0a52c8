defmodule Ecto.Adapters.LibSql.TypesTest do
  # load(dump(x)) == x through a column, for each type, and loading of the forms of other tools.
  use EctoLibSql.EctoCase, async: false
  use ExUnitProperties

  import EctoLibSql.StoredValues

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Adapters.LibSql.Types

  setup do
    on_exit(fn ->
      for key <- [:binary_id_type, :uuid_type, :datetime_type, :decimal_type],
          do: Application.delete_env(:ecto_libsql, key)
    end)
  end

  defp values do
    %{
      integer: integer(-9_223_372_036_854_775_808..9_223_372_036_854_775_807),
      boolean: boolean(),
      float: float(),
      string: string(:utf8),
      binary: binary(),
      bitstring: bitstring(),
      date: map(integer(0..3_000_000), &Date.from_gregorian_days/1),
      time: map(integer(0..86_399), &Time.from_seconds_after_midnight/1),
      time_usec:
        map({integer(0..86_399), integer(0..999_999)}, fn {s, u} ->
          Time.from_seconds_after_midnight(s, {u, 6})
        end),
      utc_datetime: instants(0),
      utc_datetime_usec: instants(6),
      naive_datetime: map(instants(0), &DateTime.to_naive/1),
      naive_datetime_usec: map(instants(6), &DateTime.to_naive/1),
      map:
        map(
          list_of(
            {string(:alphanumeric), one_of([integer(), boolean(), string(:utf8), constant(nil)])},
            max_length: 4
          ),
          &Map.new/1
        )
    }
  end

  for type <- ~w(integer boolean float string binary bitstring date time time_usec utc_datetime
                 utc_datetime_usec naive_datetime naive_datetime_usec map)a,
      strict <- [false, true] do
    property "#{type} loads as it was dumped, from a #{if strict, do: "STRICT", else: "plain"} table" do
      check all(value <- values()[unquote(type)], max_runs: 30) do
        assert stored(unquote(type), value, strict: unquote(strict)) == value
      end
    end
  end

  property "arrays load with the members that were dumped, nil among them" do
    members = [
      integer: integer(),
      string: string(:utf8),
      boolean: boolean(),
      date: map(integer(0..3_000_000), &Date.from_gregorian_days/1),
      utc_datetime_usec: instants(6),
      decimal: map(integer(), &Decimal.new/1)
    ]

    for {type, generator} <- members do
      check all(list <- list_of(one_of([generator, constant(nil)]), max_length: 5), max_runs: 20) do
        assert stored({:array, type}, list) == list
      end
    end
  end

  test "arrays of UUIDs and maps of floats load as they were dumped" do
    uuids = [Ecto.UUID.generate(), Ecto.UUID.generate()]
    assert stored({:array, Ecto.UUID}, uuids) == uuids
    assert stored({:map, :float}, %{"a" => 1.0}) === %{"a" => 1.0}
  end

  describe "values of other tools" do
    defp load(type, value), do: Ecto.Type.adapter_load(Adapter, type, value)

    test "booleans load from words" do
      for value <- [1, "true", "t"], do: assert(load(:boolean, value) == {:ok, true})
      for value <- [0, "false", "f"], do: assert(load(:boolean, value) == {:ok, false})
      assert load(:boolean, 7) == :error
    end

    test "dates load from texts with a time, numbers from texts" do
      assert load(:date, "2020-01-01T10:00:00Z") == {:ok, ~D[2020-01-01]}
      assert load(:date, "2020-01-01x") == :error
      assert load(:integer, 1.0) == {:ok, 1}
      assert load(:integer, "12") == {:ok, 12}
      assert load(:integer, 1.5) == :error
      assert load(:float, 3) == {:ok, 3.0}
      assert load(:float, Decimal.new("1.5")) == {:ok, 1.5}
      assert load(:integer, Decimal.new("3")) == {:ok, 3}
    end

    test "arrays load if their members have the form of a column of their type" do
      assert load({:array, :map}, ~S(["{\"a\":1}",{"b":[2]},null])) ==
               {:ok, [%{"a" => 1}, %{"b" => [2]}, nil]}

      assert load({:array, {:map, :integer}}, ~S(["{\"a\":1}"])) == {:ok, [%{"a" => 1}]}
      assert load({:array, :boolean}, "[1,0,true]") == {:ok, [true, false, true]}
      assert load({:array, {:array, :integer}}, ~S(["[1,2]",[3]])) == {:ok, [[1, 2], [3]]}

      assert load({:array, :utc_datetime}, ~S(["2020-01-01 10:00:00"])) ==
               {:ok, [~U[2020-01-01 10:00:00Z]]}

      assert load({:array, :map}, ~S(["no json"])) == :error
      assert load({:array, :integer}, ~S(["x"])) == :error
    end
  end

  test "column types in DDL, of plain and of STRICT tables" do
    assert Types.column(:bigserial) == "INTEGER"
    assert Types.column(:decimal, precision: 8, scale: 2) == "DECIMAL(8,2)"
    assert Types.column(:utc_datetime) == "DATETIME"
    assert Types.column(:utc_datetime, strict: true) == "TEXT"
    assert Types.column({:vector, 3}) == "F32_BLOB(3)"
    assert Types.column(:citext) == "TEXT COLLATE NOCASE"
    assert Types.column(:inet) == "INET"
    assert_raise ArgumentError, ~r/precision/, fn -> Types.column(:decimal, scale: 2) end
  end
end
