defmodule Ecto.Adapters.LibSql.ConstraintsTest do
  # Violations become changeset errors under the names that the schema has.
  use EctoLibSql.EctoCase, async: true

  import Ecto.Changeset

  defmodule User do
    use Ecto.Schema

    schema "users" do
      field(:email, :string)
      field(:org, :integer)
      field(:age, :integer)
      has_many(:posts, Ecto.Adapters.LibSql.ConstraintsTest.Post)
    end
  end

  defmodule Post do
    use Ecto.Schema

    schema "posts" do
      belongs_to(:user, User)
      field(:editor_id, :integer)
    end
  end

  setup do
    sql!("""
    CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, org INTEGER,
      age INTEGER CONSTRAINT grown_up CHECK (age >= 18));
    CREATE UNIQUE INDEX one_mail_per_org ON users (org, email);
    CREATE UNIQUE INDEX lower_mail ON users (lower(email)) WHERE org IS NULL;
    CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users(id),
      editor_id INTEGER CONSTRAINT known_editor REFERENCES users(id));
    INSERT INTO users VALUES (1, 'a@x', 1, 20);
    INSERT INTO posts VALUES (1, 1, NULL);
    """)

    :ok
  end

  test "a unique index answers to its own name" do
    change = change(%User{email: "a@x", org: 1})

    assert {:error, changeset} =
             Repo.insert(unique_constraint(change, :email, name: :one_mail_per_org))

    assert {"has already been taken", _} = changeset.errors[:email]
    assert_raise Ecto.ConstraintError, ~r/one_mail_per_org/, fn -> Repo.insert(change) end
  end

  describe "of several unique indexes over the same columns" do
    test "the one without a condition is named, else the first by name" do
      sql!("""
      CREATE TABLE t (email TEXT, kind TEXT);
      CREATE UNIQUE INDEX b_email ON t (email) WHERE kind = 'b';
      CREATE UNIQUE INDEX a_email ON t (email) WHERE kind = 'a';
      INSERT INTO t VALUES ('x', 'a'), ('x', 'b')
      """)

      for kind <- ["a", "b"] do
        assert violates("INSERT INTO t VALUES ('x', '#{kind}')") == [unique: "a_email"]
      end

      sql!("DELETE FROM t; CREATE UNIQUE INDEX every ON t (email COLLATE NOCASE)")
      sql!("CREATE UNIQUE INDEX every_too ON t (EMAIL); INSERT INTO t VALUES ('x', 'a')")
      assert violates("INSERT INTO t VALUES ('X', 'b')") == [unique: "every"]
    end

    test "the primary key is known by SQLite's code" do
      sql!("""
      CREATE TABLE t (id INTEGER PRIMARY KEY, a); CREATE UNIQUE INDEX over_id ON t (id) WHERE a = 1;
      CREATE TABLE u (a TEXT PRIMARY KEY); CREATE UNIQUE INDEX cased ON u (a COLLATE NOCASE);
      INSERT INTO t VALUES (1, 1); INSERT INTO u VALUES ('x')
      """)

      for a <- [1, 2],
          do: assert(violates("INSERT INTO t VALUES (1, #{a})") == [unique: "t_pkey"])

      # Both are violated, and this one SQLite checks first.
      assert violates("INSERT INTO u VALUES ('x')") == [unique: "cased"]
      sql!("DROP INDEX cased")
      assert violates("INSERT INTO u VALUES ('x')") == [unique: "u_pkey"]
    end

    test "nothing is dropped or run again, so that a trigger runs once" do
      sql!("""
      CREATE TABLE t (email TEXT, kind TEXT);
      CREATE UNIQUE INDEX a_email ON t (email) WHERE kind = 'a';
      CREATE UNIQUE INDEX b_email ON t (email) WHERE kind = 'b';
      INSERT INTO t VALUES ('x', 'b');
      CREATE TRIGGER strict AFTER INSERT ON t WHEN new.email = 'x' BEGIN SELECT RAISE(ROLLBACK, 'no'); END;
      """)

      Repo.transaction(fn ->
        sql!("INSERT INTO t VALUES ('y', 'a')")
        assert violates("INSERT INTO t VALUES ('x', 'b')") == [unique: "a_email"]
        sql!("INSERT INTO t VALUES ('z', 'a')")
      end)

      assert rows("SELECT email FROM t ORDER BY 1") == [["x"], ["y"], ["z"]]
    end
  end

  defp violates(sql) do
    assert {:error, error} = Repo.query(sql)
    Ecto.Adapters.LibSql.Connection.to_constraints(error, [])
  end

  describe "a constraint in CREATE TABLE" do
    test "has its own name, however that is quoted" do
      sql!("""
      CREATE TABLE p (id INTEGER PRIMARY KEY);
      CREATE TABLE c (id INTEGER CONSTRAINT "the ""id\""" PRIMARY KEY, a INT CONSTRAINT [my Fk] REFERENCES p,
        b INT CONSTRAINT `Ck` CHECK (b > 0), d INT CONSTRAINT 'q''s' REFERENCES p,
        e INT CONSTRAINT nn NOT NULL DEFAULT (1) CONSTRAINT Own UNIQUE, f INT, g INT DEFAULT 1, h INT UNIQUE,
        i INT, CONSTRAINT "far away" FOREIGN KEY (i) REFERENCES p, CONSTRAINT "u_f, g" UNIQUE (f, "g" DESC));
      CREATE TABLE k (a INT, b INT, CONSTRAINT both PRIMARY KEY (a, b));
      INSERT INTO c (id, e, f, h) VALUES (1, 7, 1, 3);
      INSERT INTO k VALUES (1, 1);
      """)

      for {sql, constraint} <- [
            {"INSERT INTO c (e, a) VALUES (8, 1)", {:foreign_key, "my Fk"}},
            {"INSERT INTO c (e, d) VALUES (8, 1)", {:foreign_key, "q's"}},
            {"INSERT INTO c (e, i) VALUES (8, 1)", {:foreign_key, "far away"}},
            {"INSERT INTO c (e, b) VALUES (8, 0)", {:check, "Ck"}},
            {"INSERT INTO c (id, e) VALUES (1, 8)", {:unique, "the \"id\""}},
            {"INSERT INTO c (e) VALUES (7)", {:unique, "Own"}},
            {"INSERT INTO c (e, f) VALUES (8, 1)", {:unique, "u_f, g"}},
            {"INSERT INTO c (e, h) VALUES (8, 3)", {:unique, "c_h_index"}},
            {"INSERT INTO k VALUES (1, 1)", {:unique, "both"}}
          ] do
        assert violates(sql) == [constraint]
      end
    end
  end

  test "an index on an expression, and the primary key" do
    Repo.insert!(%User{email: "B"})

    assert {:error, %{errors: [email: {"has already been taken", _}]}} =
             %User{email: "b"}
             |> change()
             |> unique_constraint(:email, name: :lower_mail)
             |> Repo.insert()

    assert {:error, %{errors: [id: {"has already been taken", _}]}} =
             %User{id: 1}
             |> change()
             |> unique_constraint(:id, name: :users_pkey)
             |> Repo.insert()
  end

  test "a check answers to its name" do
    assert {:error, changeset} =
             %User{age: 3} |> change() |> check_constraint(:age, name: :grown_up) |> Repo.insert()

    assert {"is invalid", _} = changeset.errors[:age]
  end

  test "a foreign key has a name, given or made, also inside a transaction" do
    assert {:error, changeset} =
             %Post{user_id: 9} |> change() |> foreign_key_constraint(:user_id) |> Repo.insert()

    assert {"does not exist", _} = changeset.errors[:user_id]

    named =
      %Post{user_id: 1, editor_id: 9}
      |> change()
      |> foreign_key_constraint(:editor_id, name: :known_editor)

    assert {:ok, :still_usable} =
             Repo.transaction(fn ->
               assert {:error, %{errors: [editor_id: _]}} = Repo.insert(named)
               assert {:ok, _} = Repo.insert(%Post{user_id: 1})
               :still_usable
             end)

    assert rows("SELECT count(*) FROM posts") == [[2]]
    assert rows("PRAGMA defer_foreign_keys") == [[0]]
  end

  test "the look-up leaves the transaction's own setting alone" do
    Repo.transaction(fn ->
      sql!("PRAGMA defer_foreign_keys=ON")
      change = %User{id: 1} |> change() |> unique_constraint(:id, name: :users_pkey)
      assert {:error, %{errors: [id: {"has already been taken", _}]}} = Repo.insert(change)
      assert rows("PRAGMA defer_foreign_keys") == [[1]]
    end)
  end

  test "a delete that children forbid gives the child's constraint" do
    user = Repo.get!(User, 1)
    assert {:error, changeset} = user |> change() |> no_assoc_constraint(:posts) |> Repo.delete()
    assert {"are still associated with this entry", _} = changeset.errors[:posts]
    assert rows("SELECT count(*) FROM users") == [[1]]
  end

  test "assoc_constraint names the association" do
    assert {:error, changeset} =
             %Post{user_id: 9} |> change() |> assoc_constraint(:user) |> Repo.insert()

    assert {"does not exist", _} = changeset.errors[:user]
  end

  test "NOT NULL is a check, and a trigger may name one" do
    assert {:error, %{errors: [user_id: {"is invalid", _}]}} =
             %Post{}
             |> change()
             |> check_constraint(:user_id, name: :posts_user_id_index)
             |> Repo.insert()

    sql!(
      "CREATE TRIGGER full BEFORE INSERT ON posts BEGIN SELECT RAISE(ABORT, 'constraint:too_many'); END"
    )

    assert {:error, %{errors: [id: {"is invalid", _}]}} =
             %Post{user_id: 1}
             |> change()
             |> check_constraint(:id, name: :too_many)
             |> Repo.insert()
  end

  test "a value that does not fit says for which column" do
    sql!("CREATE TABLE strict (id INTEGER PRIMARY KEY, n INTEGER) STRICT")

    for {sql, message} <- [
          {"INSERT INTO strict (n) VALUES ('x')",
           "cannot store TEXT value in INTEGER column strict.n"},
          {"INSERT INTO strict (id) VALUES ('x')", "datatype mismatch: strict.id"},
          {"UPDATE users SET id = 'x'", "datatype mismatch: users.id"},
          {"SELECT 1 LIMIT 'x'", "datatype mismatch"}
        ] do
      error = assert_raise(EctoLibSql.Error, message, fn -> Repo.query!(sql) end)
      assert Ecto.Adapters.LibSql.Connection.to_constraints(error, []) == []
    end
  end

  test "violations that were there before are not blamed" do
    sql!(
      "PRAGMA foreign_keys=OFF; INSERT INTO posts VALUES (5, 77, NULL); PRAGMA foreign_keys=ON"
    )

    named =
      %Post{user_id: 1, editor_id: 9}
      |> change()
      |> foreign_key_constraint(:editor_id, name: :known_editor)

    assert {:error, %{errors: [editor_id: _]}} = Repo.insert(named)
  end

  describe "the name of a foreign key" do
    defp fails(fun) do
      error = assert_raise(EctoLibSql.Error, ~r/FOREIGN KEY/, fun)
      Ecto.Adapters.LibSql.Connection.to_constraints(error, [])
    end

    test "is that of a child which restricts, at any distance" do
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
    test "is not looked for where the repository says so, unless a query does" do
      sql = "INSERT INTO posts (user_id) VALUES (9)"
      assert fails(fn -> Repo.query!(sql) end) == [foreign_key: :unknown]
      named = fails(fn -> Repo.query!(sql, [], fkey_names: true) end)
      assert named == [foreign_key: "posts_user_id_fkey"]
    end

    test "is found for every way to write" do
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

    # The look-up read before it wrote, and lost its snapshot to whoever wrote in between.
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

    test "is not looked for by a statement that could end the caller's transaction" do
      sql!("""
      CREATE TABLE b (id INTEGER PRIMARY KEY);
      CREATE TABLE c (b_id REFERENCES b(id) ON DELETE RESTRICT);
      INSERT INTO b VALUES (1), (2); INSERT INTO c VALUES (1);
      CREATE TRIGGER last AFTER DELETE ON b WHEN old.id = 2 BEGIN SELECT RAISE(ROLLBACK, 'two'); END
      """)

      # RESTRICT stops at the first row; with deferred checks the second one is reached.
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

    test "is not looked for by a statement that changes the schema, or ends the transaction" do
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

    # Deferring the keys let such a text end the look-up's transaction with what it had written.
    test "is not looked for in a text of several statements, which may commit" do
      sql!("CREATE TABLE log (x)")

      text =
        "INSERT INTO log VALUES (1); INSERT INTO posts (user_id) VALUES (9); " <>
          "INSERT INTO users (id) VALUES (9); COMMIT"

      assert fails(fn -> Repo.query!(text) end) == [foreign_key: :unknown]
      assert rows("SELECT * FROM log") == [[1]]
      one = "INSERT INTO posts (user_id) VALUES (9) ; -- the end"
      assert fails(fn -> Repo.query!(one) end) == [foreign_key: "posts_user_id_fkey"]
    end

    # Releasing the look-up's savepoint was told as a commit.
    test "is looked for without a commit that subscribers hear of", %{folder: folder} do
      subscription = {EctoLibSql, :subscribe, [[:update, :commit], self()]}
      path = Path.join(folder, "test.db")
      options = [name: nil, database: path, pool_size: 1, log: false, after_connect: subscription]
      {:ok, repo} = Repo.start_link(options)
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

    test "is not looked for in large tables, whose check would take long" do
      sql!("""
      WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100001)
      INSERT INTO posts (id, user_id) SELECT i, 1 FROM n
      """)

      assert fails(fn -> Repo.query!("INSERT INTO posts (user_id) VALUES (9)") end) ==
               [foreign_key: :unknown]
    end

    @tag attach: ["other"]
    test "and of a unique index is that of the attached database" do
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
