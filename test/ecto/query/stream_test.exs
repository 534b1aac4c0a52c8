defmodule Ecto.Adapters.LibSql.Query.StreamTest do
  # Repo.stream inside and outside of a transaction.
  use EctoLibSql.EctoCase, async: true

  setup do
    sql!("""
    CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
    INSERT INTO t SELECT i, i FROM n
    """)

    :ok
  end

  test "a stream inside a transaction gives all rows in order, or as many as are taken" do
    query = from(t in "t", order_by: t.id, select: t.id)

    assert {:ok, ids} =
             Repo.transaction(fn -> query |> Repo.stream(max_rows: 100) |> Enum.to_list() end)

    assert ids == Enum.to_list(1..2500)

    assert {:ok, [1, 2, 3]} =
             Repo.transaction(fn -> query |> Repo.stream(max_rows: 2) |> Enum.take(3) end)
  end

  test "a stream needs no transaction, and its reader may write while it reads" do
    query = from(t in "t", order_by: t.id, select: t.id)
    assert query |> Repo.stream() |> Enum.to_list() == Enum.to_list(1..2500)
    assert query |> Repo.stream(max_rows: 2) |> Enum.take(3) == [1, 2, 3]

    raise_ids = fn id -> Repo.update_all(from(t in "t", where: t.id == ^id), set: [v: 0]) end
    assert query |> Repo.stream() |> Stream.take(20) |> Enum.map(raise_ids) |> length() == 20

    # More streams that end early than the pool has connections.
    for _ <- 1..4, do: assert(query |> Repo.stream() |> Enum.take(1) == [1])

    assert_raise EctoLibSql.Error, ~r/nope/, fn ->
      Enum.to_list(Repo.stream(from(t in "t", select: t.nope)))
    end
  end

  @tag repo: [database: ":memory:", pool_size: 5]
  test "a stream outside of a transaction leaves the only connection of a pool to its reader" do
    query = from(t in "t", where: t.id < 4, select: t.id)
    write = fn id -> Repo.update_all(from(t in "t", where: t.id == ^id), set: [v: 0]) end
    assert query |> Repo.stream() |> Enum.map(write) == [{1, nil}, {1, nil}, {1, nil}]
  end
end
