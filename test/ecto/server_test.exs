defmodule Ecto.Adapters.LibSql.ServerTest do
  # A repository on a server: the development server, on this machine, or the empty database that
  # ECTO_LIBSQL_SERVER names by its URL.
  use ExUnit.Case, async: true

  import Ecto.Changeset
  import Ecto.Query

  alias EctoLibSql.DevServer

  # Compiling the server takes minutes, once.
  @moduletag timeout: 600_000

  defmodule Repo do
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSql
  end

  defmodule Post do
    use Ecto.Schema

    schema "posts" do
      field(:title, :string)
      field(:user_id, :integer)
    end
  end

  defmodule User do
    use Ecto.Schema

    schema "users" do
      field(:email, :string)
      field(:age, :integer)
      field(:balance, :decimal)
      field(:meta, :map)
      has_many(:posts, Post)
      timestamps(type: :utc_datetime_usec)
    end
  end

  defmodule CreateTables do
    use Ecto.Migration

    def change do
      create table(:users) do
        add(:email, :string, null: false)
        add(:age, :integer)
        add(:balance, :decimal)
        add(:meta, :map)
        timestamps(type: :utc_datetime_usec)
      end

      create(unique_index(:users, [:email]))

      create table(:posts) do
        add(:user_id, references(:users, on_delete: :delete_all))
        add(:title, :string)
      end

      create(constraint(:users, :age_not_negative, check: "age >= 0"))
    end
  end

  defmodule CreateItems do
    use Ecto.Migration

    def change do
      create table(:items) do
        add(:price, :integer)
        add(:name, :string)
      end

      create(index(:items, [:name]))
      execute("CREATE VIEW cheap AS SELECT name FROM items WHERE price < 50", "DROP VIEW cheap")

      execute(
        "CREATE TRIGGER no_zero BEFORE INSERT ON items WHEN new.name = 'zero' BEGIN SELECT RAISE(ABORT, 'zero'); END",
        "DROP TRIGGER no_zero"
      )

      execute("INSERT INTO items (id, price, name) VALUES (3, 20, 'Lamp'), (7, 150, 'Desk')", "")
    end
  end

  defmodule PricesAreText do
    use Ecto.Migration

    def change do
      alter table(:items) do
        modify(:price, :string, from: :integer)
        modify(:name, :string, null: false)
      end
    end
  end

  defmodule AgesAreText do
    use Ecto.Migration

    def change do
      alter table(:users) do
        modify(:age, :string, from: :integer)
      end
    end
  end

  defmodule AgesAreTextAlone do
    use Ecto.Migration
    @disable_ddl_transaction true

    defdelegate change, to: AgesAreText
  end

  defmodule TitlesReferToNobody do
    use Ecto.Migration
    @disable_ddl_transaction true

    def change do
      execute("UPDATE posts SET title = '-1'", "")

      alter table(:posts) do
        modify(:title, references(:users, type: :integer), from: :string)
      end
    end
  end

  setup_all do
    {:ok, _repo} = Repo.start_link(uri: server(), pool_size: 3, log: false)
    migrate(1, CreateTables)
    :ok
  end

  defp server do
    with nil <- System.get_env("ECTO_LIBSQL_SERVER") do
      {:ok, server} = DevServer.start_link()
      DevServer.url(server)
    end
  end

  defp migrate(version, migration), do: Ecto.Migrator.up(Repo, version, migration, log: false)
  defp email, do: "user#{System.unique_integer([:positive])}@example.com"
  defp user!(fields \\ []), do: Repo.insert!(struct!(User, [email: email()] ++ fields))

  test "values come back with their types" do
    user = user!(age: 3, balance: Decimal.new("1.25"), meta: %{a: [1]})
    loaded = Repo.get!(User, user.id)
    assert {loaded.age, loaded.balance} == {3, Decimal.new("1.25")}
    assert loaded.meta == %{"a" => [1]}
    assert loaded.inserted_at == user.inserted_at
    assert Repo.all(from(u in User, where: u.id == ^user.id, select: u.meta["a"][0])) == [1]
  end

  test "a violated constraint is found by its name" do
    user = user!()

    unique = %User{} |> change(email: user.email) |> unique_constraint(:email)
    assert {:error, %{errors: [email: {"has already been taken", _}]}} = Repo.insert(unique)

    check = %User{} |> change(email: email(), age: -1)

    assert {:error, %{errors: [age: {"is invalid", _}]}} =
             check |> check_constraint(:age, name: :age_not_negative) |> Repo.insert()

    foreign = %Post{} |> change(user_id: -1) |> foreign_key_constraint(:user_id)
    assert {:error, %{errors: [user_id: {"does not exist", _}]}} = Repo.insert(foreign)
  end

  test "a transaction commits, rolls back and nests" do
    email = email()

    assert {:error, :changed_my_mind} =
             Repo.transaction(fn ->
               user!(email: email)
               Repo.rollback(:changed_my_mind)
             end)

    refute Repo.get_by(User, email: email)

    assert {:ok, {:ok, user}} = Repo.transaction(fn -> Repo.transaction(fn -> user!() end) end)
    assert Repo.get(User, user.id)
  end

  test "transactions of many processes wait for each other" do
    user = user!(age: 0)

    add = fn _ ->
      Repo.transaction(fn ->
        %{age: age} = Repo.get!(User, user.id)
        Repo.update!(change(%{user | age: age}, age: age + 1))
      end)
    end

    1..20
    |> Task.async_stream(add, max_concurrency: 20, timeout: 30_000)
    |> Enum.each(&assert({:ok, {:ok, _}} = &1))

    assert Repo.get!(User, user.id).age == 20
  end

  test "many rows are inserted, streamed, updated and deleted" do
    user = user!()
    rows = for n <- 1..500, do: %{user_id: user.id, title: "post #{n}"}
    assert {500, nil} = Repo.insert_all(Post, rows)
    posts = from(p in Post, where: p.user_id == ^user.id)

    assert {:ok, titles} =
             Repo.transaction(fn ->
               from(p in posts, order_by: p.id, select: p.title)
               |> Repo.stream()
               |> Enum.to_list()
             end)

    assert {length(titles), List.last(titles)} == {500, "post 500"}
    assert {500, nil} = Repo.update_all(posts, set: [title: "same"])

    assert [%{posts: [_ | _]}] =
             Repo.all(from(u in User, where: u.id == ^user.id, preload: :posts))

    assert {500, nil} = Repo.delete_all(posts)
  end

  test "an upsert returns what is stored" do
    user = user!(age: 1)
    options = [on_conflict: {:replace, [:age]}, conflict_target: :email, returning: true]
    assert Repo.insert!(%User{email: user.email, age: 9}, options).id == user.id
    assert Repo.get!(User, user.id).age == 9
  end

  test "a migration rebuilds a table with its rows, keys, indexes, triggers and views" do
    migrate(2, CreateItems)
    migrate(3, PricesAreText)

    assert Repo.query!("SELECT id, price, typeof(price), name FROM items ORDER BY id").rows ==
             [[3, "20", "text", "Lamp"], [7, "150", "text", "Desk"]]

    assert {:error, %{message: "NOT NULL constraint failed: items.name"}} =
             Repo.query("INSERT INTO items (price) VALUES ('1')")

    assert {:error, %{message: "zero"}} =
             Repo.query("INSERT INTO items (price, name) VALUES (0, 'zero')")

    assert Repo.query!("SELECT name FROM pragma_index_list('items')").rows == [
             ["items_name_index"]
           ]

    assert Repo.query!("SELECT count(*) FROM cheap").num_rows == 1

    assert Repo.query!("SELECT name FROM sqlite_master WHERE name LIKE 'ecto_libsql_rebuild%'").rows ==
             []
  end

  describe "a table that rows refer to" do
    setup do
      user = user!(age: 7)
      Repo.insert!(%Post{user_id: user.id, title: "kept"})
      %{user: user}
    end

    defp kept?(user) do
      leftovers = "SELECT name FROM sqlite_master WHERE name LIKE 'ecto_libsql_rebuild%'"
      Repo.query!(leftovers).rows == [] and Repo.get_by(Post, user_id: user.id).title == "kept"
    end

    defp type_of_age(user),
      do: Repo.query!("SELECT typeof(age) FROM users WHERE id = ?", [user.id]).rows

    test "is not rebuilt inside a transaction, because dropping it would delete them", %{
      user: user
    } do
      advice = ~r/"users" on a server inside a .* of "posts" .* @disable_ddl_transaction true/
      assert_raise ArgumentError, advice, fn -> migrate(4, AgesAreText) end
      assert kept?(user) and type_of_age(user) == [["integer"]]
    end

    test "is rebuilt outside of a transaction, with foreign keys on afterwards", %{user: user} do
      migrate(5, AgesAreTextAlone)
      assert kept?(user) and type_of_age(user) == [["text"]]

      assert {:error, %{kind: :constraint}} =
               Repo.query("INSERT INTO posts (user_id) VALUES (-1)")

      Ecto.Migrator.down(Repo, 5, AgesAreTextAlone, log: false)
      assert kept?(user) and type_of_age(user) == [["integer"]]
    end

    test "keeps what it was when a key would break", %{user: user} do
      assert_raise ArgumentError, ~r/would break foreign keys of \d+ rows: posts row/, fn ->
        migrate(6, TitlesReferToNobody)
      end

      assert [["TEXT"]] =
               Repo.query!("SELECT type FROM pragma_table_info('posts') WHERE name = 'title'").rows

      Repo.update_all(Post, set: [title: "kept"])
      assert kept?(user)
    end
  end
end
