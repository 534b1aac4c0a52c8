defmodule Ecto.Adapters.LibSql.Migration.DropTableTest do
  # `drop table` of a table that others refer to: refused while rows refer to it, with the remedy.
  use EctoLibSql.EctoCase, async: true

  defmodule Tables do
    use Ecto.Migration

    def change do
      create table(:users) do
        add(:name, :string)
        add(:age, :string)
        add(:boss_id, references(:users))
      end

      create table(:posts) do
        add(:user_id, references(:users, on_delete: :delete_all))
      end
    end
  end

  # The recipe of the older adapter's guide for a change of a column.
  defmodule Recipe do
    use Ecto.Migration

    def up do
      create table(:users_new) do
        add(:name, :string)
        add(:age, :integer)
        add(:boss_id, references(:users_new))
      end

      execute("INSERT INTO users_new (id, name, age) SELECT id, name, age FROM users")
      drop(table(:users))
      rename(table(:users_new), to: table(:users))
    end
  end

  setup do
    migrate!(Tables)
    sql!("INSERT INTO users (id, name, age) VALUES (1, 'Ada', '36')")
    :ok
  end

  defp refused(message) do
    before = {rows("SELECT * FROM users"), rows("SELECT * FROM posts")}
    assert_raise ArgumentError, message, fn -> migrate!(Recipe) end
    assert {rows("SELECT * FROM users"), rows("SELECT * FROM posts")} == before
    assert rows("SELECT name FROM sqlite_master WHERE name = 'users_new'") == []
  end

  test "is refused while rows refer to it, and the message has the remedy" do
    sql!("INSERT INTO posts (user_id) VALUES (1), (1)")

    refused(
      ~r/cannot drop table "users": 2 rows of "posts" with a value in user_id refer to it.*use modify/
    )
  end

  test "is done where no row refers to it, and the table that takes its name is the parent" do
    sql!("INSERT INTO posts (user_id) VALUES (NULL)")
    migrate!(Recipe)
    assert rows("SELECT id, name, age FROM users") == [[1, "Ada", 36]]
    sql!("INSERT INTO posts (user_id) VALUES (1); DELETE FROM users")
    assert rows("SELECT user_id FROM posts") == [[nil]]
    assert rows("PRAGMA foreign_key_check") == []
  end

  test "is done where only its own rows refer to each other" do
    sql!("UPDATE users SET boss_id = 1")
    migrate!(Recipe)
    assert rows("SELECT name FROM users") == [["Ada"]]
  end

  test "is done although a table that refers to it has triggers" do
    sql!("CREATE TABLE log (x)")
    sql!("CREATE TRIGGER t AFTER INSERT ON posts BEGIN INSERT INTO log VALUES (new.id); END")
    migrate!(Recipe)
    sql!("INSERT INTO posts (id, user_id) VALUES (5, 1)")
    assert rows("SELECT x FROM log") == [[5]]
  end

  test "is refused for rows whose parent is missing already" do
    sql!(
      "PRAGMA foreign_keys=OFF; INSERT INTO posts (user_id) VALUES (9); PRAGMA foreign_keys=ON"
    )

    refused(~r/1 row of "posts"/)
  end

  test "counts a reference of several columns if none of them is NULL" do
    sql!("""
    CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 1);
    CREATE TABLE c (a INT, b INT, FOREIGN KEY (a, b) REFERENCES p (a, b));
    INSERT INTO c VALUES (1, NULL), (NULL, 1)
    """)

    meta = Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
    drop = {:drop, %Ecto.Migration.Table{name: "p"}, :restrict}
    sql!("INSERT INTO c VALUES (1, 1)")
    message = ~r/1 row of "c" with a value in a, b refer/
    run = fn -> Ecto.Adapters.LibSql.execute_ddl(meta, drop, log: false) end
    assert_raise ArgumentError, message, run
    sql!("DELETE FROM c WHERE a = b")
    run.()
    assert rows("SELECT name FROM sqlite_master WHERE name = 'p'") == []
  end
end
