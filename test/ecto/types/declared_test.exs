defmodule Ecto.Adapters.LibSql.Types.DeclaredTest do
  # The option `decode: :declared` of queries and streams.
  use EctoLibSql.EctoCase, async: true

  setup do
    sql!("""
    CREATE TABLE t (id INTEGER PRIMARY KEY, d DECIMAL(10,2), at DATETIME, ok BOOLEAN, j JSON);
    INSERT INTO t (id) VALUES (1)
    """)

    :ok
  end

  test "the values of a query without a schema are decoded by declared types on request" do
    Repo.insert_all("t", [
      [id: 5000, d: Decimal.new("1.5"), at: ~U[2020-01-01 10:00:00Z], ok: true, j: %{"a" => 1}]
    ])

    query = from(t in "t", where: t.id == 5000, select: [t.d, t.at, t.ok, t.j])
    assert Repo.one(query) == [1.5, "2020-01-01T10:00:00Z", 1, ~s({"a":1})]

    assert Repo.one(query, decode: :declared) == [
             Decimal.new("1.5"),
             ~U[2020-01-01 10:00:00.000000Z],
             true,
             %{"a" => 1}
           ]
  end

  test "the values of a stream are decoded by declared types on request" do
    Repo.insert_all("t", [
      [id: 5000, ok: true, at: ~U[2020-01-01 10:00:00Z]],
      [id: 5001, ok: false]
    ])

    query = from(t in "t", order_by: t.id, select: [t.id, t.ok, t.at])

    expected = [
      [1, nil, nil],
      [5000, true, ~U[2020-01-01 10:00:00.000000Z]],
      [5001, false, nil]
    ]

    stream = Repo.stream(query, decode: :declared, max_rows: 1)
    assert Enum.to_list(stream) == expected
    assert Repo.transaction(fn -> Enum.to_list(stream) end) == {:ok, expected}
  end
end
