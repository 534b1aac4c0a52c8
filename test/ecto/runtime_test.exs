defmodule Ecto.Adapters.LibSql.RuntimeTest do
  # Transactions, streams, explain, several statements, declared types.
  use EctoLibSql.EctoCase, async: true

  setup do
    sql!(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, d DECIMAL(10,2), at DATETIME, ok BOOLEAN, j JSON)"
    )

    sql!(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) INSERT INTO t (id, v) SELECT i, i FROM n"
    )

    :ok
  end

  test "transactions commit, roll back, nest and stay usable after an error" do
    assert {:ok, 1} =
             Repo.transaction(fn -> sql!("UPDATE t SET v = 0 WHERE id = 1").num_rows end,
               mode: :immediate
             )

    assert {:error, :no} = Repo.transaction(fn -> sql!("DELETE FROM t") && Repo.rollback(:no) end)

    assert {:ok, :after_error} =
             Repo.transaction(fn ->
               assert {:error, _} = Repo.query("INSERT INTO t (id) VALUES (1)")
               sql!("INSERT INTO t (id) VALUES (9000)")
               :after_error
             end)

    assert rows("SELECT count(*) FROM t") == [[2501]]

    assert_raise RuntimeError, "oops", fn ->
      Repo.transaction(fn -> sql!("DELETE FROM t") && raise "oops" end)
    end

    assert rows("SELECT count(*) FROM t") == [[2501]]
  end

  test "stream reads in portions" do
    query = from(t in "t", order_by: t.id, select: t.id)

    assert {:ok, ids} =
             Repo.transaction(fn -> query |> Repo.stream(max_rows: 100) |> Enum.to_list() end)

    assert ids == Enum.to_list(1..2500)

    assert {:ok, [1, 2, 3]} =
             Repo.transaction(fn -> query |> Repo.stream(max_rows: 2) |> Enum.take(3) end)
  end

  # Ecto's explain asks the repository by its name.
  @tag repo: [name: EctoLibSql.EctoRepo]
  test "explain gives maps, byte code or text" do
    query = from(t in "t", where: t.id == 1, select: t.v)
    assert [%{"detail" => detail} | _] = Repo.explain(:all, query)
    assert detail =~ "SEARCH"
    assert [%{"opcode" => _} | _] = Repo.explain(:all, query, type: :instructions)
    assert Repo.explain(:all, query, format: :text) =~ "detail"
    assert [%{"detail" => _} | _] = Repo.explain(:delete_all, from(t in "t", where: t.id > 5))
    assert rows("SELECT count(*) FROM t") == [[2500]]
    assert {:ok, [%{} | _]} = Repo.explain(:all, query, wrap_in_transaction: false)
    assert_raise ArgumentError, ~r/:format/, fn -> Repo.explain(:all, query, format: :yaml) end

    # The plan is that of now, not of the first time.
    sql!("CREATE TABLE later (x)")
    later = from(l in "later", where: l.x == 1, select: l.x)
    assert [%{"detail" => "SCAN" <> _}] = Repo.explain(:all, later)
    sql!("CREATE INDEX later_x ON later (x)")
    assert [%{"detail" => "SEARCH" <> _}] = Repo.explain(:all, later)
  end

  test "query_many gives a result for each statement" do
    assert {:ok, [%{rows: [[1]]}, %{rows: nil}, %{rows: [[7]]}]} =
             Repo.query_many(
               "SELECT 1; UPDATE t SET v = 7 WHERE id = 1; SELECT v FROM t WHERE id = 1"
             )

    assert {:ok, [%{rows: [[3]]}]} = Repo.query_many("SELECT ?", [3])

    assert {:error, %EctoLibSql.Error{message: message}} =
             Repo.query_many("SELECT 1; SELECT nope")

    assert message =~ "nope"
  end

  test "declared types decode a query without a schema, when asked" do
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

  test "a plan that is cached sees a new column" do
    query = from(t in "t", where: t.id == 1, select: t.v)
    assert Repo.one(query) == 1
    sql!("ALTER TABLE t ADD COLUMN extra INTEGER DEFAULT 3")
    assert Repo.one(query) == 1
    assert Repo.one(from(t in "t", where: t.id == 1, select: t.extra)) == 3
  end

  test "writers of one file queue instead of failing" do
    repo = Repo.get_dynamic_repo()

    1..8
    |> Enum.map(fn _ ->
      Task.async(fn ->
        Repo.put_dynamic_repo(repo)

        for _ <- 1..25,
            do: {:ok, _} = Repo.transaction(fn -> sql!("UPDATE t SET v = v + 1 WHERE id = 2") end)
      end)
    end)
    |> Task.await_many(30_000)

    assert rows("SELECT v FROM t WHERE id = 2") == [[202]]
  end

  @tag repo: [database: ":memory:", pool_size: 5]
  test "a database in memory has one connection" do
    sql!("INSERT INTO t (id) VALUES (7777)")
    repo = Repo.get_dynamic_repo()

    counts =
      1..5
      |> Enum.map(fn _ ->
        Task.async(fn -> Repo.put_dynamic_repo(repo) && rows("SELECT count(*) FROM t") end)
      end)
      |> Task.await_many()

    assert Enum.uniq(counts) == [[[2501]]]
  end

  defmodule OtherSpelling do
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSQL
  end

  test "the other spelling of the adapter is the same adapter", %{folder: folder} do
    start_supervised!({OtherSpelling, database: Path.join(folder, "other.db"), log: false})
    OtherSpelling.query!("CREATE TABLE t (a)")
    assert {1, nil} = OtherSpelling.insert_all("t", [[a: 1]])
    assert OtherSpelling.all(from(t in "t", select: t.a)) == [1]
  end
end
