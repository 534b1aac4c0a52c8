defmodule Ecto.Adapters.LibSql.ConstraintsTest do
  # Violations become changeset errors with the names that the constraints have in the schema.
  use EctoLibSql.EctoCase, async: true

  import Ecto.Changeset
  import EctoLibSql.UsersAndPosts

  alias EctoLibSql.UsersAndPosts.{Post, User}

  setup :create_users_and_posts

  test "a unique index has its own name" do
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
    test "has its own name, in any quotes" do
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

  test "an index on an expression has its name, and the primary key table_pkey" do
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

  test "a check has its name" do
    assert {:error, changeset} =
             %User{age: 3} |> change() |> check_constraint(:age, name: :grown_up) |> Repo.insert()

    assert {"is invalid", _} = changeset.errors[:age]
  end

  test "a foreign key has the name it was given, or Ecto's, also inside a transaction" do
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

  test "the look-up keeps defer_foreign_keys of the transaction" do
    Repo.transaction(fn ->
      sql!("PRAGMA defer_foreign_keys=ON")
      change = %User{id: 1} |> change() |> unique_constraint(:id, name: :users_pkey)
      assert {:error, %{errors: [id: {"has already been taken", _}]}} = Repo.insert(change)
      assert rows("PRAGMA defer_foreign_keys") == [[1]]
    end)
  end

  test "a delete that children forbid has the name of the child's constraint" do
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

  test "NOT NULL is a check, and a trigger may raise one" do
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

  test "the message of a datatype mismatch has the column" do
    sql!("CREATE TABLE strict (id INTEGER PRIMARY KEY, n INTEGER) STRICT")

    for {sql, message} <- [
          {"INSERT INTO strict (n) VALUES ('x')",
           "cannot store TEXT value in INTEGER column strict.n"},
          {"INSERT INTO strict (id) VALUES ('x')", "datatype mismatch: strict.id"},
          {"UPDATE users SET id = 'x'", "datatype mismatch: users.id"},
          {"SELECT 1 LIMIT 'x'", "datatype mismatch"}
        ] do
      error = assert_raise(EctoLibSql.Error, fn -> Repo.query!(sql) end)
      assert error.message == message
      assert Ecto.Adapters.LibSql.Connection.to_constraints(error, []) == []
    end
  end

  test "violations that existed before are not reported" do
    sql!(
      "PRAGMA foreign_keys=OFF; INSERT INTO posts VALUES (5, 77, NULL); PRAGMA foreign_keys=ON"
    )

    named =
      %Post{user_id: 1, editor_id: 9}
      |> change()
      |> foreign_key_constraint(:editor_id, name: :known_editor)

    assert {:error, %{errors: [editor_id: _]}} = Repo.insert(named)
  end
end
