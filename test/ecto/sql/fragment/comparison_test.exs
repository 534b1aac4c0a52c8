defmodule Ecto.Adapters.LibSql.SQL.Fragment.ComparisonTest do
  # Parameters of fragments that are compared there with dates and times, or with UUIDs, of columns.
  use EctoLibSql.EctoCase, async: false

  alias Ecto.Adapters.LibSql.SQL.Fragment.Comparison

  defmodule Event do
    use Ecto.Schema

    schema "events" do
      field(:s, :utc_datetime)
      field(:u, :utc_datetime_usec)
      field(:nu, :naive_datetime_usec)
      field(:tu, :time_usec)
      field(:day, :date)
      field(:uid, Ecto.UUID)
    end
  end

  @whole ~U[2024-03-01 12:00:00Z]
  @later ~U[2024-03-01 12:00:00.200000Z]

  setup do
    on_exit(fn ->
      for key <- [:uuid_type, :datetime_type], do: Application.delete_env(:ecto_libsql, key)
    end)

    sql!("""
    CREATE TABLE events (id INTEGER PRIMARY KEY, s DATETIME, u DATETIME, nu DATETIME, tu TIME, day DATE, uid)
    """)

    :ok
  end

  defp insert!(fields), do: Repo.insert!(struct(Event, fields)).id
  defp ids(query), do: Repo.all(from(e in query, order_by: e.id, select: e.id))

  # The operators by which a field compares with a value.
  defp true_for(field, value) do
    for {operator, query} <- [
          =: from(e in Event, where: fragment("? = ?", field(e, ^field), ^value)),
          <: from(e in Event, where: fragment("? < ?", field(e, ^field), ^value)),
          <=: from(e in Event, where: fragment("?<=?", field(e, ^field), ^value)),
          >: from(e in Event, where: fragment("? > ?", field(e, ^field), ^value)),
          >=: from(e in Event, where: fragment("( ?  >=\n? )", field(e, ^field), ^value)),
          reversed: from(e in Event, where: fragment("? < ?", ^value, field(e, ^field)))
        ],
        ids(query) != [],
        do: operator
  end

  test "a DateTime of whole seconds compares with a column of microseconds" do
    insert!(
      u: %{@whole | microsecond: {0, 6}},
      nu: ~N[2024-03-01 12:00:00.000000],
      tu: ~T[12:00:00.000000]
    )

    assert true_for(:u, @whole) == [:=, :<=, :>=]
    assert true_for(:nu, DateTime.to_naive(@whole)) == [:=, :<=, :>=]
    assert true_for(:tu, ~T[12:00:00]) == [:=, :<=, :>=]
    sql!("DELETE FROM events")
    insert!(u: @later)
    assert true_for(:u, @whole) == [:>, :>=, :reversed]
  end

  test "a DateTime of microseconds compares with a column of seconds" do
    insert!(s: @whole)
    assert true_for(:s, @later) == [:<, :<=]
    assert true_for(:s, %{@whole | microsecond: {0, 6}}) == [:=, :<=, :>=]
    assert true_for(:s, DateTime.add(@whole, 1)) == [:<, :<=]
    assert true_for(:s, DateTime.add(@later, -1)) == [:>, :>=, :reversed]
  end

  test "with datetime_type: :text_datetime too" do
    Application.put_env(:ecto_libsql, :datetime_type, :text_datetime)
    insert!(u: %{@whole | microsecond: {0, 6}}, s: @whole)
    assert true_for(:u, @whole) == [:=, :<=, :>=]
    assert true_for(:s, @later) == [:<, :<=]
  end

  test "a Date compares with a date and time as its midnight, a DateTime with a date as a time of that day" do
    insert!(s: ~U[2024-03-01 00:00:00Z], day: ~D[2024-03-01])
    assert true_for(:s, ~D[2024-03-01]) == [:=, :<=, :>=]
    assert true_for(:day, ~D[2024-03-01]) == [:=, :<=, :>=]
    assert true_for(:day, @whole) == [:<, :<=]
  end

  test "BETWEEN, IN, min and max compare too" do
    id = insert!(u: %{@whole | microsecond: {0, 6}})
    {before, later} = {DateTime.add(@whole, -1), DateTime.add(@whole, 1)}
    between = &from(e in Event, where: fragment("? BETWEEN ? AND ?", e.u, ^&1, ^&2))
    assert ids(between.(@whole, later)) == [id]
    assert ids(between.(before, @whole)) == [id]

    assert ids(from(e in Event, where: fragment("? NOT BETWEEN ? AND ?", e.u, ^later, ^later))) ==
             [id]

    assert ids(from(e in Event, where: fragment("? IN (?, ?)", e.u, ^before, ^@whole))) == [id]

    assert ids(from(e in Event, where: fragment("? IN (?)", e.u, splice(^[before, @whole])))) == [
             id
           ]

    assert ids(from(e in Event, where: fragment("? NOT IN (?)", e.u, splice(^[@whole])))) == []
    newest = from(e in Event, group_by: e.id, having: fragment("max(?) > ?", e.u, ^@whole))
    assert ids(newest) == []

    assert ids(from(e in Event, group_by: e.id, having: fragment("max(?) >= ?", e.u, ^@whole))) ==
             [id]
  end

  test "a UUID's text is compared as bytes with a column of bytes" do
    Application.put_env(:ecto_libsql, :uuid_type, :binary)
    uid = Ecto.UUID.generate()
    id = insert!(uid: uid)
    assert ids(from(e in Event, where: fragment("? = ?", e.uid, ^uid))) == [id]
    assert ids(from(e in Event, where: fragment("? IN (?)", e.uid, splice(^[uid])))) == [id]
  end

  test "a text that is no date and time stays as it is" do
    id = insert!(u: @later)
    assert ids(from(e in Event, where: fragment("? LIKE ?", e.u, ^"2024-03-01T12:%"))) == [id]
    assert ids(from(e in Event, where: fragment("? > ?", e.u, ^"2024-03"))) == [id]

    assert ids(from(e in Event, where: fragment("strftime(?, ?) = ?", ^"%Y", e.u, ^"2024"))) == [
             id
           ]
  end

  describe "mark/1" do
    # The text in which ? is a field and $ a parameter; and the fields that the parameters are compared with.
    defp marked(text) do
      {parts, _count} =
        ~r/[?$]/
        |> Regex.split(text, include_captures: true)
        |> Enum.map_reduce(0, fn
          "?", ix -> {{:expr, {:field, ix}}, ix + 1}
          "$", ix -> {{:expr, {:^, [], [ix]}}, ix + 1}
          raw, ix -> {{:raw, raw}, ix}
        end)

      for {:expr, %Comparison{parameters: [ix], with: {:field, field}}} <- Comparison.mark(parts),
          do: {ix, field}
    end

    test "finds whole operands of a comparison" do
      assert marked("? = $") == [{1, 0}]
      assert marked("$ IS NOT ?") == [{0, 1}]
      assert marked("NOT ? <> $ AND ($<=?)") == [{1, 0}, {2, 3}]
      assert marked("coalesce(? > $, 0)") == [{1, 0}]
      assert marked("? not between $ and $") == [{1, 0}, {2, 0}]
      assert marked("? IN ($,$ , $)") == [{1, 0}, {2, 0}, {3, 0}]
      assert marked("MIN(?) == $") == [{1, 0}]
      assert marked("CASE WHEN ? = $ THEN $ END") == [{1, 0}]
    end

    test "leaves parts of a larger operand, functions and other operators alone" do
      for text <- [
            "date(?) = $",
            "? || 'Z' = $",
            "? = $ || 'Z'",
            "? - ? > $ * 2",
            "1 + ? = $",
            "? LIKE $",
            "? -> $",
            "datetime(?, $)",
            "json_extract(?, $)",
            "? = ?",
            "$ = $"
          ] do
        assert {text, marked(text)} == {text, []}
      end
    end
  end
end
