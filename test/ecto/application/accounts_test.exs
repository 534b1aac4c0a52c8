Code.require_file("../support/accounts.exs", __DIR__)

# A generated authentication context in the sandbox. Three modules run the same cases at the same time,
# with the same addresses: each sees its own rows alone.

defmodule EctoLibSql.AccountsCases do
  @moduledoc false
  use ExUnit.CaseTemplate

  alias Ecto.Adapters.SQL.Sandbox
  alias EctoLibSql.Accounts
  alias EctoLibSql.Accounts.{CreateUsersAuthTables, Repo}

  # One repository for all of them, as an application has.
  def start do
    folder = Path.join(System.tmp_dir!(), "ecto_libsql_accounts_#{System.pid()}")
    File.mkdir_p!(folder)
    ExUnit.after_suite(fn _ -> File.rm_rf(folder) end)

    {:ok, repo} =
      Repo.start_link(
        database: Path.join(folder, "accounts.db"),
        pool: Sandbox,
        pool_size: 5,
        log: false,
        busy_timeout: 60_000
      )

    Process.unlink(repo)
    :ok = Ecto.Migrator.up(Repo, 1, CreateUsersAuthTables, log: false)
    Sandbox.mode(Repo, :manual)
  end

  setup do
    owner = Sandbox.start_owner!(Repo, ownership_timeout: 120_000)
    on_exit(fn -> Sandbox.stop_owner(owner) end)
    {:ok, user} = Accounts.register_user(%{email: "ada@example.com", password: "hello world!"})
    {:ok, user: user}
  end

  using do
    quote do
      import Ecto.Query
      alias Ecto.Adapters.SQL.Sandbox
      alias EctoLibSql.Accounts
      alias EctoLibSql.Accounts.{Repo, User, UserToken}

      test "a second user with the same address in other letters is refused, by validation and by the index",
           %{user: user} do
        assert user.id && user.hashed_password != "hello world!" && is_nil(user.confirmed_at)
        attrs = %{email: "ADA@example.com", password: "another one!"}
        assert {:error, changeset} = Accounts.register_user(attrs)

        assert {"has already been taken", [validation: :unsafe_unique, fields: [:email]]} =
                 changeset.errors[:email]

        unchecked = %User{hashed_password: "x"} |> Ecto.Changeset.change(email: "ADA@example.com")
        unchecked = Ecto.Changeset.unique_constraint(unchecked, :email)
        assert {:error, changeset} = Repo.insert(unchecked)

        assert {_, [constraint: :unique, constraint_name: "users_email_index"]} =
                 changeset.errors[:email]

        assert Repo.aggregate(User, :count) == 1
      end

      test "a user is found by the right password only, and a short password is refused", %{
        user: user
      } do
        assert Accounts.get_user_by_email("Ada@Example.com").id == user.id

        assert Accounts.get_user_by_email_and_password("ada@example.com", "hello world!").id ==
                 user.id

        refute Accounts.get_user_by_email_and_password("ada@example.com", "wrong")
        refute Accounts.get_user_by_email_and_password("bob@example.com", "hello world!")

        assert {:error, changeset} =
                 Accounts.register_user(%{email: "not valid", password: "short"})

        assert [:email, :password] = changeset.errors |> Keyword.keys() |> Enum.sort()
      end

      test "a session token is valid until it is deleted or too old", %{user: user} do
        token = Accounts.generate_user_session_token(user)
        assert {found, inserted_at} = Accounts.get_user_by_session_token(token)
        assert %{found | authenticated_at: nil} == Repo.reload!(user)
        assert DateTime.diff(inserted_at, found.authenticated_at) in 0..120
        refute Accounts.get_user_by_session_token("other")

        old = DateTime.add(DateTime.truncate(DateTime.utc_now(), :second), -15 * 86_400)
        {1, nil} = Repo.update_all(UserToken, set: [inserted_at: old])
        refute Accounts.get_user_by_session_token(token)

        token = Accounts.generate_user_session_token(user)
        assert Accounts.delete_user_session_token(token) == :ok
        refute Accounts.get_user_by_session_token(token)
      end

      test "a token violates the unique index in its context, and the foreign key without a user",
           %{user: user} do
        token = %UserToken{token: <<0, 255, 1>>, context: "session", user_id: user.id}
        assert %{token: <<0, 255, 1>>} = Repo.insert!(token)
        assert Repo.insert!(%{token | context: "confirm"})

        again =
          token |> Ecto.Changeset.change() |> Ecto.Changeset.unique_constraint([:context, :token])

        assert {:error, %{errors: [context: {"has already been taken", _}]}} = Repo.insert(again)

        orphan = Ecto.Changeset.change(%{token | token: "t", user_id: -1})
        orphan = Ecto.Changeset.foreign_key_constraint(orphan, :user_id)
        assert {:error, %{errors: [user_id: {"does not exist", _}]}} = Repo.insert(orphan)
      end

      test "a confirmation token works once", %{user: user} do
        token = Accounts.deliver(user, "confirm")
        assert Accounts.confirm_user("nonsense") == :error
        assert {:ok, confirmed} = Accounts.confirm_user(token)
        assert DateTime.diff(DateTime.utc_now(), confirmed.confirmed_at) in 0..120
        assert Accounts.confirm_user(token) == :error
        refute Repo.get_by(UserToken, user_id: user.id)
      end

      test "an address is changed by the token that was sent to the new one", %{user: user} do
        token = Accounts.deliver(%{user | email: "new@example.com"}, "change:ada@example.com")
        aborted = {:error, :transaction_aborted}
        assert Accounts.update_user_email(%{user | email: "other@example.com"}, token) == aborted
        assert {:ok, %{email: "new@example.com"}} = Accounts.update_user_email(user, token)
        assert Repo.get!(User, user.id).email == "new@example.com"
        assert Accounts.update_user_email(user, token) == aborted
      end

      test "an address cannot change to one that somebody has in another spelling", %{user: user} do
        {:ok, _} = Accounts.register_user(%{email: "bob@example.com", password: "hello world!"})
        token = Accounts.deliver(%{user | email: "BOB@example.com"}, "change:ada@example.com")
        assert {:error, :transaction_aborted} = Accounts.update_user_email(user, token)
        assert Repo.get!(User, user.id).email == "ada@example.com"
      end

      test "a magic link confirms once, ends all tokens, and expires", %{user: user} do
        session = Accounts.generate_user_session_token(user)
        token = Accounts.deliver(user, "login")

        assert {:ok, {%{confirmed_at: %DateTime{}}, expired}} =
                 Accounts.login_user_by_magic_link(token)

        assert expired |> Enum.map(& &1.context) |> Enum.sort() == ["login", "session"]
        refute Accounts.get_user_by_session_token(session)
        assert Accounts.login_user_by_magic_link(token) == {:error, :not_found}

        token = Accounts.deliver(user, "login")
        assert {:ok, {%{email: "ada@example.com"}, []}} = Accounts.login_user_by_magic_link(token)
        token = Accounts.deliver(user, "login")
        old = DateTime.add(DateTime.truncate(DateTime.utc_now(), :second), -16 * 60)
        {1, nil} = Repo.update_all(UserToken, set: [inserted_at: old])
        assert Accounts.login_user_by_magic_link(token) == {:error, :not_found}
      end

      test "a new password deletes all tokens, an invalid one none", %{user: user} do
        token = Accounts.generate_user_session_token(user)
        assert {:error, changeset} = Accounts.reset_user_password(user, %{password: "short"})
        assert {"should be at least %{count} character(s)", _} = changeset.errors[:password]
        assert Accounts.get_user_by_session_token(token)
        assert {:ok, _} = Accounts.reset_user_password(user, %{password: "new valid password"})
        refute Accounts.get_user_by_session_token(token)
        assert Accounts.get_user_by_email_and_password(user.email, "new valid password")
      end

      test "a rollback of a nested transaction rolls back the outer one", %{user: user} do
        register = fn email ->
          Accounts.register_user(%{email: email, password: "hello world!"})
        end

        assert {:ok, {:ok, %User{}}} =
                 Repo.transaction(fn ->
                   {:ok, user} = register.("bob@example.com")
                   token = Accounts.deliver(user, "confirm")
                   Accounts.confirm_user(token)
                 end)

        assert %{confirmed_at: %DateTime{}} = Accounts.get_user_by_email("bob@example.com")

        assert {:error, :changed_my_mind} =
                 Repo.transaction(fn ->
                   {:ok, _} = register.("cy@example.com")
                   {:ok, _} = Repo.transaction(fn -> register.("dee@example.com") end)
                   # An insert that violates a constraint does not end the transaction.
                   {:error, %{errors: [email: _]}} = register.("cy@example.com")
                   {:ok, _} = Accounts.reset_user_password(user, %{password: "never to be seen"})
                   Repo.rollback(:changed_my_mind)
                 end)

        refute Accounts.get_user_by_email("cy@example.com")
        refute Accounts.get_user_by_email("dee@example.com")
        assert Accounts.get_user_by_email_and_password(user.email, "hello world!")

        # Ecto counts nested transactions as one.
        assert {:error, :rollback} =
                 Repo.transaction(fn ->
                   {:ok, _} = register.("eve@example.com")
                   {:error, :inner} = Repo.transaction(fn -> Repo.rollback(:inner) end)
                 end)

        refute Accounts.get_user_by_email("eve@example.com")
        assert_raise RuntimeError, fn -> Repo.transaction(fn -> raise "no" end) end
        assert Repo.aggregate(User, :count) == 2
      end

      test "deleting a user deletes the tokens", %{user: user} do
        for _ <- 1..3, do: Accounts.generate_user_session_token(user)
        assert [%{tokens: [_, _, _]}] = Repo.all(from(u in User, preload: :tokens))
        Repo.delete!(user)
        assert Repo.aggregate(UserToken, :count) == 0
      end

      test "another process uses the test's connection after Sandbox.allow/3", %{user: user} do
        test = self()

        {pid, _ref} =
          spawn_monitor(fn ->
            receive do: (:go -> :ok)
            send(test, {:found, Accounts.get_user_by_email("ada@example.com").id})
          end)

        Sandbox.allow(Repo, self(), pid)
        send(pid, :go)
        id = user.id
        assert_receive {:found, ^id}, 30_000
        # A task uses its caller's connection.
        assert Task.await(Task.async(fn -> Repo.aggregate(User, :count) end)) == 1
      end
    end
  end
end

EctoLibSql.AccountsCases.start()

for number <- 1..3 do
  defmodule Module.concat(EctoLibSql, "Accounts#{number}Test") do
    use EctoLibSql.AccountsCases, async: true
  end
end

defmodule EctoLibSql.AccountsUnderLoadTest do
  # The same context outside of the sandbox, as it runs in production.
  use ExUnit.Case, async: true

  alias EctoLibSql.Accounts
  alias EctoLibSql.Accounts.{CreateUsersAuthTables, Repo, User, UserToken}

  setup do
    folder = Path.join(System.tmp_dir!(), "ecto_libsql_load_#{System.pid()}")
    File.mkdir_p!(folder)
    options = [name: nil, database: Path.join(folder, "load.db"), pool_size: 10, log: false]
    repo = start_supervised!({Repo, options})
    Repo.put_dynamic_repo(repo)
    on_exit(fn -> File.rm_rf(folder) end)
    :ok = Ecto.Migrator.up(Repo, 1, CreateUsersAuthTables, log: false, dynamic_repo: repo)
    {:ok, repo: repo}
  end

  test "forty users change their addresses at once, and nobody's transaction fails", %{repo: repo} do
    changes =
      for n <- 1..40 do
        {:ok, user} =
          Accounts.register_user(%{email: "user#{n}@example.com", password: "hello world!"})

        token = Accounts.deliver(%{user | email: "new#{n}@example.com"}, "change:#{user.email}")
        {user, token}
      end

    answers =
      changes
      |> Enum.map(fn {user, token} ->
        Task.async(fn ->
          Repo.put_dynamic_repo(repo)
          Accounts.update_user_email(user, token)
        end)
      end)
      |> Task.await_many(30_000)

    emails = for {:ok, user} <- answers, do: user.email
    assert Enum.sort(emails) == Enum.sort(for n <- 1..40, do: "new#{n}@example.com")
    assert Repo.aggregate(UserToken, :count) == 0
    assert Repo.aggregate(User, :count) == 40
  end

  test "the statistics of LiveDashboard find their tables, pragmas and errors" do
    {:ok, _} = Accounts.register_user(%{email: "ada@example.com", password: "hello world!"})

    # ecto_sqlite3_extras matches this text, where no table has AUTOINCREMENT.
    assert {:error, %{message: "no such table: sqlite_sequence"}} =
             Repo.query("SELECT name, seq FROM sqlite_sequence", [], log: false)

    assert {:ok, %{columns: ["name", "payload"], rows: [["users", payload]]}} =
             Repo.query("""
             SELECT name, sum(payload) AS payload FROM dbstat WHERE name = 'users' GROUP BY name
             """)

    assert payload > 0
    assert {:ok, %{rows: [["ok"]]}} = Repo.query("PRAGMA integrity_check")
  end
end
