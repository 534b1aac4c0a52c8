defmodule Shop.Accounts.Token do
  @moduledoc "A session or a link in a mail."
  use Ecto.Schema

  schema "users_tokens" do
    field(:token, :binary)
    field(:context, :string)
    belongs_to(:user, Shop.Accounts.User)
    timestamps(type: :utc_datetime, updated_at: false)
  end
end
