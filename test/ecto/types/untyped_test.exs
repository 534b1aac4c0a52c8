defmodule Ecto.Adapters.LibSql.Types.UntypedTest do
  # Parameters whose type nothing says: of Repo.query, of fragments, of queries and inserts without a schema.
  use EctoLibSql.EctoCase, async: false
  use ExUnitProperties

  alias Ecto.Adapters.LibSql.Types.Untyped

  defmodule Item do
    use Ecto.Schema

    schema "items" do
      field(:price, :decimal)
      field(:s, :utc_datetime)
      field(:u, :utc_datetime_usec)
      field(:ns, :naive_datetime)
      field(:nu, :naive_datetime_usec)
      field(:ts, :time)
      field(:tu, :time_usec)
      field(:day, :date)
      field(:ok, :boolean)
      field(:data, :map)
    end
  end

  setup do
    on_exit(fn ->
      for key <- [:datetime_type, :decimal_type], do: Application.delete_env(:ecto_libsql, key)
    end)

    sql!("""
    CREATE TABLE items (id INTEGER PRIMARY KEY, price DECIMAL, s DATETIME, u DATETIME, ns DATETIME, nu DATETIME,
      ts TIME, tu TIME, day DATE, ok BOOLEAN, data TEXT)
    """)

    :ok
  end

  # 14:00 two hours east of Greenwich, which is 12:00 UTC.
  defp east(digits) do
    %DateTime{
      year: 2024,
      month: 3,
      day: 1,
      hour: 14,
      minute: 0,
      second: 0,
      microsecond: {500_000, digits},
      time_zone: "Europe/Athens",
      zone_abbr: "EET",
      utc_offset: 7200,
      std_offset: 0
    }
  end

  defp bound(value), do: hd(rows("SELECT typeof(?1), ?1", [value]))

  # The ids that a parameter without a type finds, the same by each function that takes one.
  defp found(field, operator, value) do
    sql = "SELECT id FROM items WHERE #{field} #{operator} ?"
    repo = Repo.get_dynamic_repo()

    {:ok, streamed} =
      Repo.transaction(fn ->
        repo |> Ecto.Adapters.SQL.stream(sql, [value]) |> Enum.flat_map(& &1.rows)
      end)

    {:ok, [%{rows: of_many}]} = Repo.query_many(sql, [value])

    in_fragment =
      case operator do
        "=" -> from(i in Item, where: fragment("? = ?", field(i, ^field), ^value))
        ">" -> from(i in Item, where: fragment("? > ?", field(i, ^field), ^value))
        ">=" -> from(i in Item, where: fragment("? >= ?", field(i, ^field), ^value))
      end

    ways = [
      rows(sql, [value]),
      rows(String.replace(sql, "?", ":value"), value: value),
      rows(String.replace(sql, "?", "$value"), %{"value" => value}),
      of_many,
      streamed,
      Enum.map(Repo.all(select(in_fragment, [i], i.id)), &[&1])
    ]

    assert [ids] = Enum.uniq(ways)
    List.flatten(ids)
  end

  describe "a Decimal" do
    test "is a number, so that it compares with what is computed" do
      for price <- ["0.10", "0.20", "1.30"], do: Repo.insert!(%Item{price: Decimal.new(price)})
      having = "SELECT count(*) FROM items HAVING sum(price) > ?"
      assert rows(having, [Decimal.new("1.5")]) == [[3]]
      assert rows(having, [Decimal.new("1.7")]) == []
      assert rows("SELECT id FROM items WHERE price * 2 = ?", [Decimal.new("0.4")]) == [[2]]

      above =
        &from(i in Item,
          having: fragment("sum(?) > ?", i.price, ^Decimal.new(&1)),
          select: count()
        )

      assert Repo.all(above.("1.5")) == [3]
      assert Repo.all(above.("1.7")) == []
    end

    test "matches the column in which its value is stored" do
      item = Repo.insert!(%Item{price: Decimal.new("17.99")})
      assert found(:price, "=", Decimal.new("17.990")) == [item.id]
      assert found(:price, ">", Decimal.new("17.98")) == [item.id]

      assert Repo.all(from(i in "items", where: i.price in ^[item.price], select: i.id)) == [
               item.id
             ]
    end

    test "is an INTEGER where it is whole and has 64 bits, else the nearest REAL" do
      for {text, type, value} <- [
            {"2.00", "integer", 2},
            {"-9223372036854775808", "integer", -9_223_372_036_854_775_808},
            {"1234567890123456789.000", "integer", 1_234_567_890_123_456_789},
            {"1.2E+3", "integer", 1200},
            {"-0.1", "real", -0.1},
            {"9223372036854775808", "real", 9_223_372_036_854_775_808.0},
            {"0.33333333333333333333333333333333", "real", 1 / 3},
            {"1E-400", "real", 0.0}
          ] do
        assert bound(Decimal.new(text)) == [type, value]
      end
    end

    test "beyond the range of a double, and NaN, is refused" do
      for text <- ["1E+400", "-1E+400", "NaN", "Infinity", "-Infinity"] do
        message = "a parameter Decimal.new(\"#{text}\") has no number in SQLite"
        assert_raise ArgumentError, message, fn -> Repo.query("SELECT ?", [Decimal.new(text)]) end

        assert_raise Ecto.Query.CastError, ~r/cannot be dumped to type :any|#{text}/, fn ->
          Repo.all(from(i in Item, where: fragment("? > ?", i.price, ^Decimal.new(text))))
        end
      end
    end

    test "is a text of all its digits with decimal_type: :exact" do
      Application.put_env(:ecto_libsql, :decimal_type, :exact)
      assert bound(Decimal.new("12345678901234567890.10")) == ["text", "12345678901234567890.10"]
      assert bound(Decimal.new("1E+3")) == ["text", "1000"]
    end

    test "is a number also in an insert and an update without a schema" do
      Repo.insert_all("items", [[price: Decimal.new("1.5")]])
      assert rows("SELECT typeof(price), price FROM items") == [["real", 1.5]]
      Repo.update_all("items", set: [price: Decimal.new("3.00")])
      assert rows("SELECT typeof(price), price FROM items") == [["integer", 3]]
    end
  end

  describe "a date or time" do
    test "with an offset is converted to UTC" do
      item = Repo.insert!(%Item{s: ~U[2024-03-01 12:00:00Z], u: ~U[2024-03-01 12:00:00.500000Z]})
      assert bound(east(0)) == ["text", "2024-03-01T12:00:00Z"]
      assert found(:s, "=", east(0)) == [item.id]
      assert found(:s, ">", east(0)) == []
      assert found(:u, "=", east(6)) == [item.id]
      assert found(:u, ">=", east(6)) == [item.id]

      Repo.insert_all("items", [[s: east(0), u: east(6)]])
      assert rows("SELECT count(DISTINCT s), count(DISTINCT u) FROM items") == [[1, 1]]
    end

    test "has whole seconds or six digits, as fields have" do
      assert bound(~U[2024-03-01 12:00:00Z]) == ["text", "2024-03-01T12:00:00Z"]
      assert bound(~U[2024-03-01 12:00:00.5Z]) == ["text", "2024-03-01T12:00:00.500000Z"]
      assert bound(~U[2024-03-01 12:00:00.000Z]) == ["text", "2024-03-01T12:00:00.000000Z"]
      assert bound(~N[2024-03-01 12:00:00.123]) == ["text", "2024-03-01T12:00:00.123000"]
      assert bound(~N[2024-03-01 12:00:00]) == ["text", "2024-03-01T12:00:00"]
      assert bound(~T[12:00:00.12]) == ["text", "12:00:00.120000"]
      assert bound(~T[12:00:00]) == ["text", "12:00:00"]
      assert bound(~D[2024-03-01]) == ["text", "2024-03-01"]
    end

    test "takes the precision of a field that type/2 names" do
      item = Repo.insert!(%Item{u: ~U[2024-03-01 12:00:00.000000Z]})
      second = ~U[2024-03-01 12:00:00Z]
      equal = from(i in Item, where: fragment("? = ?", i.u, type(^second, i.u)), select: i.id)
      after_it = from(i in Item, where: fragment("? > ?", i.u, type(^second, i.u)), select: i.id)
      assert {Repo.all(equal), Repo.all(after_it)} == {[item.id], []}
    end

    test "has the form of datetime_type" do
      Application.put_env(:ecto_libsql, :datetime_type, :text_datetime)
      item = Repo.insert!(%Item{s: ~U[2024-03-01 12:00:00Z], nu: ~N[2024-03-01 12:00:00.500000]})
      assert bound(east(0)) == ["text", "2024-03-01 12:00:00"]
      assert found(:s, "=", east(0)) == [item.id]
      assert found(:nu, "=", ~N[2024-03-01 12:00:00.5]) == [item.id]
    end

    property "finds the field that stores it, and not one of the microsecond before" do
      check all(
              seconds <- integer(0..4_000_000_000),
              micro <- integer(1..999_998),
              max_runs: 25
            ) do
        sql!("DELETE FROM items")
        s = DateTime.from_unix!(seconds)
        u = %{s | microsecond: {micro, 6}}
        naive = &DateTime.to_naive/1
        time = &DateTime.to_time/1
        fields = [s: s, u: u, ns: naive.(s), nu: naive.(u), ts: time.(s), tu: time.(u)]
        %{id: id} = Repo.insert!(struct(Item, [day: DateTime.to_date(s)] ++ fields))

        for {field, value} <- [day: DateTime.to_date(s)] ++ fields do
          assert id in found(field, "=", value)
          refute id in found(field, ">", value)
          assert id in found(field, ">=", value)
        end

        for {field, value} <- [u: u, nu: naive.(u), tu: time.(u)] do
          before = %{value | microsecond: {micro - 1, 6}}
          assert id in found(field, ">", before)
          refute id in found(field, "=", before)
        end
      end
    end
  end

  test "booleans, nil and atoms are 1, 0, NULL and their name" do
    item = Repo.insert!(%Item{ok: true})
    assert bound(true) == ["integer", 1]
    assert bound(false) == ["integer", 0]
    assert bound(nil) == ["null", nil]
    assert bound(:sent) == ["text", "sent"]
    assert found(:ok, "=", true) == [item.id]
    assert found(:ok, "=", false) == []
  end

  test "a map is what a field of type :map stores" do
    data = %{"name" => "Ada", "tags" => ["a"], "at" => ~D[2024-03-01]}
    item = Repo.insert!(%Item{data: data})
    assert found(:data, "=", data) == [item.id]
    Repo.insert_all("items", [[data: data]])
    assert rows("SELECT count(DISTINCT data), count(*) FROM items") == [[1, 2]]
    assert rows("SELECT json_extract(?, '$.name')", [data]) == [["Ada"]]
  end

  # With a list bound as one JSON text, `IN (?)` would find nothing.
  test "a list is refused, and the message names the alternative" do
    assert {:error, %EctoLibSql.Error{kind: :invalid_argument, message: message}} =
             Repo.query("SELECT id FROM items WHERE id IN (?)", [[1, 2]])

    assert message =~ "a list cannot be stored; encode it as JSON"

    for call <- [
          fn -> Repo.all(from(i in Item, where: fragment("? IN (?)", i.id, ^[1, 2]))) end,
          fn -> Repo.update_all("items", set: [data: ["a"]]) end
        ] do
      assert_raise ArgumentError, ~r/write type\(\^list, \{:array, :any\}\)/, call
    end

    assert_raise EctoLibSql.Error, ~r/a list cannot be stored; encode it as JSON/, fn ->
      Repo.insert_all("items", [[data: ["a"]]])
    end
  end

  test "a struct of any other kind is refused by its name" do
    assert_raise ArgumentError, ~r/a struct MapSet cannot be stored/, fn ->
      Repo.query!("SELECT ?", [MapSet.new()])
    end
  end

  if Code.ensure_loaded?(Duration) do
    test "a Duration is its ISO 8601 text, as a field of type :duration stores it" do
      assert bound(struct(Duration, month: 1, second: 30)) == ["text", "P1MT30S"]
    end
  end

  test "values that need no conversion are passed on as they are" do
    params = [1, 1.5, "a", <<255>>, nil, :atom, {:blob, "a"}, {:text, "a"}]
    assert :erts_debug.same(Untyped.parameters(params), params)
    assert Untyped.parameters([{:blob, "a"}, ~D[2024-03-01]]) == [{:blob, "a"}, "2024-03-01"]
    assert Untyped.parameters([]) == []
  end
end
