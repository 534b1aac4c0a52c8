defmodule Ecto.Adapters.LibSql.Constraints.Lookup.ForeignKeyTest do
  # The name of a violated foreign key, which SQLite does not report.
  use EctoLibSql.EctoCase, async: true

  import Ecto.Changeset
  import EctoLibSql.UsersAndPosts

  alias EctoLibSql.UsersAndPosts.{Post, User}

  setup :create_users_and_posts

  describe "the name of a foreign key" do
    defp fails(fun) do
      error = assert_raise(EctoLibSql.Error, ~r/FOREIGN KEY/, fun)
      Ecto.Adapters.LibSql.Connection.to_constraints(error, [])
    end

    test "is that of the child that restricts, through any number of tables" do
      sql!("""
      CREATE TABLE a (id INTEGER PRIMARY KEY);
      CREATE TABLE b (id INTEGER PRIMARY KEY, a_id REFERENCES a(id) ON DELETE CASCADE);
      CREATE TABLE c (id INTEGER PRIMARY KEY, b_id REFERENCES b(id) ON DELETE RESTRICT);
      CREATE TABLE d (c_id CONSTRAINT held REFERENCES c(id));
      INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1, 1), (2, 2);
      INSERT INTO c VALUES (1, 1); INSERT INTO d VALUES (1);
      """)

      assert fails(fn -> Repo.query!("DELETE FROM b WHERE id = 1") end) ==
               [foreign_key: "c_b_id_fkey"]

      assert fails(fn -> Repo.query!("DELETE FROM a") end) == [foreign_key: "c_b_id_fkey"]
      assert fails(fn -> Repo.query!("DELETE FROM c") end) == [foreign_key: "held"]
      assert rows("SELECT count(*) FROM b") == [[2]]
    end

    @tag repo: [fkey_names: false]
    test "is not looked up with fkey_names: false of the repository, unless a query overrides it" do
      sql = "INSERT INTO posts (user_id) VALUES (9)"
      assert fails(fn -> Repo.query!(sql) end) == [foreign_key: :unknown]
      named = fails(fn -> Repo.query!(sql, [], fkey_names: true) end)
      assert named == [foreign_key: "posts_user_id_fkey"]
    end

    test "is found for INSERT, UPDATE, REPLACE, WITH and conflict clauses" do
      for sql <- [
            "UPDATE posts SET user_id = 9",
            "UPDATE OR ABORT posts SET user_id = 9",
            "REPLACE INTO posts VALUES (1, 9, NULL)",
            "WITH n(i) AS (SELECT 9) INSERT INTO posts (user_id) SELECT i FROM n",
            "UPDATE users SET id = 5",
            "INSERT INTO \"posts\" (user_id) VALUES (9)"
          ] do
        assert fails(fn -> Repo.query!(sql) end) == [foreign_key: "posts_user_id_fkey"]
      end
    end

    # The look-up takes the write lock before it reads, so that no writer comes in between.
    @tag repo: [pool_size: 4]
    test "is found while others write", %{repo: repo} do
      sql!("CREATE TABLE log (x)")

      work = fn fun ->
        Task.async(fn -> Repo.put_dynamic_repo(repo) && Enum.map(1..60, fn _ -> fun.() end) end)
      end

      violate = fn -> fails(fn -> Repo.query!("INSERT INTO posts (user_id) VALUES (9)") end) end
      write = fn -> Repo.query!("INSERT INTO log VALUES (1)") && [] end
      found = [violate, write, violate, write] |> Enum.map(work) |> Task.await_many(60_000)

      assert found |> List.flatten() |> Enum.frequencies() ==
               %{{:foreign_key, "posts_user_id_fkey"} => 120}

      assert rows("SELECT (SELECT count(*) FROM log), (SELECT count(*) FROM posts)") == [[120, 1]]
    end

    @tag repo: [pool_size: 1]
    test "is not looked up where running the statement again could end the caller's transaction" do
      sql!("""
      CREATE TABLE b (id INTEGER PRIMARY KEY);
      CREATE TABLE c (b_id REFERENCES b(id) ON DELETE RESTRICT);
      INSERT INTO b VALUES (1), (2); INSERT INTO c VALUES (1);
      CREATE TRIGGER last AFTER DELETE ON b WHEN old.id = 2 BEGIN SELECT RAISE(ROLLBACK, 'two'); END
      """)

      # RESTRICT stops at the first row; with deferred checks the second one is reached. What is compiled under
      # deferred checks is not kept for later calls.
      assert fails(fn -> Repo.query!("DELETE FROM b") end) == [foreign_key: :unknown]

      Repo.transaction(fn ->
        sql!("INSERT INTO users (id) VALUES (70)")
        assert fails(fn -> Repo.query!("DELETE FROM b") end) == [foreign_key: :unknown]
        sql!("INSERT INTO users (id) VALUES (71)")
      end)

      assert rows("SELECT id FROM users WHERE id >= 70") == [[70], [71]]
      assert rows("SELECT count(*) FROM b") == [[2]]
      assert rows("PRAGMA defer_foreign_keys") == [[0]]
    end

    test "is not looked up for a statement that changes the schema or ends the transaction" do
      for sql <- ["DROP TABLE users", "SAVEPOINT x; INSERT INTO posts (user_id) VALUES (9)"] do
        assert fails(fn -> Repo.query!(sql) end) == [foreign_key: :unknown]
      end

      Repo.transaction(fn ->
        sql!("PRAGMA defer_foreign_keys=ON; INSERT INTO posts (user_id) VALUES (9)")
        assert fails(fn -> Repo.query!("COMMIT") end) == [foreign_key: :unknown]
        Repo.rollback(:broken)
      end)

      assert rows("SELECT count(*) FROM posts") == [[1]]
      assert rows("SELECT count(*) FROM users") == [[1]]
    end

    test "is found while rows are being read, and the reading goes on" do
      sql!("INSERT INTO users (id) VALUES (2), (3)")

      {:ok, ids} =
        Repo.transaction(fn ->
          from(u in "users", order_by: u.id, select: u.id)
          |> Repo.stream(max_rows: 1)
          |> Enum.map(fn id ->
            insert = fn -> Repo.query!("INSERT INTO posts (user_id) VALUES (99)") end
            assert fails(insert) == [foreign_key: "posts_user_id_fkey"]
            id
          end)
        end)

      assert ids == [1, 2, 3]
    end

    # With deferred checks such a text would commit the transaction of the look-up.
    test "is not looked up for a text of several statements, which may commit" do
      sql!("CREATE TABLE log (x)")

      text =
        "INSERT INTO log VALUES (1); INSERT INTO posts (user_id) VALUES (9); " <>
          "INSERT INTO users (id) VALUES (9); COMMIT"

      assert fails(fn -> Repo.query!(text) end) == [foreign_key: :unknown]
      assert rows("SELECT * FROM log") == [[1]]
      one = "INSERT INTO posts (user_id) VALUES (9) ; -- the end"
      assert fails(fn -> Repo.query!(one) end) == [foreign_key: "posts_user_id_fkey"]
    end

    @tag :local_file
    # Releasing the savepoint of the look-up is no commit.
    test "is looked up without a commit event for subscribers", %{folder: folder} do
      subscription = {EctoLibSql, :subscribe, [[:update, :commit], self()]}
      path = Path.join(folder, "test.db")
      options = [name: nil, database: path, pool_size: 1, log: false, after_connect: subscription]
      {:ok, repo} = Repo.start_link(EctoLibSql.Suite.options(options))
      Repo.put_dynamic_repo(repo)

      assert fails(fn -> Repo.query!("DELETE FROM users") end) == [
               foreign_key: "posts_user_id_fkey"
             ]

      sql!("UPDATE users SET age = 30")
      assert_receive {:ecto_libsql, _ref, first}
      assert first == {:update, :update, "main", "users", 1}
      assert_receive {:ecto_libsql, _ref, :commit}
      refute_received {:ecto_libsql, _ref, _other}
      Supervisor.stop(repo)
    end

    test "is found where a trigger writes to another table" do
      sql!(
        "CREATE TABLE log (x); CREATE TABLE far (user_id CONSTRAINT far_fk REFERENCES users(id))"
      )

      sql!("CREATE TRIGGER t AFTER INSERT ON log BEGIN INSERT INTO far VALUES (new.x); END")
      assert fails(fn -> Repo.query!("INSERT INTO log VALUES (9)") end) == [foreign_key: "far_fk"]
    end

    test "is not looked up in large tables, whose check would take long" do
      sql!("""
      WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100001)
      INSERT INTO posts (id, user_id) SELECT i, 1 FROM n
      """)

      assert fails(fn -> Repo.query!("INSERT INTO posts (user_id) VALUES (9)") end) ==
               [foreign_key: :unknown]
    end

    @tag :local_file
    @tag attach: ["other"]
    test "and that of a unique index is found in an attached database" do
      sql!("""
      CREATE TABLE other.users (id INTEGER PRIMARY KEY, email TEXT, org INTEGER);
      CREATE UNIQUE INDEX other.elsewhere ON users (org, email);
      CREATE TABLE other.posts (id INTEGER PRIMARY KEY,
        user_id CONSTRAINT author REFERENCES users(id), editor_id INTEGER);
      INSERT INTO other.users VALUES (1, 'a', 1)
      """)

      assert {:error, %{errors: [email: _]}} =
               %User{email: "a", org: 1}
               |> change()
               |> unique_constraint(:email, name: :elsewhere)
               |> Repo.insert(prefix: "other")

      assert {:error, %{errors: [user_id: _]}} =
               %Post{user_id: 9}
               |> change()
               |> foreign_key_constraint(:user_id, name: :author)
               |> Repo.insert(prefix: "other")
    end
  end
end
