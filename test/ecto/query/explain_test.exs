defmodule Ecto.Adapters.LibSql.Query.ExplainTest do
  # Repo.explain: its forms, its options, and that it changes nothing.
  use EctoLibSql.EctoCase, async: true

  setup do
    sql!("""
    CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
    INSERT INTO t SELECT i, i FROM n
    """)

    :ok
  end

  test "explain gives the query plan as maps, byte code or text" do
    query = from(t in "t", where: t.id == 1, select: t.v)
    assert [%{"detail" => detail} | _] = Repo.explain(:all, query)
    assert detail =~ "SEARCH"
    assert [%{"opcode" => _} | _] = Repo.explain(:all, query, type: :instructions)
    assert Repo.explain(:all, query, format: :text) =~ "detail"
    assert [%{"detail" => _} | _] = Repo.explain(:delete_all, from(t in "t", where: t.id > 5))

    joined = from(t in "t", join: o in "t", on: o.id == t.v, where: t.id > ^5, select: t.v)
    assert [%{"detail" => _} | _] = Repo.explain(:update_all, update(joined, set: [v: ^1]))

    assert rows("SELECT count(*) FROM t") == [[2500]]
    assert {:ok, [%{} | _]} = Repo.explain(:all, query, wrap_in_transaction: false)
    assert_raise ArgumentError, ~r/:format/, fn -> Repo.explain(:all, query, format: :yaml) end
  end

  @tag :local_answer
  test "explain with analyze: true runs the statement and adds its cost" do
    query = from(t in "t", where: t.v > ^2490, order_by: [desc: t.v], select: t.v)
    assert [plan | _] = analysed = Repo.explain(:all, query, analyze: true)
    assert %{"detail" => "SCAN" <> _} = plan

    assert %{"rows" => 10, "full_scan_steps" => 2499, "sorts" => 1, "microseconds" => _} =
             List.last(analysed)

    assert Repo.explain(:all, query, analyze: true, format: :text) =~ "full_scan_steps: 2499"
    writes = Repo.explain(:delete_all, from(t in "t", where: t.id > 2000), analyze: true)
    assert %{"rows" => 500} = List.last(writes)
    assert rows("SELECT count(*) FROM t") == [[2500]]
    assert_raise ArgumentError, ~r/:analyze/, fn -> Repo.explain(:all, query, analyze: 1) end

    # The plan follows changes of the schema.
    sql!("CREATE TABLE later (x)")
    later = from(l in "later", where: l.x == 1, select: l.x)
    assert [%{"detail" => "SCAN" <> _}] = Repo.explain(:all, later)
    sql!("CREATE INDEX later_x ON later (x)")
    assert [%{"detail" => "SEARCH" <> _}] = Repo.explain(:all, later)
  end

  @tag :local_answer
  # Ecto's own implementation looks the repository up by the name of its module.
  test "explain works for a repository without a name" do
    assert Process.whereis(Repo) == nil
    query = from(t in "t", where: t.id == ^1, select: t.v)
    assert [%{"detail" => "SEARCH" <> _}] = Repo.explain(:all, query)

    assert {:ok, [%{"detail" => "SEARCH" <> _}]} =
             Repo.explain(:all, query, wrap_in_transaction: false)

    deletes = from(t in "t", where: t.id > 2000)
    assert %{"rows" => 500} = List.last(Repo.explain(:delete_all, deletes, analyze: true))
    assert rows("SELECT count(*) FROM t") == [[2500]]

    assert_raise EctoLibSql.Error, ~r/nope/, fn ->
      Repo.explain(:all, from(n in "nope", select: 1))
    end
  end

  @tag :local_answer
  # Ecto's own implementation rolls back the transaction that it is called in.
  test "explain inside a transaction rolls back only what it has done itself" do
    deletes = from(t in "t", where: t.id > 2000)

    assert {:ok, 500} =
             Repo.transaction(fn ->
               sql!("DELETE FROM t WHERE id = 1")
               explained = Repo.explain(:delete_all, deletes, analyze: true)
               List.last(explained)["rows"]
             end)

    assert rows("SELECT count(*) FROM t") == [[2499]]
  end

  test "explain refuses unknown options by name" do
    query = from(t in "t", select: t.id)

    for opts <- [[bogus: 1], [verbose: true], [analyse: true]] do
      assert_raise ArgumentError,
                   ~r/unknown option :#{opts |> hd() |> elem(0)} .*of explain/,
                   fn ->
                     Repo.explain(:all, query, opts)
                   end
    end

    assert [%{}] = Repo.explain(:all, query, timeout: 5000, log: false, telemetry_options: [a: 1])
  end
end
