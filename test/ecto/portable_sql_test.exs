defmodule Ecto.Adapters.LibSql.PortableSqlTest do
  # What the adapter generates by default runs on any SQLite: see EctoLibSql.PortableSql, which compiles every statement
  # of all tests again. Here are the constructs for
  # which the driver's own SQL functions would be the easy way.
  use EctoLibSql.EctoCase, async: false

  alias EctoLibSql.PortableSql

  defmodule Item do
    use Ecto.Schema
    @primary_key {:uid, Ecto.UUID, autogenerate: true}

    schema "items" do
      field(:name, :string)
      field(:price, :decimal)
      field(:rebates, {:array, :decimal})
      field(:meta, :map)
      field(:at, :utc_datetime)
    end
  end

  setup do
    sql!("""
    CREATE TABLE items (uid TEXT PRIMARY KEY, name TEXT, price DECIMAL, rebates TEXT, meta TEXT, at DATETIME)
    """)

    :ok
  end

  test "a statement that names a function or collation of the driver is reported", %{
    database: database
  } do
    for {sql, what} <- [
          {"SELECT decimal_add(price, '1') FROM items", "no such function: decimal_add"},
          {"SELECT 1 FROM items ORDER BY name COLLATE decimal",
           "no such collation sequence: decimal"},
          {"SELECT libsql_fold(name) FROM items", "no such function: libsql_fold"},
          {"SELECT name FROM items WHERE uid = ?", nil}
        ] do
      assert PortableSql.missing(database, %{}, sql) in [what, :skipped]
    end
  end

  test "all functions of the driver are looked for" do
    # libsql_vector_idx is libSQL's own.
    named =
      "SELECT DISTINCT name FROM pragma_function_list WHERE name GLOB 'decimal_*' " <>
        "OR (name GLOB 'libsql_*' AND name != 'libsql_vector_idx')"

    assert rows(named <> " ORDER BY name") == Enum.map(PortableSql.functions(), &[&1])
  end

  test "a statement that was run is verified once", %{database: database} do
    rows("SELECT decimal_add('1', '2') /* once */")

    if Process.whereis(PortableSql) do
      assert_raise RuntimeError, ~r/no such function: decimal_add: SELECT.*once/, fn ->
        PortableSql.verify!(database)
      end
    end

    assert PortableSql.verify!(database) in [[], nil]
  end

  test "UUIDs are compared in both forms by parameters, in conditions, lists, keys and writes" do
    [text, bytes] = for name <- ["text", "bytes"], do: Repo.insert!(%Item{name: name}).uid

    Repo.query!("UPDATE items SET uid = ? WHERE uid = ?", [{:blob, Ecto.UUID.dump!(bytes)}, bytes])

    names = &Repo.all(from(i in &1, order_by: i.name, select: i.name))

    for {uid, name} <- [{text, "text"}, {bytes, "bytes"}] do
      assert Repo.get!(Item, uid).name == name
      assert names.(from(i in Item, where: ^uid == i.uid)) == [name]
      assert names.(from(i in Item, where: i.uid != ^uid)) == ["bytes", "text"] -- [name]
      assert names.(from(i in Item, where: i.uid == type(^uid, Ecto.UUID))) == [name]
      nested = from(i in Item, where: i.uid == parent_as(:o).uid and parent_as(:o).uid == ^uid)
      assert names.(from(o in Item, as: :o, where: exists(nested))) == [name]
      copy = from(i in Item, where: i.uid == ^uid, select: %{uid: "x", name: i.name})
      assert {1, nil} = Repo.insert_all(Item, copy)
      assert {1, nil} = Repo.delete_all(from(i in "items", where: i.uid == "x"))

      on_conflict =
        from(i in Item, where: i.uid == ^uid, update: [set: [at: ^DateTime.utc_now()]])

      Repo.insert_all(Item, [%{uid: text, name: "new"}],
        on_conflict: on_conflict,
        conflict_target: :uid
      )
    end

    for count <- [1, 700] do
      uids = [bytes, text | for(_ <- 1..count, do: Ecto.UUID.generate())]
      assert names.(from(i in Item, where: i.uid in ^uids)) == ["bytes", "text"]
      assert names.(from(i in Item, where: i.uid not in ^uids)) == []
      query = from(i in Item, where: i.uid in ^uids and i.name != ^"text", select: i.name)
      {sql, params} = Repo.to_sql(:all, query)
      assert Repo.query!(sql, params).rows == [["bytes"]]
      assert Repo.explain(:all, query, format: :text) =~ "uid=?"

      assert {:ok, ["bytes"]} =
               Repo.transaction(fn -> query |> Repo.stream() |> Enum.to_list() end)
    end

    item = Repo.get!(Item, bytes)
    assert {:ok, _} = item |> Ecto.Changeset.change(name: "changed") |> Repo.update()
    assert {:ok, _} = Repo.delete(item)
    assert names.(Item) == ["text"]
  end

  test "ilike ignores the case of ASCII letters, of all only where the option asks for it" do
    for name <- ["Ärger", "Anger"], do: Repo.insert!(%Item{name: name})
    assert Repo.all(from(i in Item, where: ilike(i.name, "aNGER"), select: i.name)) == ["Anger"]
    assert Repo.all(from(i in Item, where: ilike(i.name, ^"ärger"), select: i.name)) == []
    Application.put_env(:ecto_libsql, :ilike, :unicode)
    on_exit(fn -> Application.delete_env(:ecto_libsql, :ilike) end)
    query = from(i in Item, where: ilike(i.name, ^"ärGER") and i.name != "", select: i.name)
    assert Repo.all(query) == ["Ärger"]
  end
end
