defmodule Ecto.Adapters.LibSql.Migration.Conversion.KeysTest do
  # Conversions of columns that are keys, are referred to, are indexed, or are in an attached database.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.{Reference, Table}

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)
  defp alter(table, changes), do: ddl({:alter, table, changes})

  @uuid "0cd2d5e8-3c5a-4f10-9a9e-6d0f53a1b7c2"

  test "the key of a table without rowids is converted, and its rows are named by it" do
    sql!(
      "CREATE TABLE t (id TEXT PRIMARY KEY, x TEXT) WITHOUT ROWID; INSERT INTO t VALUES ('7', 'y')"
    )

    table = %Table{name: "t"}

    assert_raise ArgumentError, ~r/in the row id = '7'\./, fn ->
      alter(table, [{:modify, :x, :integer, []}])
    end

    alter(table, [{:modify, :id, :integer, []}])
    assert rows("SELECT id, x FROM t WHERE id = 7") == [[7, "y"]]
  end

  test "a rowid that becomes a string keeps its numbers as text, and one that becomes an integer its value" do
    sql!("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (40), (5)")
    alter(%Table{name: "t"}, [{:modify, :id, :string, []}])
    assert rows("SELECT id, rowid FROM t ORDER BY rowid") == [["5", 5], ["40", 40]]
    alter(%Table{name: "t"}, [{:modify, :id, :integer, []}])
    assert rows("SELECT id, rowid FROM t ORDER BY rowid") == [[5, 5], [40, 40]]
  end

  test "a parent's key and its references are converted one after the other in one transaction" do
    sql!("""
    CREATE TABLE p (id TEXT PRIMARY KEY); CREATE TABLE c (p_id TEXT REFERENCES p(id) ON DELETE CASCADE);
    INSERT INTO p VALUES ('#{String.upcase(@uuid)}'); INSERT INTO c VALUES ('#{String.upcase(@uuid)}')
    """)

    message = ~r/would break foreign keys of 1 rows: c row 1/

    assert_raise ArgumentError, message, fn ->
      alter(%Table{name: "p"}, [{:modify, :id, :uuid, []}])
    end

    # The remedy: without the reference while both change.
    Repo.transaction(fn ->
      reference = %Reference{table: "p", type: :uuid, on_delete: :delete_all}
      alter(%Table{name: "c"}, [{:modify, :p_id, :uuid, [from: %{reference | type: :string}]}])
      alter(%Table{name: "p"}, [{:modify, :id, :uuid, []}])
      alter(%Table{name: "c"}, [{:modify, :p_id, reference, []}])
    end)

    assert rows("SELECT p.id, c.p_id FROM p JOIN c ON c.p_id = p.id") == [[@uuid, @uuid]]
    assert rows("PRAGMA foreign_key_check") == []
  end

  test "values that become equal violate their unique index, and nothing changes" do
    sql!(
      "CREATE TABLE t (x TEXT); CREATE UNIQUE INDEX u ON t (x); INSERT INTO t VALUES ('1'), ('01')"
    )

    error =
      assert_raise EctoLibSql.Error, fn ->
        alter(%Table{name: "t"}, [{:modify, :x, :integer, []}])
      end

    assert error.sqlite.extended_code == :constraint_unique
    assert rows("SELECT x FROM t ORDER BY rowid") == [["1"], ["01"]]
  end

  test "indexes, generated columns and triggers see the new values" do
    sql!("""
    CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y AS (x * 2) STORED);
    CREATE INDEX i ON t (x) WHERE x IS NOT NULL; CREATE INDEX e ON t (x || '!');
    INSERT INTO t (x) VALUES ('10'), ('9')
    """)

    alter(%Table{name: "t"}, [{:modify, :x, :integer, []}])

    assert rows("SELECT x, y FROM t INDEXED BY i WHERE x IS NOT NULL ORDER BY x") == [
             [9, 18],
             [10, 20]
           ]

    assert rows("PRAGMA integrity_check") == [["ok"]]
  end

  @tag :local_file
  @tag attach: ["other"]
  test "a table of an attached database is converted there" do
    sql!("CREATE TABLE other.t (x TEXT); INSERT INTO other.t VALUES ('1'), ('y')")
    sql!("CREATE TABLE t (x TEXT); INSERT INTO t VALUES ('z')")
    table = %Table{name: "t", prefix: "other"}
    change = [{:modify, :x, :integer, []}]
    assert_raise ArgumentError, ~r/row _rowid_ = 2/, fn -> alter(table, change) end
    sql!("DELETE FROM other.t WHERE x = 'y'")
    alter(table, change)
    assert rows("SELECT x, typeof(x) FROM other.t") == [[1, "integer"]]
    assert rows("SELECT x FROM main.t") == [["z"]]
  end
end
