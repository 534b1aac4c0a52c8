defmodule EctoLibSql.UsersAndPosts do
  @moduledoc false
  # Two tables with constraints of each kind, and their schemas: what the tests of constraint names share.

  import EctoLibSql.EctoCase

  defmodule User do
    @moduledoc false
    use Ecto.Schema

    schema "users" do
      field(:email, :string)
      field(:org, :integer)
      field(:age, :integer)
      has_many(:posts, EctoLibSql.UsersAndPosts.Post)
    end
  end

  defmodule Post do
    @moduledoc false
    use Ecto.Schema

    schema "posts" do
      belongs_to(:user, User)
      field(:editor_id, :integer)
    end
  end

  @doc "Creates the tables, with one user and a post of theirs."
  def create_users_and_posts(_context) do
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
end
