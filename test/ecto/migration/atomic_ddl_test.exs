defmodule Ecto.Adapters.LibSql.Migration.AtomicDdlTest do
  # One command of a migration without a transaction is carried out as a whole or not at all:
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.{Index, Reference, Table}

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)
  defp alter(table, changes), do: ddl({:alter, %Table{name: table}, changes})

  defp unchanged_by(command, message) do
    everything = fn ->
      tables = List.flatten(rows("SELECT name FROM sqlite_master WHERE type = 'table'"))
      {rows("SELECT * FROM sqlite_master"), Enum.map(tables, &rows("SELECT * FROM \"#{&1}\""))}
    end

    before = everything.()

    assert_raise(
      if(is_struct(message, Regex), do: EctoLibSql.Error, else: ArgumentError),
      if(is_struct(message, Regex), do: message, else: ~r/#{message}/),
      fn -> ddl(command) end
    )

    assert everything.() == before
    refute Repo.in_transaction?()
  end

  test "several changes that ALTER TABLE can do" do
    sql!("CREATE TABLE a (x TEXT, y INT, z INT); INSERT INTO a VALUES ('precious', 1, 2)")
    sql!("CREATE VIEW v AS SELECT y FROM a")
    changes = [{:add, :c, :string, []}, {:remove, :x}, {:remove, :y}]
    unchanged_by({:alter, %Table{name: "a"}, changes}, ~r/view v/)

    sql!(
      "CREATE TABLE log (x); CREATE TRIGGER t AFTER UPDATE ON a BEGIN INSERT INTO log VALUES (new.x); END"
    )

    unchanged_by({:alter, %Table{name: "a"}, [{:remove, :x}]}, ~r/trigger t/)
  end

  test "renaming an index to the name of another one" do
    sql!("CREATE TABLE a (x, y); CREATE UNIQUE INDEX i ON a (x); CREATE INDEX j ON a (y)")
    unchanged_by({:rename, %Index{name: :i, table: "a", columns: [:x]}, :j}, ~r/already exists/)
  end

  test "a rebuild with triggers for actions on single columns" do
    sql!("CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1)")
    nilify = %Reference{table: "p", type: :integer, on_delete: {:nilify, [:p_id]}}
    ddl({:create, %Table{name: "c"}, [{:add, :p_id, nilify, []}, {:add, :z, :integer, []}]})
    sql!("INSERT INTO c (p_id) VALUES (1)")
    changes = [{:remove, :p_id}, {:modify, :z, :integer, [null: false]}]
    unchanged_by({:alter, %Table{name: "c"}, changes}, ~r/NOT NULL/)
    sql!("DELETE FROM p")
    assert rows("SELECT * FROM c") == [[nil, nil]]
  end

  test "a change reads the schema after another connection has changed it" do
    sql!("CREATE TABLE a (x TEXT, y INT); INSERT INTO a VALUES ('old', 1)")
    for _ <- 1..4, do: alter("a", [{:remove, :x}, {:add, :x, :string, [default: "n"]}])
    assert rows("SELECT x, y FROM a") == [["n", 1]]
  end

  test "a command that changes nothing takes the write lock, so that the version can be written" do
    sql!("CREATE TABLE schema_migrations (version INTEGER); CREATE TABLE a (x)")
    repo = Repo.get_dynamic_repo()

    for command <- [
          {:create_if_not_exists, %Table{name: "a"}, [{:add, :x, :integer, []}]},
          {:drop_if_exists, %Index{name: :nope, table: "a"}, :restrict},
          {:drop_if_exists, %Table{name: "nope"}, :restrict}
        ] do
      assert {:ok, %{num_rows: 1}} =
               Repo.transaction(fn ->
                 ddl(command)

                 other =
                   Task.async(fn ->
                     Repo.put_dynamic_repo(repo)
                     Repo.query("INSERT INTO a VALUES (1)", [], timeout: 200)
                   end)

                 assert {:error, _waited_in_vain} = Task.await(other)
                 sql!("INSERT INTO schema_migrations VALUES (1)")
               end)
    end
  end
end
