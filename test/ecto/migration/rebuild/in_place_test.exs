defmodule Ecto.Adapters.LibSql.Migration.Rebuild.InPlaceTest do
  # A change that leaves the stored rows as they are does not copy them: the table keeps its pages, of which
  # the first is `rootpage` in sqlite_schema.
  use EctoLibSql.EctoCase, async: true

  @moduletag :local_file

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.{Constraint, Reference, Table}

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)
  defp alter(changes), do: ddl({:alter, %Table{name: "t"}, changes})
  defp stored(name), do: hd(hd(rows("SELECT sql FROM sqlite_master WHERE name = ?", [name])))

  defp pages do
    rows("SELECT name, rootpage FROM sqlite_master WHERE tbl_name = 't' AND rootpage > 0")
  end

  defp kept_pages?(fun) do
    # A page that is copied to takes another number, as those between are taken.
    before = pages()
    fun.()
    pages() == before
  end

  setup do
    sql!("""
    CREATE TABLE p (id INTEGER PRIMARY KEY);
    CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(9) UNIQUE, n INT, at DATETIME, p_id INTEGER);
    CREATE INDEX by_n ON t (n);
    CREATE TABLE c (t_id REFERENCES t ON DELETE CASCADE);
    INSERT INTO p VALUES (1);
    INSERT INTO t VALUES (1, 'x', 5, '2024-02-29T12:00:00Z', 1), (2, NULL, 6, NULL, NULL);
    INSERT INTO c VALUES (1)
    """)

    :ok
  end

  test "NOT NULL, a check, a reference, a comment and a type of the same affinity keep the pages" do
    for changes <- [
          [{:modify, :n, :integer, [null: false]}],
          [{:modify, :n, :bigint, [null: true]}],
          [{:modify, :n, :integer, [check: "n > 0"]}],
          [{:modify, :a, :string, [comment: "a name"]}],
          [{:modify, :p_id, %Reference{table: "p", type: :integer}, []}],
          [{:modify, :p_id, :integer, [from: %Reference{table: "p", type: :integer}]}],
          # Every value has the form already.
          [{:modify, :at, :utc_datetime, []}]
        ] do
      assert kept_pages?(fn -> alter(changes) end), inspect(changes)
    end

    assert kept_pages?(fn ->
             ddl({:create, %Constraint{name: :big, table: "t", check: "n > 1"}})
           end)

    assert kept_pages?(fn -> ddl({:drop, %Constraint{name: :big, table: "t"}, :restrict}) end)

    assert stored("t") ==
             ~s|CREATE TABLE "t" (id INTEGER PRIMARY KEY, a TEXT UNIQUE /* a name */ , n INTEGER CHECK (n > 0), at DATETIME, p_id INTEGER)|

    assert rows("SELECT id, a, n FROM t") == [[1, "x", 5], [2, nil, 6]]
    assert rows("SELECT * FROM c") == [[1]]
    assert rows("PRAGMA integrity_check") == [["ok"]]
  end

  test "another default, affinity, collation or form of a value copies the rows" do
    for changes <- [
          [{:modify, :n, :integer, [default: 7]}],
          [{:modify, :n, :string, []}],
          [{:modify, :a, :citext, []}],
          [{:modify, :at, :utc_datetime_usec, []}]
        ] do
      refute kept_pages?(fn -> alter(changes) end), inspect(changes)
    end
  end

  test "a default that changes leaves the values of rows that are older than their column" do
    sql!("ALTER TABLE t ADD COLUMN k INTEGER DEFAULT 1")
    alter([{:modify, :k, :integer, [default: 2]}])
    sql!("INSERT INTO t (id) VALUES (3)")
    assert rows("SELECT k FROM t") == [[1], [1], [2]]
  end

  test "rows that break the new rule are reported as the copy reports them, and nothing changes" do
    before = {stored("t"), pages()}

    for {change, message} <- [
          {{:modify, :a, :string, [null: false]}, "NOT NULL constraint failed: t.a"},
          {{:modify, :n, :integer, [check: "n > 5"]}, "CHECK constraint failed: n > 5"}
        ] do
      assert assert_raise(EctoLibSql.Error, fn -> alter([change]) end).message == message
      assert {stored("t"), pages()} == before
    end

    sql!("PRAGMA foreign_keys=OFF; UPDATE t SET p_id = 9; PRAGMA foreign_keys=ON")
    reference = %Reference{table: "p", type: :integer}

    assert_raise ArgumentError, ~r/break foreign keys of 2 rows/, fn ->
      alter([{:modify, :p_id, reference, []}])
    end

    assert kept_pages?(fn -> alter([{:modify, :p_id, %{reference | validate: false}, []}]) end)
  end

  test "the rule holds at once, on every connection, and a rollback takes it back" do
    repo = Repo.get_dynamic_repo()

    other =
      Task.async(fn ->
        Repo.put_dynamic_repo(repo)

        Repo.checkout(fn ->
          sql!("INSERT INTO t (id, n) VALUES (10, NULL)")
          receive do: (:changed -> Repo.query("INSERT INTO t (id, n) VALUES (11, NULL)"))
        end)
      end)

    wait_for_row(10)
    sql!("DELETE FROM t WHERE id = 10")

    Repo.transaction(fn ->
      alter([{:modify, :n, :integer, [null: false]}])

      assert {:error, %{sqlite: %{extended_code: :constraint_notnull}}} =
               Repo.query("INSERT INTO t (n) VALUES (NULL)")

      Repo.rollback(:no)
    end)

    assert {:ok, _} = Repo.query("INSERT INTO t (id, n) VALUES (12, NULL)")
    sql!("DELETE FROM t WHERE id = 12")
    alter([{:modify, :n, :integer, [null: false]}])
    send(other.pid, :changed)
    assert {:error, %{sqlite: %{extended_code: :constraint_notnull}}} = Task.await(other)
  end

  defp wait_for_row(id, left \\ 500) do
    cond do
      rows("SELECT 1 FROM t WHERE id = ?", [id]) != [] -> :ok
      left > 0 -> receive(do: (:never -> :ok), after: (10 -> wait_for_row(id, left - 1)))
    end
  end

  test "a definition that SQLite refuses leaves everything as it was" do
    before = {stored("t"), pages()}

    assert_raise EctoLibSql.Error, ~r/no such column: nope/, fn ->
      alter([{:modify, :n, :integer, [check: "nope > 0"]}])
    end

    assert {stored("t"), pages()} == before
  end

  test "in a STRICT table and in one without rowids the same holds" do
    sql!("""
    DROP TABLE c; DROP TABLE t;
    CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER, m INT) STRICT, WITHOUT ROWID;
    INSERT INTO t VALUES ('a', 1, 2)
    """)

    assert kept_pages?(fn -> alter([{:modify, :n, :integer, [null: false]}]) end)
    # INT and INTEGER are two types of a STRICT table.
    refute kept_pages?(fn -> alter([{:modify, :m, :integer, []}]) end)
    assert rows("SELECT * FROM t") == [["a", 1, 2]]
  end
end
