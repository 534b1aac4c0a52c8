defmodule Shop.Accounts.User do
  @moduledoc "Somebody who can log in."
  use Ecto.Schema
  import Ecto.Changeset

  schema "users" do
    field(:email, :string)
    field(:password, :string, virtual: true, redact: true)
    field(:hashed_password, :string, redact: true)
    field(:confirmed_at, :utc_datetime)
    has_many(:tokens, Shop.Accounts.Token)
    timestamps(type: :utc_datetime_usec)
  end

  def registration_changeset(user, attrs) do
    user
    |> cast(attrs, [:email, :password])
    |> validate_required([:email, :password])
    |> validate_format(:email, ~r/^[^\s]+@[^\s]+$/)
    |> validate_length(:password, min: 12, max: 72)
    |> unique_constraint(:email)
    |> hash_password()
  end

  # An example has no password library; an application uses bcrypt or argon2 here.
  defp hash_password(%{valid?: true, changes: %{password: password}} = changeset) do
    salt = :crypto.strong_rand_bytes(16)

    changeset
    |> put_change(:hashed_password, Base.encode64(salt <> digest(salt, password)))
    |> delete_change(:password)
  end

  defp hash_password(changeset), do: changeset

  def valid_password?(%__MODULE__{hashed_password: stored}, password) when is_binary(stored) do
    <<salt::binary-size(16), digest::binary>> = Base.decode64!(stored)
    digest(salt, password) == digest
  end

  def valid_password?(_user, _password), do: false

  defp digest(salt, password), do: :crypto.pbkdf2_hmac(:sha256, password, salt, 1000, 32)
end
