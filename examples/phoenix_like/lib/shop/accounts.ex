defmodule Shop.Accounts do
  @moduledoc "Users and their sessions, in the shape of `mix phx.gen.auth`."

  import Ecto.Query

  alias Shop.Accounts.{Token, User}
  alias Shop.Repo

  def register_user(attrs), do: %User{} |> User.registration_changeset(attrs) |> Repo.insert()

  def get_user_by_email(email), do: Repo.get_by(User, email: email)

  def get_user_by_email_and_password(email, password) do
    user = get_user_by_email(email)
    if User.valid_password?(user || %User{}, password), do: user
  end

  def generate_session_token(%User{id: id}) do
    token = :crypto.strong_rand_bytes(32)
    Repo.insert!(%Token{token: token, context: "session", user_id: id})
    token
  end

  def get_user_by_session_token(token) do
    Repo.one(
      from(t in Token,
        join: u in assoc(t, :user),
        where: t.token == ^token and t.context == "session" and t.inserted_at > ago(60, "day"),
        select: u
      )
    )
  end

  def delete_session_token(token) do
    Repo.delete_all(from(t in Token, where: t.token == ^token and t.context == "session"))
    :ok
  end

  @doc "Confirms the user and ends all other tokens, both or neither."
  def confirm_user(%User{} = user) do
    Ecto.Multi.new()
    |> Ecto.Multi.update(:user, Ecto.Changeset.change(user, confirmed_at: now()))
    |> Ecto.Multi.delete_all(:tokens, from(t in Token, where: t.user_id == ^user.id))
    |> Repo.transaction()
    |> case do
      {:ok, %{user: user}} -> {:ok, user}
      {:error, :user, changeset, _changes} -> {:error, changeset}
    end
  end

  defp now, do: DateTime.truncate(DateTime.utc_now(), :second)
end
