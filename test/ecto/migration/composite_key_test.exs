defmodule Ecto.Adapters.LibSql.Migration.CompositeKeyTest do
  # Keys of several columns, in which SQLite accepts NULL and which it does not number.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.Table

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)
  defp alter(table, changes), do: ddl({:alter, %Table{name: table}, changes})

  defp refused(sql, message),
    do: assert_raise(EctoLibSql.Error, message, fn -> sql!(sql) end)

  test "the columns are NOT NULL" do
    key = [primary_key: true]
    ddl({:create, %Table{name: "a"}, [{:add, :x, :integer, key}, {:add, :y, :string, key}]})
    refused("INSERT INTO a (x) VALUES (1)", ~r/NOT NULL constraint failed: a.y/)
    refused("INSERT INTO a (y) VALUES (1)", ~r/NOT NULL constraint failed: a.x/)
    sql!("INSERT INTO a VALUES (1, '1')")
    refused("INSERT INTO a VALUES (1, '1')", ~r/UNIQUE/)
  end

  defmodule Serial do
    use Ecto.Migration

    def change do
      create table(:serials) do
        add(:org, :integer, primary_key: true)
      end
    end
  end

  defmodule Member do
    use Ecto.Schema

    schema "serials" do
      field(:org, :integer)
    end
  end

  test "an id that is a part of the key is a random number" do
    migrate!(Serial)
    Repo.insert_all("serials", for(_ <- 1..500, do: [org: 1]))
    %{id: id} = Repo.insert!(%Member{org: 1})
    # For rows with different columns the adapter writes the defaults.
    Repo.insert_all("serials", [[org: 3], [org: 3, id: 5], [org: 3]])

    assert [[3, 1, 1]] =
             rows(
               "SELECT count(DISTINCT id), sum(id = 5), min(id) > 0 FROM serials WHERE org = 3"
             )

    sql!("DELETE FROM serials WHERE org = 3")
    ids = List.flatten(rows("SELECT id FROM serials"))
    assert id in ids and length(Enum.uniq(ids)) == 501
    # JSON numbers have 53 bits.
    assert Enum.all?(ids, &(&1 in 0..0x1FFFFFFFFFFFFF))
    sql!("INSERT INTO serials VALUES (7, 1), (7, 2)")
    refused("INSERT INTO serials VALUES (7, 2)", ~r/UNIQUE/)
    refused("INSERT INTO serials VALUES (NULL, 2)", ~r/NOT NULL/)
  end

  test "a table is not numbered any more when a second column joins its key: an insert without an id fails" do
    sql!("CREATE TABLE a (id INTEGER PRIMARY KEY, x INT); INSERT INTO a VALUES (5, 1), (7, 2)")
    alter("a", [{:add, :org, :integer, [primary_key: true, default: 1]}])
    assert rows("SELECT id, x, org FROM a") == [[5, 1, 1], [7, 2, 1]]
    refused("INSERT INTO a (x) VALUES (5)", ~r/NOT NULL constraint failed: a.id/)
    refused("INSERT INTO a (id, org) VALUES (5, 1)", ~r/UNIQUE/)
    sql!("INSERT INTO a (id, org) VALUES (5, 2)")
  end

  test "a column without values cannot join the key of a table with rows" do
    sql!("CREATE TABLE a (id INTEGER PRIMARY KEY, x INT); INSERT INTO a VALUES (5, 1), (7, NULL)")

    for change <- [
          {:add, :org, :integer, [primary_key: true]},
          {:modify, :x, :integer, [primary_key: true]}
        ] do
      assert_raise EctoLibSql.Error, ~r/NOT NULL/, fn -> alter("a", [change]) end
    end

    assert rows("SELECT * FROM a") == [[5, 1], [7, nil]]
    alter("a", [{:add, :n, :serial, [primary_key: true]}])
    assert [[5, 1, m], [7, nil, n]] = rows("SELECT * FROM a")
    assert is_integer(m) and is_integer(n)
  end
end
