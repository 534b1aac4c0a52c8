defmodule Ecto.Adapters.LibSql.Types.RefusedValuesTest do
  # Stored values that do not belong to a field's type: loading them is an error, never another value.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter

  @refused %{
    :integer => ["", "x", " 1", "1 ", "1.5", 7.5, "0x10", <<255>>],
    :boolean => ["", "yes", "x", 2, -1, 0.5],
    :float => ["", "x", "1,5", "1.5 ", "NaN"],
    :decimal => ["", "x", "1,5", "1.5 ", "NaN", "Infinity", "-inf", :infinity],
    :string => [1, 1.5],
    :binary => [1, 1.5],
    :bitstring => ["", <<8, 0>>, <<1>>, 1],
    # Sixteen letters are a text, not the bytes of a UUID.
    Ecto.UUID => ["", "x", "abcdefghijklmnop", "2024-03-01 12:00", <<255>>, 1],
    :binary_id => [<<255>>, 1],
    :map => ["", "x", "[1]", "5", ~s("a"), ~s({"a":), 5],
    {:map, :integer} => ["", "[1]", ~s({"a":"x"})],
    {:array, :integer} => ["", "x", "5", "{}", ~s(["x"]), "[1.5]", "[1,]"],
    {:array, :string} => ["", "[1]", ~s({"a":"b"})],
    {:array, :decimal} => ["", ~s(["x"]), "[true]"],
    {:array, :boolean} => ["", "[2]", ~s(["x"])],
    {:array, :map} => ["", "[1]", ~s(["x"])],
    {:array, Ecto.UUID} => ["", ~s(["x"])],
    :date => ["", "x", "2024-02-30", "2024-03", 4_000_000, -5_000_000, 2_460_000.5],
    :time => ["", "x", "12:00", "24:00:00", "12:00:00+02:00", 43_200],
    :time_usec => ["", "12:00:00.5-01:00", 43_200.5],
    :utc_datetime => [
      "",
      "x",
      "2024-02-30T12:00:00Z",
      "2024-03-01T24:00:00Z",
      1_700_000_000_000,
      2_460_000.5
    ],
    :utc_datetime_usec => ["", "2024-03-01 12:00", 1_700_000_000.5],
    :naive_datetime => ["", "2024-03-01T12:00:00+02:00", 1_700_000_000],
    :naive_datetime_usec => ["", "x", 1_700_000_000]
  }

  for {type, values} <- @refused do
    test "stored values that are not of type #{inspect(type)} do not load" do
      for value <- unquote(Macro.escape(values)) do
        assert {value, Ecto.Type.adapter_load(Adapter, unquote(Macro.escape(type)), value)} ==
                 {value, :error}
      end
    end
  end

  test "sixteen zero bytes load as the UUID of zeros" do
    assert Ecto.Type.adapter_load(Adapter, Ecto.UUID, <<0::128>>) ==
             {:ok, "00000000-0000-0000-0000-000000000000"}
  end

  defmodule Row do
    use Ecto.Schema

    schema "data" do
      field(:tags, {:array, :string})
      field(:day, :date)
    end
  end

  test "the error names the value and the field" do
    sql!("CREATE TABLE data (id INTEGER PRIMARY KEY, tags TEXT, day DATE)")

    for {field, value} <- [tags: "", tags: "x", day: "yesterday", day: 4_000_000] do
      sql!("DELETE FROM data")
      Repo.query!("INSERT INTO data (#{field}) VALUES (?)", [value])
      message = ~r/cannot load `#{inspect(value)}` as type .* for field #{inspect(field)}/
      assert_raise ArgumentError, message, fn -> Repo.all(Row) end
      message = ~r/cannot load `#{inspect(value)}` as type/

      assert_raise ArgumentError, message, fn ->
        Repo.all(from(r in Row, select: field(r, ^field)))
      end
    end
  end
end
