defmodule Ecto.Adapters.LibSql.ReplicaTest do
  # A repository on a replica of a server, as the guide's production chapter configures one.
  use ExUnit.Case, async: true

  import Ecto.Changeset
  import Ecto.Query

  alias EctoLibSql.Primary

  defmodule Repo do
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSql
  end

  defmodule User do
    use Ecto.Schema

    schema "users" do
      field(:email, :string)
      field(:visits, :integer, default: 0)
    end
  end

  defmodule CreateUsers do
    use Ecto.Migration

    def change do
      create table(:users) do
        add(:email, :string, null: false)
        add(:visits, :integer)
      end

      create(unique_index(:users, [:email]))
    end
  end

  defmodule AddName do
    use Ecto.Migration
    def change, do: alter(table(:users), do: add(:name, :string))
  end

  setup_all do
    Primary.compile!()
    :ok
  end

  setup do
    folder =
      Path.join(System.tmp_dir!(), "ecto_libsql_replica_#{System.unique_integer([:positive])}")

    File.mkdir_p!(folder)
    on_exit(fn -> File.rm_rf(folder) end)
    url = Primary.start!(folder)
    path = Path.join(folder, "replica.db")

    start_supervised!(
      {Repo,
       database: path, uri: url, mode: :remote_replica, sync: true, pool_size: 10, log: false}
    )

    Ecto.Migrator.up(Repo, 1, CreateUsers, log: false)
    %{path: path}
  end

  defp in_file(path, sql) do
    {:ok, state} = EctoLibSql.connect(database: path, mode: :readonly)
    {:ok, _query, result, state} = EctoLibSql.handle_execute(sql, [], [], state)
    EctoLibSql.disconnect([], state)
    result.rows
  end

  test "migrations run at the primary and are in the file when they return", %{path: path} do
    Ecto.Migrator.up(Repo, 2, AddName, log: false)

    assert [["CREATE TABLE" <> _ = sql]] =
             in_file(path, "SELECT sql FROM sqlite_schema WHERE name = 'users'")

    assert sql =~ "name"
    assert in_file(path, "SELECT count(*) FROM schema_migrations") == [[2]]
  end

  test "rows are read from the file once they are inserted, by all connections", %{path: path} do
    1..30
    |> Task.async_stream(
      fn n ->
        user = Repo.insert!(%User{email: "#{n}@example.org"})
        assert Repo.get!(User, user.id).email == "#{n}@example.org"
      end,
      max_concurrency: 10,
      timeout: 30_000
    )
    |> Stream.run()

    assert in_file(path, "SELECT count(*) FROM users") == [[30]]
    assert Repo.aggregate(User, :count) == 30
  end

  test "transactions see their writes, and leave nothing when they are rolled back" do
    assert {:error, 1} =
             Repo.transaction(fn ->
               Repo.insert!(%User{email: "a@example.org"})
               Repo.rollback(Repo.aggregate(User, :count))
             end)

    assert Repo.all(User) == []
  end

  test "a violated unique index is named" do
    changeset = %User{} |> change(email: "a@example.org") |> unique_constraint(:email)
    {:ok, user} = Repo.insert(changeset)
    assert {:error, %{errors: [email: {"has already been taken", _}]}} = Repo.insert(changeset)
    assert {1, nil} = Repo.update_all(User, inc: [visits: 1])
    assert Repo.one(from(u in User, where: u.id == ^user.id, select: u.visits)) == 1
    Repo.delete!(user)
    assert Repo.all(User) == []
  end
end
