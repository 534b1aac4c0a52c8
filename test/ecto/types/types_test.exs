defmodule Ecto.Adapters.LibSql.TypesTest do
  # load(dump(x)) == x through a real column, for each type and option; and what other tools write.
  use EctoLibSql.EctoCase, async: false
  use ExUnitProperties

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Adapters.LibSql.Types

  setup do
    on_exit(fn ->
      for key <- [:binary_id_type, :uuid_type, :datetime_type, :decimal_type],
          do: Application.delete_env(:ecto_libsql, key)
    end)
  end

  # Stores a dumped value in a column of the type's own kind, and loads what comes back.
  defp stored(type, value, opts \\ []) do
    {:ok, dumped} = Ecto.Type.adapter_dump(Adapter, type, value)
    column = Types.column(Ecto.Type.type(type), opts)
    sql!("DROP TABLE IF EXISTS t; CREATE TABLE t (v #{column})#{if opts[:strict], do: " STRICT"}")
    Repo.query!("INSERT INTO t VALUES (?)", [dumped])
    [[back]] = rows("SELECT v FROM t")
    {:ok, loaded} = Ecto.Type.adapter_load(Adapter, type, back)
    loaded
  end

  defp instants(precision) do
    gen all(
          seconds <- integer(-60_000_000_000..200_000_000_000),
          micro <- integer(0..999_999)
        ) do
      micro = if precision == 0, do: {0, 0}, else: {micro, 6}
      DateTime.from_gregorian_seconds(63_000_000_000 + div(seconds, 10), micro)
    end
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
    property "#{type} comes back as it went, #{if strict, do: "also in a STRICT table", else: "in a plain table"}" do
      check all(value <- values()[unquote(type)], max_runs: 30) do
        assert stored(unquote(type), value, strict: unquote(strict)) == value
      end
    end
  end

  property "text datetimes have a blank and no zone, and come back" do
    Application.put_env(:ecto_libsql, :datetime_type, :text_datetime)

    check all(value <- instants(6), max_runs: 30) do
      {:ok, text} = Ecto.Type.adapter_dump(Adapter, :utc_datetime_usec, value)
      assert text =~ ~r/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/
      assert stored(:utc_datetime_usec, value) == value
    end
  end

  property "decimals of up to fifteen digits keep their value" do
    check all(
            coef <- integer(-999_999_999_999..999_999_999_999),
            exp <- integer(-6..2),
            max_runs: 60
          ) do
      value = %Decimal{sign: if(coef < 0, do: -1, else: 1), coef: abs(coef), exp: exp}
      assert Decimal.equal?(stored(:decimal, value), value)
    end
  end

  defmodule Priced do
    use Ecto.Schema

    schema "priced" do
      field(:price, :decimal)
      field(:rebates, {:array, :decimal}, load_in_query: false)
    end
  end

  test "a computed number loads as a decimal of fifteen significant digits" do
    load = fn value ->
      {:ok, decimal} = Ecto.Type.adapter_load(Adapter, :decimal, value)
      Decimal.to_string(decimal, :normal)
    end

    assert load.(5 * 17.99) == "89.95"
    assert load.(-40.25 + 100 - 34.59) == "25.16"
    assert load.(Enum.sum(List.duplicate(0.1, 10))) == "1.0"
    assert load.(-0.1 - 0.2) == "-0.3"
    assert load.(1.0e23 + 1.0e8) == "100000000000000000000000"
    assert load.(1.2345678901234567e-30) == "0.00000000000000000000000000000123456789012346"
    # Fifteen digits and fewer are those that were stored.
    assert load.(0.123456789012345) == "0.123456789012345"
    assert load.(999_999_999_999_999.0) == "999999999999999.0"
    assert load.(3.0) == "3.0"
  end

  test "integers and texts load as decimals with all their digits" do
    for text <- ["9223372036854775807", "12345678901234567890.123456789", "1.10"] do
      assert Ecto.Type.adapter_load(Adapter, :decimal, text) == {:ok, Decimal.new(text)}
    end

    assert Ecto.Type.adapter_load(Adapter, :decimal, 9_223_372_036_854_775_807) ==
             {:ok, Decimal.new(9_223_372_036_854_775_807)}
  end

  # As Ecto types of other libraries do: a zone is kept elsewhere, and the precision is what the clock gave.
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

  property "exact decimals keep every digit and compare by value" do
    Application.put_env(:ecto_libsql, :decimal_type, :exact)
    parts = {integer(-900_000_000_000_000_000..900_000_000_000_000_000), integer(-12..0)}

    check all({coef, exp} <- parts, max_runs: 60) do
      value = %Decimal{sign: if(coef < 0, do: -1, else: 1), coef: abs(coef), exp: exp}
      assert stored(:decimal, value) == value
      assert stored(:decimal, value, strict: true) == value
    end
  end

  test "exact decimals in queries" do
    Application.put_env(:ecto_libsql, :decimal_type, :exact)
    sql!("CREATE TABLE priced (id INTEGER PRIMARY KEY, price TEXT COLLATE decimal, rebates TEXT)")
    prices = ["12345678901234567890.10", "9", "10.0", "-1.5"]
    for price <- prices, do: Repo.insert!(%Priced{price: Decimal.new(price)})
    ids = &Repo.all(from(p in &1, order_by: p.id, select: p.id))
    ten = Decimal.new("10")

    assert Repo.all(from(p in Priced, order_by: p.price, select: p.id)) == [4, 2, 3, 1]
    assert ids.(from(p in Priced, where: p.price == ^ten)) == [3]
    assert ids.(from(p in Priced, where: p.price > 9)) == [1, 3]
    assert ids.(from(p in Priced, where: ^ten <= p.price)) == [1, 3]
    assert ids.(from(p in Priced, where: p.price in ^[ten, Decimal.new("9.00")])) == [2, 3]
    assert ids.(from(p in Priced, where: p.price + 1 > ^ten)) == [1, 3]
    assert ids.(from(p in Priced, where: coalesce(p.price, 0) < ^ten)) == [2, 4]

    assert [3] =
             Repo.all(
               from(p in Priced,
                 group_by: p.id,
                 having: sum(p.price) == ^ten and max(p.price) > 9,
                 select: p.id
               )
             )

    assert Repo.aggregate(Priced, :sum, :price) == Decimal.new("12345678901234567907.60")
    assert Repo.aggregate(Priced, :min, :price) == Decimal.new("-1.5")

    assert Repo.one(from(p in Priced, select: filter(sum(p.price), p.id > 1))) ==
             Decimal.new("17.5")

    Repo.update_all(from(p in Priced, where: p.id == 1), inc: [price: Decimal.new("0.01")])
    assert Repo.get!(Priced, 1).price == Decimal.new("12345678901234567890.11")
  end

  for form <- [:string, :binary] do
    property "UUIDs are kept as #{form} and read in both forms" do
      Application.put_env(:ecto_libsql, :uuid_type, unquote(form))
      Application.put_env(:ecto_libsql, :binary_id_type, unquote(form))

      check all(bytes <- binary(length: 16), max_runs: 30) do
        {:ok, text} = Ecto.UUID.load(bytes)

        for type <- [Ecto.UUID, :binary_id] do
          assert stored(type, text) == text
          {:ok, dumped} = Ecto.Type.adapter_dump(Adapter, type, text)
          assert dumped == if(unquote(form) == :string, do: text, else: {:blob, bytes})
          assert {:ok, ^text} = Ecto.Type.adapter_load(Adapter, type, text)
          assert {:ok, ^text} = Ecto.Type.adapter_load(Adapter, type, bytes)
        end
      end
    end
  end

  defmodule Known do
    use Ecto.Schema
    @primary_key {:uid, Ecto.UUID, autogenerate: true}

    schema "known" do
      field(:n, :integer)
    end
  end

  describe "UUIDs of both forms in one column" do
    setup do
      sql!("CREATE TABLE known (uid TEXT PRIMARY KEY, n INTEGER)")
      [text, bytes, other] = for _ <- 1..3, do: Ecto.UUID.generate()
      for uid <- [text, other], do: Repo.insert!(%Known{uid: uid, n: 0})
      Repo.query!("INSERT INTO known VALUES (?, 0)", [{:blob, Ecto.UUID.dump!(bytes)}])
      {:ok, uids: [text, bytes], bytes: bytes}
    end

    defp found(query), do: query |> Repo.all() |> Enum.map(& &1.uid) |> Enum.sort()

    test "are found by conditions, keys and lists", %{uids: uids, bytes: bytes} do
      for uid <- uids do
        assert Repo.get!(Known, uid).uid == uid
        assert found(from(k in Known, where: ^uid == k.uid)) == [uid]
        assert length(found(from(k in Known, where: k.uid != ^uid))) == 2
        assert found(from(k in Known, where: k.uid in [^uid])) == [uid]
        assert found(from(k in Known, where: k.uid == type(^uid, Ecto.UUID))) == [uid]
      end

      assert found(from(k in Known, where: k.uid in ^uids)) == Enum.sort(uids)
      many = for _ <- 1..600, do: Ecto.UUID.generate()
      assert found(from(k in Known, where: k.uid in ^(uids ++ many))) == Enum.sort(uids)
      assert {:ok, _} = Known |> Repo.get!(bytes) |> Ecto.Changeset.change(n: 7) |> Repo.update()
      assert %Known{n: 7} = known = Repo.get!(Known, bytes)
      assert {:ok, _} = Repo.delete(known)
      assert Repo.get(Known, bytes) == nil
      assert Repo.aggregate(Known, :count) == 2
    end

    test "are one form where the options say so", %{uids: [text, bytes]} do
      Application.put_env(:ecto_libsql, :uuid_type, :string)
      assert Repo.get(Known, bytes) == nil
      assert Repo.get(Known, text)
      Application.put_env(:ecto_libsql, :uuid_type, :binary)
      assert Repo.get(Known, bytes)
    end
  end

  property "arrays keep their members, nil among them" do
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

  test "the loaders of :binary_id begin with a type that casts ids, as those of other adapters do" do
    uuid = Ecto.UUID.generate()
    {:ok, bytes} = Ecto.UUID.dump(uuid)
    assert [type, :binary_id] = Adapter.loaders(:binary_id, :binary_id)
    assert Ecto.Type.cast(type, String.upcase(uuid)) == {:ok, uuid}
    for stored <- [uuid, bytes], do: assert(Ecto.Type.load(type, stored) == {:ok, uuid})

    for {form, stored} <- [string: uuid, binary: {:blob, bytes}] do
      Application.put_env(:ecto_libsql, :binary_id_type, form)
      assert Ecto.Type.dump(type, uuid) == {:ok, stored}
    end

    assert Ecto.Type.cast({:array, type}, [uuid, "no uuid"]) == :error
  end

  test "a :binary_id that is no UUID is an id where ids are texts" do
    [type | _] = Adapter.loaders(:binary_id, :binary_id)

    for id <- ["cfbe8508acedae3230c4ab1bc5713192", "user_1", "user_00000000001"] do
      assert Ecto.Type.cast(type, id) == {:ok, id}
      assert Ecto.Type.adapter_dump(Adapter, :binary_id, id) == {:ok, id}
      assert Ecto.Type.adapter_load(Adapter, :binary_id, id) == {:ok, id}
    end

    assert Ecto.Type.adapter_dump(Adapter, :binary_id, <<255, 0>>) == :error
    assert Ecto.Type.cast(type, 7) == :error
    Application.put_env(:ecto_libsql, :binary_id_type, :binary)
    assert Ecto.Type.adapter_dump(Adapter, :binary_id, "user_1") == :error
    assert Ecto.Type.adapter_load(Adapter, :binary_id, "user_1") == {:ok, "user_1"}
  end

  test "UUIDs are dumped from either form" do
    uuid = Ecto.UUID.generate()
    {:ok, bytes} = Ecto.UUID.dump(uuid)

    for {form, stored} <- [string: uuid, binary: {:blob, bytes}], value <- [uuid, bytes] do
      Application.put_env(:ecto_libsql, :uuid_type, form)
      assert Ecto.Type.adapter_dump(Adapter, Ecto.UUID, value) == {:ok, stored}
      assert Ecto.Type.adapter_dump(Adapter, Ecto.UUID, String.upcase(uuid)) == {:ok, stored}
    end

    for value <- ["no uuid", 7],
        do: assert(:error = Ecto.Type.adapter_dump(Adapter, Ecto.UUID, value))
  end

  test "arrays of UUIDs and maps of floats" do
    uuids = [Ecto.UUID.generate(), Ecto.UUID.generate()]
    assert stored({:array, Ecto.UUID}, uuids) == uuids
    assert stored({:map, :float}, %{"a" => 1.0}) === %{"a" => 1.0}
  end

  describe "values of other tools" do
    defp load(type, value), do: Ecto.Type.adapter_load(Adapter, type, value)

    test "booleans as words" do
      for value <- [1, "true", "t"], do: assert(load(:boolean, value) == {:ok, true})
      for value <- [0, "false", "f"], do: assert(load(:boolean, value) == {:ok, false})
      assert load(:boolean, 7) == :error
    end

    test "moments with any zone, blank or T, and as seconds" do
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

    test "dates with a time, numbers as texts, empty arrays" do
      assert load(:date, "2020-01-01T10:00:00Z") == {:ok, ~D[2020-01-01]}
      assert load(:date, "2020-01-01x") == :error
      assert load(:integer, 1.0) == {:ok, 1}
      assert load(:integer, "12") == {:ok, 12}
      assert load(:integer, 1.5) == :error
      assert load(:float, 3) == {:ok, 3.0}
      assert load(:float, Decimal.new("1.5")) == {:ok, 1.5}
      assert load(:integer, Decimal.new("3")) == {:ok, 3}
      assert load({:array, :integer}, "") == {:ok, []}
    end

    test "arrays whose members are what a field of their type would be" do
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

  test "column types, plain and STRICT" do
    assert Types.column(:bigserial) == "INTEGER"
    assert Types.column(:decimal, precision: 8, scale: 2) == "DECIMAL(8,2)"
    assert Types.column(:utc_datetime) == "DATETIME"
    assert Types.column(:utc_datetime, strict: true) == "TEXT"
    assert Types.column({:vector, 3}) == "F32_BLOB(3)"
    assert Types.column(:citext) == "TEXT COLLATE NOCASE"
    assert Types.column(:inet) == "INET"
    assert_raise ArgumentError, ~r/precision/, fn -> Types.column(:decimal, scale: 2) end
  end

  test "the guide's statement gives a zone to moments that have none, and to no others" do
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
end
