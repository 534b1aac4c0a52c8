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
    # SQLite names the columns only, and the first index over them was blamed.
    test "the violated one gives its name, also inside a transaction" do
      sql!("""
      CREATE TABLE t (id INTEGER PRIMARY KEY, email TEXT, kind TEXT);
      CREATE UNIQUE INDEX a_email ON t (email) WHERE kind = 'a';
      CREATE UNIQUE INDEX b_email ON t (email) WHERE kind = 'b';
      CREATE UNIQUE INDEX any_case ON t (email COLLATE NOCASE) WHERE kind = 'c';
      INSERT INTO t (email, kind) VALUES ('x', 'a'), ('x', 'b'), ('x', 'c'), ('y', 'a');
      """)

      for {sql, name} <- [
            {"INSERT INTO t (email, kind) VALUES ('x', 'a')", "a_email"},
            {"INSERT INTO t (email, kind) VALUES ('x', 'b') ", "b_email"},
            {"INSERT INTO t (email, kind) VALUES ('X', 'c')", "any_case"},
            {"UPDATE t SET email = 'x' WHERE email = 'y'", "a_email"},
            {"UPDATE t SET kind = 'b' WHERE id = 1", "b_email"}
          ] do
        assert violates(sql) == [unique: name]
      end

      Repo.transaction(fn ->
        sql!("INSERT INTO t (email, kind) VALUES ('z', 'b')")
        assert violates("UPDATE t SET email = 'z' WHERE kind = 'b'") == [unique: "b_email"]
        assert violates("UPDATE t SET email = 'x' WHERE kind = 'a'") == [unique: "a_email"]
      end)

      assert [[5, 5]] =
               rows(
                 "SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM sqlite_master WHERE type = 'index')"
               )
    end

    test "one of the table's own is told from one that was created" do
      sql!("""
      CREATE TABLE t (email TEXT COLLATE NOCASE, kind TEXT, CONSTRAINT every UNIQUE (email));
      CREATE UNIQUE INDEX binary ON t (email COLLATE BINARY) WHERE kind = 'b';
      CREATE TABLE u (a PRIMARY KEY); CREATE UNIQUE INDEX cased ON u (a COLLATE NOCASE);
      INSERT INTO t VALUES ('x', 'a'); INSERT INTO u VALUES ('x')
      """)

      assert violates("INSERT INTO t VALUES ('X', 'b')") == [unique: "every"]
      assert violates("INSERT INTO u VALUES ('X')") == [unique: "cased"]
      assert violates("INSERT INTO u VALUES ('x')") == [unique: "u_pkey"]
    end

    # Two rows of one number break the primary key first, whatever else is over it.
    test "the number of a row counts before an index over it" do
      sql!("""
      CREATE TABLE t (id INTEGER PRIMARY KEY, a); CREATE UNIQUE INDEX over_id ON t (id) WHERE a = 1;
      CREATE TABLE w (id INTEGER PRIMARY KEY, a) WITHOUT ROWID; CREATE UNIQUE INDEX over_w ON w (id);
      INSERT INTO t VALUES (1, 1); INSERT INTO w VALUES (1, 1)
      """)

      for a <- [1, 2],
          do: assert(violates("INSERT INTO t VALUES (1, #{a})") == [unique: "t_pkey"])

      assert violates("INSERT INTO w VALUES (1, 1)") == [unique: "w_pkey"]
    end

    test "none is named where that cannot be found out" do
      sql!("""
      CREATE TABLE t (email TEXT, kind TEXT);
      CREATE UNIQUE INDEX a_email ON t (email) WHERE kind = 'a';
      CREATE UNIQUE INDEX b_email ON t (email) WHERE kind = 'b';
      INSERT INTO t VALUES ('x', 'a'), ('x', 'b')
      """)

      insert = "INSERT INTO t VALUES ('x', 'b')"
      assert violates("SELECT 1; #{insert}") == [unique: "t_email_index"]
      assert violates("INSERT OR ROLLBACK INTO t VALUES ('x', 'b')") == [unique: "t_email_index"]

      # The rows that are being read keep the indexes in place.
      Repo.transaction(fn ->
        from(t in "t", select: t.email)
        |> Repo.stream(max_rows: 1)
        |> Enum.each(fn _email -> assert violates(insert) == [unique: "t_email_index"] end)
      end)
    end
  end

  test "looking for the index does not cost the transaction" do
    sql!("""
    CREATE TABLE t (email TEXT, kind TEXT);
    CREATE UNIQUE INDEX a_email ON t (email) WHERE kind = 'a';
    CREATE UNIQUE INDEX b_email ON t (email) WHERE kind = 'b';
    INSERT INTO t VALUES ('x', 'b');
    CREATE TRIGGER strict AFTER INSERT ON t WHEN new.email = 'x' BEGIN SELECT RAISE(ROLLBACK, 'no'); END;
    """)

    Repo.transaction(fn ->
      sql!("INSERT INTO t VALUES ('y', 'a')")
      assert violates("INSERT INTO t VALUES ('x', 'b')") == [unique: "t_email_index"]
      sql!("INSERT INTO t VALUES ('z', 'a')")
    end)

    assert rows("SELECT email FROM t ORDER BY 1") == [["x"], ["y"], ["z"]]
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

    assert {:error, _} =
             %User{email: "b"}
             |> change()
             |> unique_constraint(:email, name: :lower_mail)
             |> Repo.insert()

    assert {:error, _} =
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
      assert {:error, _} = Repo.insert(change)
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
    assert {:error, _} =
             %Post{}
             |> change()
             |> check_constraint(:user_id, name: :posts_user_id_index)
             |> Repo.insert()

    sql!(
      "CREATE TRIGGER full BEFORE INSERT ON posts BEGIN SELECT RAISE(ABORT, 'constraint:too_many'); END"
    )

    assert {:error, _} =
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
      sql!("CREATE TABLE twice (a, b); CREATE UNIQUE INDEX x ON twice (a) WHERE b = 1")
      sql!("CREATE UNIQUE INDEX y ON twice (a) WHERE b = 2; INSERT INTO twice VALUES (7, 2)")
      subscription = {EctoLibSql, :subscribe, [[:update, :commit], self()]}
      path = Path.join(folder, "test.db")
      options = [name: nil, database: path, pool_size: 1, log: false, after_connect: subscription]
      {:ok, repo} = Repo.start_link(options)
      Repo.put_dynamic_repo(repo)

      assert fails(fn -> Repo.query!("DELETE FROM users") end) == [
               foreign_key: "posts_user_id_fkey"
             ]

      assert violates("INSERT INTO twice VALUES (7, 2)") == [unique: "y"]
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
