defmodule EctoLibSql.Accounts do
  @moduledoc false
  # What `mix phx.gen.auth Accounts User users` writes for SQLite, without the web part and the hashing
  # library: its migration, schemas and context. Sessions, magic links and changes of the address as in Phoenix 1.8,
  # registration and confirmation with a password as in 1.7.

  import Ecto.Query

  alias __MODULE__.{Repo, User, UserToken}

  defmodule Adapter do
    @moduledoc false
    # In an application Ecto.Adapters.SQLite3, the name for which the generators write `collate: :nocase`.
    use EctoLibSql.AdapterName
  end

  defmodule Repo do
    @moduledoc false
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: EctoLibSql.Accounts.Adapter
  end

  defmodule CreateUsersAuthTables do
    @moduledoc false
    use Ecto.Migration

    def change do
      create table(:users) do
        add(:email, :string, null: false, collate: :nocase)
        add(:hashed_password, :string, null: false)
        add(:confirmed_at, :utc_datetime)

        timestamps(type: :utc_datetime)
      end

      create(unique_index(:users, [:email]))

      create table(:users_tokens) do
        add(:user_id, references(:users, on_delete: :delete_all), null: false)
        add(:token, :binary, null: false, size: 32)
        add(:context, :string, null: false)
        add(:sent_to, :string)
        add(:authenticated_at, :utc_datetime)

        timestamps(type: :utc_datetime, updated_at: false)
      end

      create(index(:users_tokens, [:user_id]))
      create(unique_index(:users_tokens, [:context, :token]))
    end
  end

  defmodule User do
    @moduledoc false
    use Ecto.Schema
    import Ecto.Changeset

    # Protocols are consolidated before test support is compiled, so Inspect cannot be derived here.
    @derive_inspect_for_redacted_fields false
    schema "users" do
      field(:email, :string)
      field(:password, :string, virtual: true, redact: true)
      field(:hashed_password, :string, redact: true)
      field(:confirmed_at, :utc_datetime)
      field(:authenticated_at, :utc_datetime, virtual: true)
      has_many(:tokens, EctoLibSql.Accounts.UserToken)

      timestamps(type: :utc_datetime)
    end

    def registration_changeset(user, attrs) do
      user |> cast(attrs, [:email, :password]) |> validate_email() |> validate_password()
    end

    def email_changeset(user, attrs) do
      case user |> cast(attrs, [:email]) |> validate_email() do
        %{changes: %{email: _}} = changeset -> changeset
        changeset -> add_error(changeset, :email, "did not change")
      end
    end

    def password_changeset(user, attrs) do
      user
      |> cast(attrs, [:password])
      |> validate_confirmation(:password, message: "does not match password")
      |> validate_password()
    end

    def confirm_changeset(user),
      do: change(user, confirmed_at: DateTime.truncate(DateTime.utc_now(), :second))

    defp validate_email(changeset) do
      changeset
      |> validate_required([:email])
      |> validate_format(:email, ~r/^[^\s]+@[^\s]+$/,
        message: "must have the @ sign and no spaces"
      )
      |> validate_length(:email, max: 160)
      |> unsafe_validate_unique(:email, EctoLibSql.Accounts.Repo)
      |> unique_constraint(:email)
    end

    defp validate_password(changeset) do
      changeset
      |> validate_required([:password])
      |> validate_length(:password, min: 12, max: 72)
      |> prepare_changes(fn changeset ->
        changeset
        |> put_change(:hashed_password, hash(get_change(changeset, :password)))
        |> delete_change(:password)
      end)
    end

    def valid_password?(%__MODULE__{hashed_password: hashed}, password),
      do: hashed == hash(password)

    def valid_password?(_nobody, _password), do: false

    defp hash(password), do: Base.encode64(:crypto.hash(:sha256, password))
  end

  defmodule UserToken do
    @moduledoc false
    use Ecto.Schema
    import Ecto.Query

    @session_validity_in_days 14
    @magic_link_validity_in_minutes 15

    schema "users_tokens" do
      field(:token, :binary)
      field(:context, :string)
      field(:sent_to, :string)
      field(:authenticated_at, :utc_datetime)
      belongs_to(:user, EctoLibSql.Accounts.User)

      timestamps(type: :utc_datetime, updated_at: false)
    end

    def build_session_token(user) do
      token = :crypto.strong_rand_bytes(32)
      time = user.authenticated_at || DateTime.truncate(DateTime.utc_now(), :second)

      {token,
       %__MODULE__{token: token, context: "session", user_id: user.id, authenticated_at: time}}
    end

    def verify_session_token_query(token) do
      from(token in by_token_and_context(token, "session"),
        join: user in assoc(token, :user),
        where: token.inserted_at > ago(@session_validity_in_days, "day"),
        select: {%{user | authenticated_at: token.authenticated_at}, token.inserted_at}
      )
    end

    def verify_magic_link_token_query(token) do
      with {:ok, decoded} <- Base.url_decode64(token, padding: false) do
        query =
          from(token in by_token_and_context(:crypto.hash(:sha256, decoded), "login"),
            join: user in assoc(token, :user),
            where: token.inserted_at > ago(^@magic_link_validity_in_minutes, "minute"),
            where: token.sent_to == user.email,
            select: {user, token}
          )

        {:ok, query}
      end
    end

    # Stores only the hash of the token that is sent.
    def build_email_token(user, context) do
      token = :crypto.strong_rand_bytes(32)
      hashed = :crypto.hash(:sha256, token)

      {Base.url_encode64(token, padding: false),
       %__MODULE__{token: hashed, context: context, sent_to: user.email, user_id: user.id}}
    end

    def verify_email_token_query(token, context, days) do
      with {:ok, decoded} <- Base.url_decode64(token, padding: false) do
        query =
          from(token in by_token_and_context(:crypto.hash(:sha256, decoded), context),
            join: user in assoc(token, :user),
            where: token.inserted_at > ago(^days, "day") and token.sent_to == user.email,
            select: user
          )

        {:ok, query}
      end
    end

    def verify_change_email_token_query(token, "change:" <> _ = context) do
      with {:ok, decoded} <- Base.url_decode64(token, padding: false) do
        {:ok,
         from(token in by_token_and_context(:crypto.hash(:sha256, decoded), context),
           where: token.inserted_at > ago(7, "day")
         )}
      end
    end

    def by_token_and_context(token, context),
      do: from(__MODULE__, where: [token: ^token, context: ^context])

    def by_user_and_contexts(user, :all), do: from(t in __MODULE__, where: t.user_id == ^user.id)

    def by_user_and_contexts(user, [_ | _] = contexts),
      do: from(t in __MODULE__, where: t.user_id == ^user.id and t.context in ^contexts)
  end

  ## The context

  def get_user_by_email(email) when is_binary(email), do: Repo.get_by(User, email: email)

  def get_user_by_email_and_password(email, password) do
    user = Repo.get_by(User, email: email)
    if User.valid_password?(user, password), do: user
  end

  def register_user(attrs), do: %User{} |> User.registration_changeset(attrs) |> Repo.insert()

  def generate_user_session_token(user) do
    {token, user_token} = UserToken.build_session_token(user)
    Repo.insert!(user_token)
    token
  end

  def get_user_by_session_token(token),
    do: Repo.one(UserToken.verify_session_token_query(token))

  def delete_user_session_token(token) do
    Repo.delete_all(UserToken.by_token_and_context(token, "session"))
    :ok
  end

  def deliver(user, context) do
    {encoded, token} = UserToken.build_email_token(user, context)
    Repo.insert!(token)
    encoded
  end

  def confirm_user(token) do
    with {:ok, query} <- UserToken.verify_email_token_query(token, "confirm", 7),
         %User{} = user <- Repo.one(query),
         {:ok, %{user: user}} <- Repo.transaction(confirm_user_multi(user)) do
      {:ok, user}
    else
      _ -> :error
    end
  end

  defp confirm_user_multi(user) do
    Ecto.Multi.new()
    |> Ecto.Multi.update(:user, User.confirm_changeset(user))
    |> Ecto.Multi.delete_all(:tokens, UserToken.by_user_and_contexts(user, ["confirm"]))
  end

  def update_user_email(user, token) do
    context = "change:#{user.email}"

    Repo.transact(fn ->
      with {:ok, query} <- UserToken.verify_change_email_token_query(token, context),
           %UserToken{sent_to: email} <- Repo.one(query),
           {:ok, user} <- Repo.update(User.email_changeset(user, %{email: email})),
           {_count, _result} <- Repo.delete_all(UserToken.by_user_and_contexts(user, [context])) do
        {:ok, user}
      else
        _ -> {:error, :transaction_aborted}
      end
    end)
  end

  def login_user_by_magic_link(token) do
    with {:ok, query} <- UserToken.verify_magic_link_token_query(token) do
      case Repo.one(query) do
        {%User{confirmed_at: nil} = user, _token} ->
          user |> User.confirm_changeset() |> update_user_and_delete_all_tokens()

        {user, token} ->
          Repo.delete!(token)
          {:ok, {user, []}}

        nil ->
          {:error, :not_found}
      end
    end
  end

  defp update_user_and_delete_all_tokens(changeset) do
    Repo.transact(fn ->
      with {:ok, user} <- Repo.update(changeset) do
        expired = Repo.all_by(UserToken, user_id: user.id)
        Repo.delete_all(from(t in UserToken, where: t.id in ^Enum.map(expired, & &1.id)))
        {:ok, {user, expired}}
      end
    end)
  end

  def reset_user_password(user, attrs) do
    Ecto.Multi.new()
    |> Ecto.Multi.update(:user, User.password_changeset(user, attrs))
    |> Ecto.Multi.delete_all(:tokens, UserToken.by_user_and_contexts(user, :all))
    |> Repo.transaction()
    |> case do
      {:ok, %{user: user}} -> {:ok, user}
      {:error, :user, changeset, _} -> {:error, changeset}
    end
  end
end
