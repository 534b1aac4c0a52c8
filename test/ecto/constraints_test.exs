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
end
