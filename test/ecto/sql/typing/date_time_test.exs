defmodule Ecto.Adapters.LibSql.SQL.Typing.DateTimeTest do
  # Dates and times of different precision are compared, sorted and made distinct by time, wherever one expression
  # combines them.
  use EctoLibSql.EctoCase, async: true

  defmodule A do
    use Ecto.Schema

    schema "a" do
      field(:s, :utc_datetime)
      field(:u, :utc_datetime_usec)
      field(:n, :naive_datetime)
      field(:d, :date)
      field(:t, :time)
      field(:tu, :time_usec)
    end
  end

  @noon ~U[2024-05-01 12:00:00Z]
  @later ~U[2024-05-01 12:00:00.500000Z]
  @between ~U[2024-05-01 12:00:00.200000Z]

  setup do
    sql!("""
    CREATE TABLE a (id INTEGER PRIMARY KEY, s DATETIME, u DATETIME, n DATETIME, d DATE, t TIME, tu TIME)
    """)

    Repo.insert!(%A{
      id: 1,
      s: @noon,
      n: ~N[2024-05-01 12:00:00],
      d: ~D[2024-05-01],
      t: ~T[12:00:00]
    })

    Repo.insert!(%A{id: 2, u: @later, tu: ~T[12:00:00.500000]})
    :ok
  end

  defp ids(query), do: Repo.all(from(a in query, order_by: a.id, select: a.id))

  describe "a coalesce of fields of two precisions" do
    test "is sorted by time" do
      assert Repo.all(from(a in A, order_by: coalesce(a.s, a.u), select: a.id)) == [1, 2]
      assert Repo.all(from(a in A, order_by: [desc: coalesce(a.u, a.s)], select: a.id)) == [2, 1]
      assert Repo.all(from(a in A, order_by: coalesce(a.t, a.tu), select: a.id)) == [1, 2]
      assert Repo.all(from(a in A, order_by: coalesce(a.n, a.u), select: a.id)) == [1, 2]
      assert Repo.all(from(a in A, order_by: coalesce(a.d, a.u), select: a.id)) == [1, 2]
    end

    test "has the latest as its maximum, which loads with its fraction" do
      assert Repo.one(from(a in A, select: max(coalesce(a.s, a.u)))) == @later

      assert Repo.one(from(a in A, select: min(coalesce(a.u, a.s)))) ==
               ~U[2024-05-01 12:00:00.000000Z]
    end

    test "is compared with a parameter, a literal and a field by time" do
      assert ids(from(a in A, where: coalesce(a.s, a.u) > ^@between)) == [2]
      assert ids(from(a in A, where: ^@between >= coalesce(a.s, a.u))) == [1]
      assert ids(from(a in A, where: coalesce(a.s, a.u) == ^@noon)) == [1]
      assert ids(from(a in A, where: coalesce(a.s, a.u) in ^[@noon, @later])) == [1, 2]
      assert ids(from(a in A, where: coalesce(a.s, a.u) >= "2024-05-01T12:00:00.3Z")) == [2]
      assert ids(from(a in A, where: coalesce(a.s, a.u) == a.s)) == [1]

      many = [@later | for(n <- 1..600, do: DateTime.add(@noon, n))]
      assert ids(from(a in A, where: coalesce(a.s, a.u) in ^many)) == [2]
    end

    test "keeps the fraction of a parameter" do
      assert ids(from(a in A, where: coalesce(a.s, ^@later) > ^@between)) == [2]
      assert Repo.all(from(a in A, order_by: coalesce(a.s, ^@later), select: a.id)) == [1, 2]
      assert Repo.one(from(a in A, select: max(coalesce(a.s, ^@later)))) == @later
    end

    test "orders and divides the rows of windows by time" do
      numbered = from(a in A, select: {a.id, over(row_number(), order_by: coalesce(a.s, a.u))})
      assert Enum.sort(Repo.all(numbered)) == [{1, 1}, {2, 2}]
      Repo.insert!(%A{id: 3, u: ~U[2024-05-01 12:00:00.000000Z]})

      counted =
        from(a in A,
          select: {a.id, over(count(), partition_by: coalesce(a.s, a.u))},
          order_by: a.id
        )

      assert Repo.all(counted) == [{1, 2}, {2, 1}, {3, 2}]
    end

    test "is one value for each time, in distinct, count and group_by" do
      Repo.insert!(%A{id: 3, u: ~U[2024-05-01 12:00:00.000000Z]})
      assert Repo.one(from(a in A, select: count(coalesce(a.s, a.u), :distinct))) == 2
      times = from(a in A, distinct: true, select: coalesce(a.s, a.u))
      assert Enum.sort(Repo.all(times), DateTime) == [~U[2024-05-01 12:00:00.000000Z], @later]

      groups =
        from(a in A, group_by: coalesce(a.s, a.u), order_by: coalesce(a.s, a.u), select: count())

      assert Repo.all(groups) == [2, 1]
      first = from(a in A, distinct: [coalesce(a.s, a.u)], order_by: a.id, select: a.id)
      assert Repo.all(first) == [1, 2]
    end
  end

  describe "a set operation over fields of two precisions" do
    setup do
      Repo.insert!(%A{id: 3, u: ~U[2024-05-01 12:00:00.000000Z]})
      seconds = from(a in A, where: not is_nil(a.s), select: %{at: a.s})
      {:ok, seconds: seconds, micros: from(a in A, where: not is_nil(a.u), select: %{at: a.u})}
    end

    test "compares by time", %{seconds: seconds, micros: micros} do
      times = fn query ->
        Enum.sort(for %{at: at} <- Repo.all(query), do: DateTime.to_unix(at, :millisecond))
      end

      noon = DateTime.to_unix(@noon, :millisecond)
      assert times.(union(micros, ^seconds)) == [noon, noon + 500]
      assert times.(intersect(micros, ^seconds)) == [noon]
      assert times.(except(micros, ^seconds)) == [noon + 500]
      assert times.(except_all(seconds, ^micros)) == []
    end

    test "is sorted and compared by time around a sub-query", %{seconds: seconds, micros: micros} do
      both = subquery(union_all(micros, ^seconds))
      assert Repo.all(from(x in both, where: x.at > ^@between, select: x.at)) == [@later]
      assert Repo.one(from(x in both, select: max(x.at))) == @later
      assert Repo.one(from(x in both, select: count(x.at, :distinct))) == 2
    end
  end

  test "lag and lead keep the fraction of their default" do
    following = from(a in A, select: %{id: a.id, at: over(lead(a.s, 1, ^@later), order_by: a.id)})

    assert Repo.all(
             from(x in subquery(following), order_by: x.id, select: type(x.at, :utc_datetime_usec))
           ) ==
             [nil, @later]
  end

  test "a date is midnight where it is compared with a time" do
    Repo.insert!(%A{id: 3, s: ~U[2024-05-01 00:00:00Z], d: ~D[2024-05-02]})
    assert ids(from(a in A, join: b in A, on: b.id == 1, where: a.s >= b.d)) == [1, 3]
    assert ids(from(a in A, join: b in A, on: b.id == 1, where: a.s == b.d)) == [3]
    assert ids(from(a in A, where: coalesce(a.s, a.u) <= ^~D[2024-05-01])) == [3]
  end

  test "what was added to a field with a fraction is compared by time with a field without one" do
    assert ids(from(a in A, where: datetime_add(a.u, -500, "millisecond") == ^@noon)) == [2]

    joined = from(a in A, join: b in A, on: datetime_add(b.u, -500, "millisecond") == a.s)
    assert Repo.all(from([a, b] in joined, select: {a.id, b.id})) == [{1, 2}]
    later = from(a in A, join: b in A, on: datetime_add(b.u, -1, "millisecond") > a.s)
    assert Repo.all(from([a, b] in later, select: {a.id, b.id})) == [{1, 2}]
  end

  test "a value that is no date or time is compared as a text" do
    assert ids(from(a in A, where: coalesce(a.s, "never") == "never")) == [2]
    assert ids(from(a in A, where: coalesce(a.s, a.u) > ^"2024-05")) == [1, 2]
  end
end
