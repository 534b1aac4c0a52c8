defmodule Ecto.Adapters.LibSql.Types.DateTimeTest do
  # Dates and times as texts: the forms that are stored, and those that load.
  use EctoLibSql.EctoCase, async: false
  use ExUnitProperties

  import EctoLibSql.StoredValues

  alias Ecto.Adapters.LibSql, as: Adapter

  setup do
    on_exit(fn ->
      for key <- [:datetime_type], do: Application.delete_env(:ecto_libsql, key)
    end)
  end

  defp load(type, value), do: Ecto.Type.adapter_load(Adapter, type, value)

  property "with datetime_type: :text_datetime texts have a blank and no zone, and load" do
    Application.put_env(:ecto_libsql, :datetime_type, :text_datetime)

    check all(value <- instants(6), max_runs: 30) do
      {:ok, text} = Ecto.Type.adapter_dump(Adapter, :utc_datetime_usec, value)
      assert text =~ ~r/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/
      assert stored(:utc_datetime_usec, value) == value
    end
  end

  # Dumps any struct, as types of other libraries do.
  defmodule Clock do
    use Ecto.ParameterizedType
    def init(opts), do: opts[:type]
    def type(kind), do: kind
    def cast(time, _kind), do: {:ok, time}
    def load(time, _load, _kind), do: {:ok, time}
    def dump(time, _dump, _kind), do: {:ok, time}
  end

  test "a custom type's date or time is stored in the zone and precision of its kind" do
    east = %{
      ~U[2024-03-01 14:00:00.500Z]
      | time_zone: "Europe/Athens",
        zone_abbr: "EET",
        utc_offset: 7200
    }

    for {kind, value, text} <- [
          {:utc_datetime, east, "2024-03-01T12:00:00Z"},
          {:utc_datetime_usec, east, "2024-03-01T12:00:00.500000Z"},
          {:utc_datetime_usec, ~N[2024-03-01 12:00:00], "2024-03-01T12:00:00.000000Z"},
          {:naive_datetime, east, "2024-03-01T12:00:00"},
          {:naive_datetime_usec, ~N[2024-03-01 12:00:00.5], "2024-03-01T12:00:00.500000"},
          {:time_usec, ~T[12:00:00], "12:00:00.000000"},
          {:date, ~D[2024-03-01], "2024-03-01"}
        ] do
      type = Ecto.ParameterizedType.init(Clock, type: kind)
      assert Ecto.Type.adapter_dump(Adapter, type, value) == {:ok, text}
    end

    assert Ecto.Type.adapter_dump(Adapter, Ecto.ParameterizedType.init(Clock, type: :date), east) ==
             :error
  end

  test "days before the year 0 load" do
    assert stored(:date, ~D[-0001-01-01]) == ~D[-0001-01-01]
  end

  test "the statement in coming_from_ecto_sqlite3.md adds a Z to texts without a zone, and to no others" do
    guide = File.read!(Path.expand("../../../docs/guides/coming_from_ecto_sqlite3.md", __DIR__))
    [statement] = Regex.run(~r/UPDATE events SET at = at \|\| 'Z'[^"]*/, guide)

    whole = [
      "2024-03-01T12:00:00Z",
      "2024-03-01T14:00:00+02:00",
      "2024-03-01T10:00:00.5-02:00",
      "2024-03-01 12:00:00",
      "2024-03-01",
      nil
    ]

    sql!("CREATE TABLE events (at TEXT)")

    for text <- ["2024-03-01T12:00:00", "2024-03-01T12:00:00.123456" | whole],
        do: Repo.query!("INSERT INTO events VALUES (?)", [text])

    for _twice <- 1..2 do
      sql!(statement)
      expected = ["2024-03-01T12:00:00Z", "2024-03-01T12:00:00.123456Z" | whole]
      assert List.flatten(rows("SELECT at FROM events ORDER BY rowid")) == expected
    end
  end

  test "texts with any offset, a blank or a T, and unix seconds load" do
    instant = ~U[2020-01-01 10:00:00Z]

    for text <- [
          "2020-01-01T10:00:00Z",
          "2020-01-01 10:00:00",
          "2020-01-01T12:00:00+02:00",
          "2020-01-01T10:00:00.987Z",
          "2020-01-01 05:00:00-05:00",
          DateTime.to_unix(instant)
        ],
        do: assert(load(:utc_datetime, text) == {:ok, instant})

    assert load(:utc_datetime_usec, "2020-01-01T10:00:00.5Z") ==
             {:ok, ~U[2020-01-01 10:00:00.500000Z]}

    assert load(:naive_datetime, "2020-01-01 10:00:00") == {:ok, ~N[2020-01-01 10:00:00]}
    assert load(:naive_datetime, "2020-01-01T10:00:00+02:00") == :error
    assert load(:utc_datetime, "yesterday") == :error
  end
end
