defmodule Ecto.Adapters.LibSql.SQL.ExprTest do
  # Expressions, run on rows.
  use EctoLibSql.EctoCase, async: true
  use ExUnitProperties

  defmodule Thing do
    use Ecto.Schema

    schema "things" do
      field(:name, :string)
      field(:a, :integer)
      field(:b, :integer)
      field(:cost, :decimal)
      field(:data, :binary)
      field(:tags, {:array, :string})
      field(:flags, {:array, :boolean})
      field(:meta, :map)
      field(:ok, :boolean)
      field(:uid, Ecto.UUID)
      field(:day, :date)
      field(:at, :utc_datetime_usec)
    end
  end

  setup do
    sql!("""
    CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, a INTEGER, b INTEGER, cost DECIMAL(10,2),
      data BLOB, tags TEXT, flags TEXT, meta TEXT, ok INTEGER, uid TEXT, day DATE, at DATETIME)
    """)

    Repo.insert!(%Thing{
      id: 1,
      name: "Über 100%",
      a: 7,
      b: 2,
      cost: Decimal.new("1.50"),
      data: "blob",
      tags: ["x", "it's \"q\""],
      flags: [true, false],
      meta: %{
        "n" => 1,
        "t" => true,
        "list" => [%{"k" => "v"}, 2],
        "a.b" => 5,
        "it's" => 6,
        ~s(q"t) => 7
      },
      ok: true,
      uid: "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
      day: ~D[2020-01-31],
      at: ~U[2020-01-31 23:59:59.999999Z]
    })

    Repo.insert!(%Thing{
      id: 2,
      name: "plain",
      a: 1,
      b: nil,
      cost: Decimal.new("10"),
      ok: false,
      tags: []
    })

    :ok
  end

  defp one(query), do: Repo.one(from(t in query, where: t.id == 1))
  defp ids(query), do: Repo.all(from(t in query, order_by: t.id, select: t.id))

  test "arithmetic and precedence" do
    assert one(
             from(t in Thing, select: {t.a + t.b * 3, (t.a + t.b) * 3, t.a / t.b, t.a - (t.b - 1)})
           ) == {13, 27, 3, 6}

    assert one(from(t in Thing, select: {t.a * 1.5, -5, 1.0e10, 9_223_372_036_854_775_807})) ==
             {10.5, -5, 1.0e10, 9_223_372_036_854_775_807}

    assert ids(from(t in Thing, where: not (t.a > 5 or t.ok == false))) == []
    assert ids(from(t in Thing, where: is_nil(t.b) == true)) == [2]
  end

  test "decimals compare as numbers with what has no column's affinity" do
    limit = Decimal.new("9.5")
    query = from(t in Thing, group_by: t.id, having: sum(t.cost) > ^limit, select: t.id)
    assert Repo.all(query) == [2]
    assert ids(from(t in Thing, where: t.cost * 2 > ^limit)) == [2]
    assert ids(from(t in Thing, where: coalesce(t.cost, ^Decimal.new(0)) < ^limit)) == [1]
    assert ids(from(t in Thing, where: t.cost == ^Decimal.new("1.5"))) == [1]
    assert ids(from(t in Thing, where: t.cost in ^[Decimal.new("1.50"), Decimal.new(3)])) == [1]
  end

  test "in: lists, interpolated lists, nothing, tuples, arrays, sub-queries" do
    assert ids(from(t in Thing, where: t.id in [1, 5])) == [1]
    assert ids(from(t in Thing, where: t.id in ^[2, 3])) == [2]
    assert ids(from(t in Thing, where: t.id in ^[])) == []
    assert ids(from(t in Thing, where: t.id not in ^[])) == [1, 2]
    assert ids(from(t in Thing, where: "x" in t.tags)) == [1]
    assert ids(from(t in Thing, where: ^"it's \"q\"" in t.tags)) == [1]

    assert ids(
             from(t in Thing,
               where: t.name in subquery(from(t in Thing, where: t.a == 1, select: t.name))
             )
           ) == [2]

    assert ids(from(t in Thing, where: t.id in fragment("(?, ?)", 2, 3))) == [2]
    assert ids(from(t in Thing, where: fragment("? IN (?)", t.id, splice(^[1, 2])))) == [1, 2]
  end

  test "in: a fragment that is a query or VALUES is a set of all its rows" do
    for fragment <- [
          dynamic([t], t.id in fragment("SELECT id FROM things")),
          dynamic([t], t.id in fragment("\n  select id FROM things WHERE id < ?", ^9)),
          dynamic([t], t.id in fragment("SELECT/**/id FROM things")),
          dynamic([t], t.id in fragment("-- all\nSELECT id FROM things")),
          dynamic(
            [t],
            t.id in fragment("/* all */ WITH x AS (SELECT id FROM things) SELECT id FROM x")
          ),
          dynamic([t], t.id in fragment("With x AS (SELECT id FROM things) SELECT id FROM x")),
          dynamic([t], t.id in fragment("VALUES (1), (2)")),
          dynamic([t], t.id in fragment("VALUES(?), (?)", 1, ^2)),
          dynamic([t], t.id in fragment(" /* two */ (?, ?)", 1, 2)),
          dynamic([t], t.id in fragment("json_array(?, ?)", 1, 2))
        ] do
      assert ids(where(Thing, ^fragment)) == [1, 2]
    end
  end

  test "lists of literals have the form of the field" do
    assert ids(from(t in Thing, where: t.name in ["plain", "other"])) == [2]
    assert ids(from(t in Thing, where: t.ok in [true])) == [1]
    assert ids(from(t in Thing, where: t.a in [7, 8])) == [1]
    assert ids(from(t in Thing, where: t.uid in ["3f2504e0-4f89-41d3-9a0c-0305e82c3301"])) == [1]
  end

  test "bytes as literals" do
    assert ids(from(t in Thing, where: t.data == "blob")) == [1]
    assert ids(from(t in Thing, where: t.data in ["blob", "other"])) == [1]
    assert ids(from(t in Thing, where: t.data in ^["blob", <<255>>])) == [1]
  end

  test "lists longer than SQLite's parameters" do
    assert ids(from(t in Thing, where: t.id in ^Enum.to_list(2..40_000) and t.ok == ^false)) == [
             2
           ]

    names = for n <- 1..33_000, do: "n#{n}"
    assert ids(from(t in Thing, where: t.a == ^1 and t.name in ^["plain" | names])) == [2]
  end

  test "a long list whose members JSON cannot hold stays parameters, also next to a long list that is JSON" do
    names = for n <- 1..1000, do: "n#{n}"
    Repo.query!("UPDATE things SET name = CAST(x'61006200' AS TEXT) WHERE id = 1")
    assert ids(from(t in Thing, where: t.name in ^["a\0b\0" | names])) == [1]
    assert ids(from(t in Thing, where: t.name in ^["plain", <<255>> | names])) == [2]
    numbers = Enum.to_list(1..40_000)
    assert ids(from(t in Thing, where: t.data == ^"blob" and t.id in ^numbers)) == [1]

    both = from(t in Thing, where: t.data in ^["blob" | names] and t.id in ^numbers and t.a == ^7)
    assert ids(both) == [1]

    for numbers <- [1..10, 1..1000] do
      assert_raise EctoLibSql.Error, ~r/64 bits/, fn ->
        ids(from(t in Thing, where: t.id in ^[2 ** 63 | Enum.to_list(numbers)]))
      end
    end

    many = for n <- 1..33_000, do: "n#{n}"

    for {condition, what} <- [
          {dynamic([t], t.data in ^many), ~r/bytes/},
          {dynamic([t], t.name in ^["\0" | many]), ~r/zero byte/},
          {dynamic([t], t.id in ^[2 ** 63 | numbers]), ~r/64 bits/}
        ] do
      assert_raise ArgumentError, what, fn -> ids(where(Thing, ^condition)) end
    end
  end

  test "like and ilike" do
    assert ids(from(t in Thing, where: like(t.name, "pl%"))) == [2]
    assert ids(from(t in Thing, where: like(t.name, "%100\\%"))) == [1]
    assert ids(from(t in Thing, where: ilike(t.name, ^"PLAIN"))) == [2]
    assert ids(from(t in Thing, where: ilike(t.name, "ÜBER%"))) == [1]
    assert ids(from(t in Thing, where: ilike(t.name, "üBER%"))) == []
    assert ids(from(t in Thing, where: like(t.data, "bl%"))) == [1]
  end

  test "fragments: literals, identifiers, constants" do
    assert one(from(t in Thing, select: fragment("? || ?", ^"a", "b"))) == "ab"
    assert one(from(t in Thing, select: fragment("?", identifier(^"name")))) == "Über 100%"
    assert one(from(t in Thing, select: fragment("?", constant(^"it's")))) == "it's"

    assert ids(from(t in Thing, where: fragment("? NOT IN (?)", t.id, splice(^[])))) == [1, 2]
    assert ids(from(t in Thing, where: fragment("? IN (?)", t.id, splice(^[])))) == []
    assert one(from(t in Thing, select: fragment("json_array(?)", splice(^[])))) == "[]"

    assert_raise EctoLibSql.Error, ~r/syntax/, fn ->
      one(from(t in Thing, select: fragment("coalesce(?, 1)", splice(^[]))))
    end

    assert_raise Ecto.QueryError, ~r/keyword/, fn ->
      Repo.all(from(t in Thing, where: fragment(a: 1), select: t.id))
    end
  end

  test "a minus before a negative number in a fragment begins no comment" do
    assert one(from(t in Thing, select: fragment("?-?", t.a, -1))) == 8
    assert one(from(t in Thing, select: fragment("-?-?", -1.5, constant(^(-2))))) == 3.5
    assert one(from(t in Thing, select: fragment("?-?", t.a, fragment("?", -1)))) == 8
    assert one(from(t in Thing, select: fragment("? - ?", t.a, -1))) == 8
    # A literal may stand inside of a text.
    assert one(from(t in Thing, select: fragment("date(?, '? days')", t.day, -1))) == "2020-01-30"
  end

  test "text with quotes, backslashes and zero bytes stays what it is" do
    for text <- ["it's", ~S(back\slash), "zero\0byte", "q\"q"] do
      assert Repo.one(from(t in Thing, where: t.id == 1, select: type(^text, :string))) == text
    end

    assert one(from(t in Thing, select: ~S(a\b'c))) == ~S(a\b'c)
    assert one(from(t in Thing, select: "a\0b")) == "a\0b"
  end

  test "type/2 casts where the class may differ" do
    assert one(from(t in Thing, select: type(t.a, :string))) == "7"
    assert one(from(t in Thing, select: type(fragment("'12'"), :integer))) == 12
    assert one(from(t in Thing, select: type(t.a, :float))) === 7.0
    assert Decimal.equal?(one(from(t in Thing, select: type(t.a, :decimal))), 7)

    assert one(from(t in Thing, select: type(t.uid, Ecto.UUID))) ==
             "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

    assert one(from(t in Thing, select: type(^"2020-02-03", :date))) == ~D[2020-02-03]
  end

  test "a JSON key may hold any character, written out or pinned" do
    keys =
      ["plain", "it's", "q\"t", "q\"", "\"", "\"q\"", "a\\b", "\\", "\\\"", "\\\\x\""] ++
        ["a.b", "a.\"b", "[0]", "[\"", "$", "é", "", "\n", "a\tb", "\u{1}", "1"]

    meta = Map.new(Enum.with_index(keys), fn {key, index} -> {key, %{"in" => index}} end)
    %{id: id} = Repo.insert!(%Thing{name: "keys", meta: meta})

    written = fn query -> Repo.one(from(t in query, where: t.id == ^id)) end

    for {key, index} <- Enum.with_index(keys) do
      assert written.(from(t in Thing, select: t.meta[^key]["in"])) == index, "pinned: #{key}"
      assert written.(from(t in Thing, select: json_extract_path(t.meta, ^[key, "in"]))) == index
      assert written.(from(t in Thing, select: t.meta[^key])) == %{"in" => index}
      assert written.(from(t in Thing, where: t.meta[^key]["in"] == ^index, select: t.id)) == id
      assert written.(from(t in Thing, select: t.meta["plain"][^key])) == nil
    end

    assert written.(from(t in Thing, select: t.meta["q\"t"]["in"])) == 2
    assert written.(from(t in Thing, where: t.meta["q\"t"]["in"] == 2, select: t.id)) == id
    assert written.(from(t in Thing, select: {t.meta["x\""], t.meta["a\\b"]["in"]})) == {nil, 6}
  end

  test "behind a JSON key with a quote in it values keep their kinds" do
    value = %{
      "o" => %{"a" => [1, %{"\"" => "x"}]},
      "t" => true,
      "f" => false,
      "r" => 0.1 + 0.2,
      "s" => "é\""
    }

    %{id: id} = Repo.insert!(%Thing{name: "keys", meta: %{"\"" => value}})
    one = fn query -> Repo.one(from(t in query, where: t.id == ^id)) end

    assert one.(from(t in Thing, select: t.meta["\""])) == value
    assert one.(from(t in Thing, select: t.meta["\""]["o"]["a"][1]["\""])) == "x"

    for {key, expected} <- value do
      assert one.(from(t in Thing, select: t.meta["\""][^key])) == expected
    end

    {quoted, last} = {"\"", -1}
    assert one.(from(t in Thing, select: t.meta[^quoted]["o"]["a"][^last][^quoted])) == "x"
    assert one.(from(t in Thing, where: t.meta[^quoted]["t"] == true, select: t.id)) == id
    assert one.(from(t in Thing, where: t.meta[^quoted]["s"] == ^"é\"", select: t.id)) == id
  end

  # As JSON's own lookup: keys in objects, indexes in arrays, from the end when they are negative.
  defp member(nil, _path), do: nil
  defp member(value, []), do: value
  defp member(%{} = map, [key | path]) when is_binary(key), do: member(map[key], path)

  defp member(list, [index | path]) when is_list(list) and is_integer(index),
    do: if(index >= -length(list), do: member(Enum.at(list, index), path))

  defp member(_value, _path), do: nil

  property "several pinned JSON keys and indexes find what Elixir finds" do
    key = member_of(["a", "it's", "q\"t", "\"", "0", "é"])

    json =
      tree(one_of([integer(-9..9), boolean(), key, constant(nil)]), fn inner ->
        one_of([list_of(inner, max_length: 3), map_of(key, inner, max_length: 3)])
      end)

    segment = one_of([key, integer(-4..3)])

    check all(value <- json, [x, y, z] <- list_of(segment, length: 3), max_runs: 300) do
      Repo.update_all(from(t in Thing, where: t.id == 1), set: [meta: %{"a" => value}])
      query = from(t in Thing, where: t.id == 1)
      whole = %{"a" => value}

      assert Repo.one(select(query, [t], t.meta["a"][^x][^y])) == member(whole, ["a", x, y])

      assert Repo.one(select(query, [t], t.meta[^"a"][^x]["q\"t"][^y])) ==
               member(whole, ["a", x, "q\"t", y])

      assert Repo.one(select(query, [t], t.meta[^"a"][^x][^y][^z])) ==
               member(whole, ["a", x, y, z])
    end
  end

  test "a number, a field and an expression may be negated" do
    assert Repo.all(
             from(t in Thing, order_by: t.id, limit: 1, select: {-t.a, -(t.a - 10), 3 - -t.a})
           ) == [{-7, 3, 10}]

    assert ids(from(t in Thing, where: -t.a < -5)) == [1]
  end

  test "LIKE finds bytes that a sub-query selects" do
    inner = from(t in Thing, select: %{id: t.id, bytes: t.data})
    assert Repo.all(from(x in subquery(inner), where: like(x.bytes, "bl%"), select: x.id)) == [1]
  end

  test "a whole row is counted, or missed, by its key" do
    query = from(t in Thing, left_join: o in Thing, on: o.id == t.id + 1, where: t.id < 3)
    assert Repo.one(select(query, [t, o], {count(t), count(o), count(t, :distinct)})) == {2, 1, 2}
    assert Repo.all(from([t, o] in query, where: is_nil(o), select: t.id)) == [2]

    assert_raise Ecto.QueryError, ~r/name a field/, fn ->
      Repo.one(from(t in "things", select: count(t)))
    end
  end

  test "the text of a path grows with its pinned keys, not with their power of two" do
    size = fn query -> :all |> Repo.to_sql(query) |> elem(0) |> byte_size() end
    k = "k"
    two = size.(from(t in Thing, select: t.meta[^k][^k]))
    eight = size.(from(t in Thing, select: t.meta[^k][^k][^k][^k][^k][^k][^k][^k]))
    assert eight < 5 * two
  end

  defmodule Entry do
    use Ecto.Schema

    schema "entries" do
      field(:key, :string)
      field(:type, :string)
      field(:value, :map)
    end
  end

  test "a write returns JSON from columns that are called as those of json_each" do
    sql!("CREATE TABLE entries (id INTEGER PRIMARY KEY, key TEXT, type TEXT, value TEXT)")
    value = %{"first" => 0, "plain" => 1, "q\"t" => %{"x" => 2}}
    Repo.insert!(%Entry{key: "q\"t", type: "plain", value: value})
    pinned = "q\"t"

    query =
      from(e in Entry,
        select:
          {e.value[e.type], e.value[^pinned]["x"], e.value["q\"t"]["x"], e.value[e.key]["x"]}
      )

    assert Repo.all(query) == [{1, 2, 2, 2}]
    assert Repo.update_all(query, set: [type: "first"]) == {1, [{0, 2, 2, 2}]}
    assert Repo.delete_all(query) == {1, [{0, 2, 2, 2}]}
  end

  test "a JSON key that is NULL finds nothing" do
    %{id: id} = Repo.insert!(%Thing{name: nil, meta: %{"null" => 1, "" => 2}})
    assert Repo.one(from(t in Thing, where: t.id == ^id, select: t.meta[t.name])) == nil
    assert Repo.one(from(t in Thing, where: t.meta[t.name] == 1, select: t.id)) == nil
  end

  test "JSON paths in select give terms, in conditions scalars" do
    assert one(from(t in Thing, select: t.meta["n"])) == 1
    assert one(from(t in Thing, select: t.meta["t"])) == true
    assert one(from(t in Thing, select: t.meta["list"])) == [%{"k" => "v"}, 2]

    assert one(
             from(t in Thing, select: {t.meta["list"][0]["k"], t.meta["list"][1], t.meta["a.b"]})
           ) == {"v", 2, 5}

    last = -1
    assert one(from(t in Thing, select: t.meta["list"][^last])) == 2

    assert one(from(t in Thing, select: {t.meta["it's"], t.meta["q\"t"], t.meta["none"]})) ==
             {6, 7, nil}

    key = "n"
    assert one(from(t in Thing, select: t.meta[^key])) == 1
    assert ids(from(t in Thing, where: t.meta["t"] == true)) == [1]
    assert ids(from(t in Thing, where: t.meta["list"][1] == 2)) == [1]
    inner = from(t in Thing, select: %{n: t.meta["n"]})
    assert Repo.all(from(s in subquery(inner), select: s.n, order_by: s.n)) == [nil, 1]
  end

  test "JSON paths give terms from unions, distinct rows and writes too" do
    query = from(t in Thing, where: t.id == 1, select: {t.meta["list"], t.meta["t"]})
    value = {[%{"k" => "v"}, 2], true}
    assert Repo.all(union_all(query, ^query)) == [value, value]
    assert Repo.all(from(t in query, distinct: t.id)) == [value]
    assert Repo.update_all(query, set: [a: 7]) == {1, [value]}
    assert Repo.transaction(fn -> Enum.to_list(Repo.stream(query)) end) == {:ok, [value]}
  end

  defmodule Times do
    use Ecto.Schema

    schema "times" do
      field(:exact, :utc_datetime_usec)
      field(:whole, :utc_datetime)
    end
  end

  test "whole seconds compare with microseconds by time, not by text" do
    sql!("CREATE TABLE times (id INTEGER PRIMARY KEY, exact DATETIME, whole DATETIME)")
    Repo.insert!(%Times{exact: ~U[2020-01-01 10:00:00.500000Z], whole: ~U[2020-01-01 10:00:00Z]})
    Repo.insert!(%Times{exact: ~U[2020-01-01 10:00:00.000000Z], whole: ~U[2020-01-01 10:00:00Z]})
    assert Repo.all(from(t in Times, order_by: t.id, select: t.whole < t.exact)) == [true, false]
    assert Repo.all(from(t in Times, order_by: t.id, select: t.exact == t.whole)) == [false, true]
  end

  test "tuples compare as rows" do
    a = 7
    assert ids(from(t in Thing, where: {t.a, t.id} > {^a, 0})) == [1]
  end

  test "coalesce, count distinct and filtered aggregates" do
    assert Repo.one(
             from(t in Thing, select: {count(t.a, :distinct), count(), sum(t.a), avg(t.a)})
           ) == {2, 2, 8, 4.0}

    assert Repo.one(from(t in Thing, select: filter(count(), t.ok))) == 1
    assert Repo.all(from(t in Thing, order_by: t.id, select: coalesce(t.b, 0))) == [2, 0]
  end

  test "what cannot be expressed raises and names itself" do
    query = %{
      from(t in Thing, select: t.id)
      | wheres: [%Ecto.Query.BooleanExpr{op: :and, expr: {:frobnicate, [], [1]}}]
    }

    assert_raise Ecto.QueryError, ~r"frobnicate/1", fn ->
      Ecto.Adapters.LibSql.Connection.all(planned(query))
    end
  end

  defp planned(query) do
    %{
      query
      | sources: {{"things", Thing, nil}},
        select: %{query.select | fields: [{{:., [], [{:&, [], [0]}, :id]}, [], []}]}
    }
  end

  describe "date arithmetic" do
    test "months and years stop at the month's last day" do
      assert one(from(t in Thing, select: date_add(t.day, 1, "month"))) == ~D[2020-02-29]
      assert one(from(t in Thing, select: date_add(t.day, -11, "month"))) == ~D[2019-02-28]

      assert one(from(t in Thing, select: datetime_add(t.at, 1, "month"))) ==
               ~U[2020-02-29 23:59:59.999999Z]

      n = 13
      assert one(from(t in Thing, select: date_add(t.day, ^n, "month"))) == ~D[2021-02-28]
      assert one(from(t in Thing, select: date_add(t.day, 4, "year"))) == ~D[2024-01-31]
    end

    test "microseconds carry, and the form of the operand stays" do
      assert one(from(t in Thing, select: datetime_add(t.at, 1, "microsecond"))) ==
               ~U[2020-02-01 00:00:00.000000Z]

      assert one(from(t in Thing, select: datetime_add(t.at, -1, "second"))) ==
               ~U[2020-01-31 23:59:58.999999Z]

      assert one(from(t in Thing, select: datetime_add(t.at, ^0.5, "second"))) ==
               ~U[2020-02-01 00:00:00.499999Z]

      assert one(
               from(t in Thing,
                 select: fragment("?", datetime_add(fragment("'2020-01-01 00:00:00'"), 1, "day"))
               )
             ) == "2020-01-02 00:00:00"
    end

    @count 14
    test "parameters give what columns give, for known and pinned counts" do
      for time <- [
            ~U[2020-01-31 23:59:59.999999Z],
            ~U[1969-12-31 23:59:59.500000Z],
            ~U[2020-01-31 23:59:59Z]
          ],
          count <- [-1000, -1, 0, 14, 86_400] do
        expected = DateTime.add(time, count, :second)
        type = if time.microsecond == {0, 0}, do: :utc_datetime, else: :utc_datetime_usec

        assert one(
                 from(Thing,
                   select: type(fragment("?", datetime_add(^time, ^count, "second")), ^type)
                 )
               ) ==
                 expected
      end

      time = ~U[2020-01-31 23:59:59.999999Z]
      day_before = ~U[2020-01-17 23:59:59.999999Z]
      add = fn query -> one(from(Thing, select: ^query)) end
      type = :utc_datetime_usec

      for query <- [
            dynamic(type(fragment("?", datetime_add(^time, -14, "day")), ^type)),
            dynamic(type(fragment("?", datetime_add(^time, -@count, "day")), ^type)),
            dynamic(type(fragment("?", datetime_add(^time, ^(-14.0), "day")), ^type)),
            dynamic(type(fragment("?", datetime_add(^time, -(^2), "week")), ^type))
          ],
          do: assert(add.(query) == day_before)

      assert add.(dynamic(type(fragment("?", datetime_add(^time, ^0.5, "second")), ^type))) ==
               ~U[2020-02-01 00:00:00.499999Z]
    end

    test "a count with a sign or in a module attribute is written as a number, a pinned one once" do
      size = fn query -> :all |> Repo.to_sql(query) |> elem(0) |> byte_size() end
      literal = size.(from(t in Thing, where: t.at > ago(14, "day"), select: t.id))
      assert size.(from(t in Thing, where: t.at > ago(@count, "day"), select: t.id)) == literal
      assert literal < 400
      assert size.(from(t in Thing, where: t.at > ago(^14, "day"), select: t.id)) < 900
    end

    test "agrees with Elixir's calendar" do
      for n <- [-1000, -61, -1, 0, 59, 86_400, 10_000_000] do
        expected = DateTime.add(~U[2020-01-31 23:59:59.999999Z], n, :second)
        assert one(from(t in Thing, select: datetime_add(t.at, ^n, "second"))) == expected
      end
    end

    test "a fraction of a month is an error" do
      assert_raise Ecto.QueryError, ~r/whole number/, fn ->
        one(from(t in Thing, select: date_add(t.day, 0.5, "month")))
      end

      half = 0.5

      assert_raise EctoLibSql.Error, fn ->
        one(from(t in Thing, select: date_add(t.day, ^half, "month")))
      end
    end
  end

  test "parent_as reaches two levels up" do
    inner = from(t in Thing, where: t.id == parent_as(:outer).id, select: 1)

    middle =
      from(t in Thing, where: exists(inner), where: t.id == parent_as(:outer).id, select: t.id)

    assert Repo.all(
             from(t in Thing,
               as: :outer,
               where: t.id in subquery(middle),
               order_by: t.id,
               select: t.id
             )
           ) == [1, 2]
  end
end
