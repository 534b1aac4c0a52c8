defmodule Shop.AccountsTest do
  use ExUnit.Case, async: true

  alias Shop.{Accounts, Repo}

  setup do
    owner = Ecto.Adapters.SQL.Sandbox.start_owner!(Repo)
    on_exit(fn -> Ecto.Adapters.SQL.Sandbox.stop_owner(owner) end)
    {:ok, user} = Accounts.register_user(%{email: "Bo@example.com", password: "a long password"})
    {:ok, user: user}
  end

  test "an address is taken in any spelling" do
    assert {:error, changeset} =
             Accounts.register_user(%{email: "bo@EXAMPLE.com", password: "a long password"})

    assert {"has already been taken", _} = changeset.errors[:email]
  end

  test "a password is checked", %{user: user} do
    assert Accounts.get_user_by_email_and_password("bo@example.com", "a long password").id ==
             user.id

    refute Accounts.get_user_by_email_and_password("bo@example.com", "another password")
    refute Accounts.get_user_by_email_and_password("nobody@example.com", "a long password")
  end

  test "a session ends with its token", %{user: user} do
    token = Accounts.generate_session_token(user)
    assert Accounts.get_user_by_session_token(token).id == user.id
    assert :ok = Accounts.delete_session_token(token)
    refute Accounts.get_user_by_session_token(token)
  end

  test "confirming ends all tokens, in one transaction inside another", %{user: user} do
    token = Accounts.generate_session_token(user)
    assert {:ok, {:ok, confirmed}} = Repo.transaction(fn -> Accounts.confirm_user(user) end)
    assert confirmed.confirmed_at
    refute Accounts.get_user_by_session_token(token)
  end
end
