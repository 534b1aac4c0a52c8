defmodule Ecto.Adapters.LibSql.Types.ArraysTest do
  # Arrays, which are stored as JSON: the stored text, and conditions, push and pull on it.
  use EctoLibSql.EctoCase, async: false
  use ExUnitProperties

  # Casts to a tuple and dumps to a boolean.
  defmodule YesNo do
    use Ecto.Type
    def type, do: :boolean
    def cast({:answer, _} = answer), do: {:ok, answer}
    def cast(_other), do: :error
    def dump({:answer, :yes}), do: {:ok, true}
    def dump({:answer, :no}), do: {:ok, false}
    def dump(_other), do: :error
    def load(true), do: {:ok, {:answer, :yes}}
    def load(false), do: {:ok, {:answer, :no}}
    def load(_other), do: :error
  end

  # Its cast and its dumped form are integers both, so a confusion of them is not a type error.
  defmodule Shifted do
    use Ecto.Type
    def type, do: :integer
    def cast(n) when is_integer(n), do: {:ok, n}
    def dump(n), do: {:ok, n + 100}
    def load(n), do: {:ok, n - 100}
  end

  defmodule Sealed do
    use Ecto.Type
    def type, do: :binary
    def cast(text), do: {:ok, text}
    def dump(text), do: {:ok, <<255, text::binary>>}
    def load(<<255, text::binary>>), do: {:ok, text}
  end

  defmodule Lists do
    use Ecto.Schema

    schema "lists" do
      field(:floats, {:array, :float})
      field(:bools, {:array, :boolean})
      field(:texts, {:array, :string})
      field(:decs, {:array, :decimal})
      field(:days, {:array, :date})
      field(:uids, {:array, Ecto.UUID})
      field(:kinds, {:array, Ecto.Enum}, values: [draft: 1, sent: 2])
      field(:words, {:array, Ecto.Enum}, values: [:short, :long])
      field(:answers, {:array, YesNo})
      field(:nested, {:array, {:array, Shifted}})
      field(:sealed, {:array, Sealed})
      field(:times, {:array, :utc_datetime})
    end
  end

  @columns ~w(floats bools texts decs days uids kinds words answers nested sealed times)

  setup do
    sql!("CREATE TABLE lists (id INTEGER PRIMARY KEY, #{Enum.join(@columns, ", ")})")
    :ok
  end

  defp put(fields), do: Repo.insert!(struct(Lists, fields))
  defp text(column), do: hd(hd(rows("SELECT #{column} FROM lists")))
  defp back(field), do: Map.fetch!(Repo.one!(Lists), field)
  defp found(condition), do: Repo.aggregate(where(Lists, ^condition), :count)

  describe "members" do
    test "of Ecto's own types are stored in the form of embedded schemas" do
      uuid = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

      put(
        floats: [0.1 + 0.2, 1.0, nil],
        bools: [true, nil],
        texts: ["é\""],
        decs: [Decimal.new("1.50")],
        days: [~D[2020-01-31]],
        uids: [uuid]
      )

      assert text("floats") == "[0.30000000000000004,1.0,null]"
      assert text("bools") == "[true,null]"
      assert text("texts") == ~S(["é\""])
      assert text("decs") == ~S(["1.50"])
      assert text("days") == ~S(["2020-01-31"])
      assert text("uids") == ~s(["#{uuid}"])
    end

    test "of other types are stored as the type dumps them" do
      put(
        kinds: [:draft, :sent, nil],
        words: [:long],
        answers: [{:answer, :no}],
        nested: [[1], []]
      )

      assert text("kinds") == "[1,2,null]"
      assert text("words") == ~S(["long"])
      assert text("answers") == "[false]"
      assert text("nested") == "[[101],[]]"
      assert %{kinds: [:draft, :sent, nil], words: [:long], nested: [[1], []]} = Repo.one!(Lists)
      assert back(:answers) == [{:answer, :no}]
      assert found(dynamic([l], ^:draft in l.kinds and l.kinds == ^[:draft, :sent, nil])) == 1
      assert found(dynamic([l], ^{:answer, :no} in l.answers)) == 1
      assert found(dynamic([l], ^{:answer, :yes} in l.answers)) == 0
      Repo.update_all(Lists, push: [kinds: :draft, answers: {:answer, :yes}, words: :short])
      Repo.update_all(Lists, pull: [kinds: :sent, answers: {:answer, :no}, words: :long])
      assert %{kinds: [:draft, nil, :draft], words: [:short]} = Repo.one!(Lists)
      assert back(:answers) == [{:answer, :yes}]
      assert text("answers") == "[true]"
    end

    test "that dump to bytes are refused" do
      assert_raise Ecto.ChangeError, ~r/sealed/, fn -> put(sealed: ["x"]) end
    end

    test "load in the forms of earlier versions and of ecto_sqlite3" do
      put(texts: [])
      sql!(~S|UPDATE lists SET kinds = '["draft",2]', words = '["long"]', answers = '[1,false]'|)
      assert %{kinds: [:draft, :sent], words: [:long]} = Repo.one!(Lists)
      assert back(:answers) == [{:answer, :yes}, {:answer, :no}]
    end

    test "may be parameters inside of a list" do
      put(bools: [], texts: [])
      query = from(l in Lists, update: [set: [bools: [^true, false], texts: ["a", ^"it's"]]])
      Repo.update_all(query, [])
      assert text("bools") == "[true,false]"
      assert text("texts") == ~S(["a","it's"])
    end
  end

  describe "floats of an array keep all their digits" do
    test "when other members are pulled or pushed, and when the list is set" do
      put(floats: [0.1 + 0.2, 1.0, 0.1])
      Repo.update_all(Lists, pull: [floats: 1.0])
      assert text("floats") == "[0.30000000000000004,0.1]"
      Repo.update_all(Lists, pull: [floats: 0.1 + 0.2])
      assert text("floats") == "[0.1]"
      Repo.update_all(Lists, push: [floats: 0.1 + 0.2])
      Repo.update_all(Lists, push: [floats: 0.2])
      assert text("floats") == "[0.1,0.30000000000000004,0.2]"
      Repo.update_all(from(l in Lists, update: [set: [floats: [^(0.1 + 0.2), 1.0]]]), [])
      assert text("floats") == "[0.30000000000000004,1.0]"
      Repo.update_all(from(l in "lists", update: [push: [floats: ^(0.1 + 0.2)]]), [])
      assert back(:floats) == [0.1 + 0.2, 1.0, 0.1 + 0.2]
    end

    test "even nearly half way between two others, where SQLite reads them wrongly" do
      float = 4_194_304.9190475345
      put(floats: [])
      Repo.update_all(Lists, push: [floats: float])
      assert back(:floats) == [float]
      Repo.update_all(from(l in "lists", update: [push: [floats: ^float]]), [])
      assert back(:floats) == [float, float]
      Repo.update_all(Lists, set: [floats: [4_194_304.9190475345]])
      assert back(:floats) == [float]
    end

    test "and are written as JSON libraries write them" do
      for float <- [1.0e20, 1.0e-5, 0.001, 1.0e16, 123_456_789_012_345_680.0, 1.5e300, -2.5e-120] do
        sql!("DELETE FROM lists")
        put(floats: [])
        Repo.update_all(Lists, push: [floats: float])
        assert text("floats") == Jason.encode!([float])
        assert found(dynamic([l], l.floats == ^[float])) == 1
      end
    end

    property "when they are pushed" do
      check all(float <- float(), max_runs: 50) do
        sql!("DELETE FROM lists")
        put(floats: [])
        Repo.update_all(Lists, push: [floats: float])
        assert back(:floats) == [float]
        assert found(dynamic([l], l.floats == [^float])) == 1
      end
    end
  end

  describe "an array compared with a list" do
    test "is equal if its members are" do
      put(
        floats: [0.1 + 0.2, 1.0e20],
        bools: [true, true],
        texts: ["a", "it's"],
        decs: [Decimal.new("1.50")],
        kinds: [:sent],
        days: [~D[2020-01-31]],
        nested: [[1, 2], []]
      )

      for {expected, condition} <- [
            {1, dynamic([l], l.floats == [^(0.1 + 0.2), ^1.0e20])},
            {1, dynamic([l], [^(0.1 + 0.2), 1.0e20] == l.floats)},
            {0, dynamic([l], l.floats == [^0.3, ^1.0e20])},
            {0, dynamic([l], l.floats == [^(0.1 + 0.2)])},
            {0, dynamic([l], l.floats == [^(0.1 + 0.2), ^1.0e20, ^1.0])},
            {1, dynamic([l], l.floats != [^(0.1 + 0.2)])},
            {0, dynamic([l], l.floats != [^(0.1 + 0.2), 1.0e20])},
            {1, dynamic([l], l.bools == [^true, true])},
            {0, dynamic([l], l.bools == [^true, false])},
            {1, dynamic([l], l.texts == ["a", ^"it's"])},
            {1, dynamic([l], l.decs == [^Decimal.new("1.5")])},
            {1, dynamic([l], l.kinds == ^[:sent])},
            {1, dynamic([l], l.days == [^~D[2020-01-31]])},
            {0, dynamic([l], l.uids == [^Ecto.UUID.generate()])},
            {0, dynamic([l], l.uids != [^Ecto.UUID.generate()])}
          ] do
        assert found(condition) == expected, inspect(condition)
      end
    end
  end

  test "a JSON path and a column without a schema compare with a list, and other values in them are not equal" do
    sql!("CREATE TABLE docs (id INTEGER PRIMARY KEY, doc TEXT)")

    for doc <- [
          ~S({"l": [1, [2, 3]]}),
          ~S({"l": "text"}),
          "{}",
          ~S({"l": null}),
          "[1]",
          "no JSON"
        ],
        do: Repo.query!("INSERT INTO docs (doc) VALUES (?)", [doc])

    docs = from(d in "docs", select: d.id, where: d.id < 6)
    assert Repo.all(where(docs, [d], json_extract_path(d.doc, ["l"]) == [^1, [2, ^3]])) == [1]
    assert Repo.all(where(docs, [d], json_extract_path(d.doc, ["l"]) != [^1, [2, ^3]])) == [2]
    assert Repo.all(from(d in "docs", select: d.id, where: d.doc == [^1])) == [5]
    assert Repo.all(from(d in "docs", select: d.id, where: d.doc != [^1], where: d.id > 4)) == [6]
  end

  test "a list compared with a JSON path without type/2 is refused, naming type/2" do
    sql!(~S|CREATE TABLE docs (id INTEGER PRIMARY KEY, doc TEXT);
      INSERT INTO docs (doc) VALUES ('{"l": [1, [2, 3]]}')|)

    docs = from(d in "docs", select: d.id)
    list = [1, [2, 3]]

    assert_raise ArgumentError, ~r/type\(\^list, \{:array, :any\}\)/, fn ->
      Repo.all(where(docs, [d], json_extract_path(d.doc, ["l"]) == ^list))
    end

    typed = dynamic([d], json_extract_path(d.doc, ["l"]) == type(^list, {:array, :any}))
    assert Repo.all(where(docs, ^typed)) == [1]
  end

  test "a list with parameters inside is refused where they need a cast, which Ecto does not do" do
    for condition <- [dynamic([l], l.kinds == [^:sent]), dynamic([l], [[^1]] != l.nested)] do
      assert_raise Ecto.QueryError, ~r/\^list/, fn -> found(condition) end
    end

    update = from(l in Lists, update: [set: [kinds: [^:sent]]])
    assert_raise Ecto.QueryError, ~r/\^list/, fn -> Repo.update_all(update, []) end
  end

  describe "pull" do
    test "removes nil and booleans, and not values that are like them" do
      put(bools: [true, nil, false], floats: [nil, 1.0], texts: ["null", nil])
      Repo.update_all(Lists, pull: [bools: nil, floats: nil, texts: nil])
      assert %{bools: [true, false], floats: [1.0], texts: ["null"]} = Repo.one!(Lists)
      Repo.update_all(Lists, pull: [bools: true])
      assert text("bools") == "[false]"
    end

    test "leaves the text of the other members as it is" do
      put(texts: [])

      sql!(
        ~S|UPDATE lists SET texts = '[1e2, {"a": [1.50]}, true, null, 123456789012345678901, "x"]'|
      )

      Repo.update_all("lists", pull: [texts: "x"])
      assert text("texts") == ~S([1e2,{"a":[1.50]},true,null,123456789012345678901])
    end
  end

  for {type, equal?, left} <- [{:numeric, 1, "[]"}, {:exact, 0, ~S(["2.0000000000000000001"])}] do
    test "decimals are found and pulled whatever zeros they end with, and only if they are equal (#{type})" do
      Application.put_env(:ecto_libsql, :decimal_type, unquote(type))
      on_exit(fn -> Application.delete_env(:ecto_libsql, :decimal_type) end)
      put(decs: [Decimal.new("1.50"), Decimal.new("2.0000000000000000001")])
      assert found(dynamic([l], ^Decimal.new("1.5") in l.decs)) == 1
      assert found(dynamic([l], ^Decimal.new("1.500") in l.decs)) == 1
      assert found(dynamic([l], ^Decimal.new("3") in l.decs)) == 0
      # Decimals that are not exact are compared by 15 digits.
      assert found(dynamic([l], ^Decimal.new("2") in l.decs)) == unquote(equal?)
      Repo.update_all(Lists, pull: [decs: Decimal.new(2)])
      Repo.update_all(Lists, pull: [decs: Decimal.new("1.5")])
      assert text("decs") == unquote(left)
    end
  end

  test "a value of another form than the array's members is refused, in push and in a condition" do
    Application.put_env(:ecto_libsql, :datetime_type, :text_datetime)
    on_exit(fn -> Application.delete_env(:ecto_libsql, :datetime_type) end)
    time = ~U[2024-01-01 12:00:00Z]
    push = fn -> Repo.update_all(Lists, push: [times: time]) end
    assert_raise Ecto.QueryError, ~r/another form inside of arrays/, push

    within = fn -> Repo.all(from(l in Lists, where: ^time in l.times, select: l.id)) end
    assert_raise Ecto.QueryError, ~r/another form inside of arrays/, within
  end
end
