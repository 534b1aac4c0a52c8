defmodule Ecto.Adapters.LibSql.Migration.UpAndDownTest do
  # Migrations as applications and their libraries have them (phx.gen.auth, Oban, shops), one after the other:
  # each step back gives the schema that was there before, with the rows, and each step forward gives it again.
  use EctoLibSql.EctoCase, async: true

  @moduletag :local_answer

  defmodule Auth do
    use Ecto.Migration

    def change do
      create table(:users) do
        add(:email, :citext, null: false)
        add(:hashed_password, :string)
        add(:confirmed_at, :naive_datetime)
        timestamps()
      end

      create(unique_index(:users, [:email]))

      create table(:users_tokens) do
        add(:user_id, references(:users, on_delete: :delete_all), null: false)
        add(:token, :binary, null: false)
        add(:context, :string, null: false)
        add(:sent_to, :string)
        timestamps(updated_at: false)
      end

      create(index(:users_tokens, [:user_id]))
      create(unique_index(:users_tokens, [:context, :token]))
    end
  end

  # The tables of the generator of Phoenix 1.8, from those of Phoenix 1.7.
  defmodule AuthUpgrade do
    use Ecto.Migration

    def change do
      for table <- [:users, :users_tokens] do
        alter table(table) do
          modify(:inserted_at, :utc_datetime, null: false, from: {:naive_datetime, null: false})
        end
      end

      alter table(:users) do
        modify(:confirmed_at, :utc_datetime, from: :naive_datetime)
        modify(:updated_at, :utc_datetime, null: false, from: {:naive_datetime, null: false})
        modify(:email, :string, null: false, collate: :nocase, from: {:citext, null: false})
        add(:role, :string, null: false, default: "member")
      end

      alter table(:users_tokens) do
        add(:authenticated_at, :utc_datetime)
      end

      create(constraint(:users, :known_role, check: "role IN ('member', 'admin')"))
    end
  end

  # As Oban.Migrations.SQLite writes it.
  defmodule Jobs do
    use Ecto.Migration

    def up do
      create_if_not_exists table(:oban_jobs, primary_key: false) do
        add(:id, :bigserial, primary_key: true)
        add(:state, :text, null: false, default: "available")
        add(:queue, :text, null: false, default: "default")
        add(:worker, :text, null: false)
        add(:args, :json, null: false, default: "{}")
        add(:meta, :json, null: false, default: "{}")
        add(:tags, :json, null: false, default: "[]")
        add(:errors, :json, null: false, default: "[]")
        add(:attempt, :integer, null: false, default: 0)
        add(:max_attempts, :integer, null: false, default: 20)
        add(:priority, :integer, null: false, default: 0)
        add(:inserted_at, :utc_datetime_usec, null: false, default: fragment("CURRENT_TIMESTAMP"))

        add(:scheduled_at, :utc_datetime_usec,
          null: false,
          default: fragment("(CURRENT_TIMESTAMP)")
        )

        add(:attempted_at, :utc_datetime_usec)
        add(:attempted_by, :json, null: false, default: "[]")
        add(:completed_at, :utc_datetime_usec)
      end

      create_if_not_exists(index(:oban_jobs, [:state, :queue, :priority, :scheduled_at, :id]))
    end

    def down do
      drop_if_exists(table(:oban_jobs))
    end
  end

  defmodule References do
    use Ecto.Migration

    def change do
      create table(:shops, primary_key: false) do
        add(:id, :binary_id, primary_key: true)
        add(:code, :string, null: false)
        add(:owner_id, references(:users, on_delete: :nilify_all, on_update: :update_all))
      end

      create(unique_index(:shops, [:id, :code]))

      for {name, action} <- [
            nothing: :nothing,
            restrict: :restrict,
            cascade: :delete_all,
            nilify: :nilify_all,
            default: :default_all
          ] do
        create table(:"on_#{name}") do
          add(
            :shop_id,
            references(:shops, type: :binary_id, on_delete: action, name: :"to_#{name}")
          )
        end
      end

      create table(:items) do
        add(:shop_code, :string, default: "none")

        add(
          :shop_id,
          references(:shops,
            type: :binary_id,
            with: [shop_code: :code],
            on_delete: {:nilify, [:shop_id]}
          )
        )

        add(:buyer_id, references(:users), deferrable: true)
        add(:price, :decimal, precision: 10, scale: 2, null: false, default: 0)
        add(:tags, {:array, :string}, default: [])
        add(:details, :map, default: %{})
        add(:sold_at, :utc_datetime_usec)
      end

      create(
        index(:items, ["lower(shop_code)"], name: :items_lower_code, where: "sold_at IS NULL")
      )

      create(constraint(:items, :price_not_negative, check: "price >= 0"))

      create table(:items_users, primary_key: false) do
        add(:item_id, references(:items, on_delete: :delete_all), primary_key: true)
        add(:user_id, references(:users, on_delete: :delete_all), primary_key: true)
      end
    end
  end

  defmodule Changes do
    use Ecto.Migration

    def change do
      alter table(:items) do
        modify(:sold_at, :date, from: :utc_datetime_usec)

        modify(:price, :integer,
          null: false,
          default: 0,
          from: {:decimal, precision: 10, scale: 2, null: false, default: 0}
        )

        modify(:buyer_id, references(:users, on_delete: :nilify_all), from: references(:users))
        remove(:details, :map, default: %{})
        add(:seller_id, references(:users, on_delete: :restrict))
        add(:slug, :string, null: false, default: "?")
      end

      create(unique_index(:items, [:slug], where: "slug <> '?'"))
      drop(index(:items, ["lower(shop_code)"], name: :items_lower_code, where: "sold_at IS NULL"))
      rename(table(:items), :shop_code, to: :code)
      rename(table(:on_nothing), to: table(:on_something))
      rename(index(:items, [:slug], name: :items_slug_index), to: "items_by_slug")

      execute(
        "UPDATE users SET role = 'admin' WHERE id = 1",
        "UPDATE users SET role = 'member' WHERE id = 1"
      )
    end
  end

  @migrations [Auth, AuthUpgrade, Jobs, References, Changes]

  defp run(direction, module, version) do
    apply(Ecto.Migrator, direction, [
      Repo,
      version,
      module,
      [log: false, dynamic_repo: Repo.get_dynamic_repo()]
    ])
  end

  # The schema without the order of columns, which a column that comes back changes.
  defp schema do
    tables =
      for [name] <- rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"),
          not String.starts_with?(name, "schema_migrations"),
          into: %{} do
        {name,
         {rows(
            "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo(?) ORDER BY 1",
            [name]
          ),
          rows(
            "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list(?)",
            [name]
          )
          |> Enum.map(&tl/1)
          |> Enum.sort()}}
      end

    others =
      "SELECT name, sql FROM sqlite_master WHERE type <> 'table' AND sql NOT NULL ORDER BY 1"

    {tables, rows(others)}
  end

  defp healthy! do
    assert rows("PRAGMA integrity_check") == [["ok"]]
    assert rows("PRAGMA foreign_key_check") == []
  end

  defp users do
    rows("SELECT id, email, confirmed_at FROM users")
    |> Enum.map(fn [_, email, at] -> {email, String.trim_trailing(at, "Z")} end)
  end

  test "each step back gives the schema before it, and each step forward gives it again, with the rows" do
    states =
      for {module, version} <- Enum.with_index(@migrations, 1) do
        before = schema()
        assert run(:up, module, version) == :ok
        healthy!()

        if module == Auth do
          sql!("""
          INSERT INTO users (id, email, confirmed_at, inserted_at, updated_at)
          VALUES (1, 'Ada@x', '2024-02-29T12:00:00', '2024-02-29T12:00:00', '2024-02-29T12:00:00');
          INSERT INTO users_tokens (user_id, token, context, inserted_at)
          VALUES (1, x'00ff', 'session', '2024-02-29T12:00:00')
          """)
        end

        {module, version, before, schema()}
      end

    for {module, version, before, later} <- Enum.reverse(states) do
      assert run(:down, module, version) == :ok
      assert {module, schema()} == {module, before}
      healthy!()

      if module != Auth do
        assert run(:up, module, version) == :ok
        assert {module, schema()} == {module, later}
        healthy!()
        assert run(:down, module, version) == :ok
        assert users() == [{"Ada@x", "2024-02-29T12:00:00"}]
        assert rows("SELECT user_id, token FROM users_tokens") == [[1, <<0, 255>>]]
      end
    end

    assert schema() == {%{}, []}
  end

  test "the references do what they say, before and after the later migrations" do
    for {module, version} <- Enum.with_index(@migrations, 1) do
      run(:up, module, version)

      if module in [References, Changes] do
        items = if module == References, do: "shop_code", else: "code"
        nothing = if module == References, do: "on_nothing", else: "on_something"

        Repo.transaction(fn ->
          sql!("""
          INSERT INTO users (id, email, inserted_at, updated_at) VALUES (7, 'a@x', 'n', 'n');
          INSERT INTO shops (id, code, owner_id) VALUES ('s', 'c', 7), ('u', 'c', 7);
          INSERT INTO on_cascade (shop_id) VALUES ('s'); INSERT INTO on_nilify (shop_id) VALUES ('s');
          INSERT INTO on_default (shop_id) VALUES ('s');
          INSERT INTO items (id, #{items}, shop_id) VALUES (1, 'c', 's');
          INSERT INTO items_users VALUES (1, 7);
          INSERT INTO on_restrict (shop_id) VALUES ('u')
          """)

          sql!("DELETE FROM shops WHERE id = 's'")
          assert rows("SELECT count(*) FROM on_cascade") == [[0]]
          assert rows("SELECT shop_id FROM on_nilify") == [[nil]]
          assert rows("SELECT shop_id FROM on_default") == [[nil]]
          assert rows("SELECT #{items}, shop_id FROM items") == [["c", nil]]

          for table <- ["on_restrict", nothing] do
            sql!("DELETE FROM on_restrict; INSERT INTO #{table} (shop_id) VALUES ('u')")
            assert {:error, error} = Repo.query("DELETE FROM shops WHERE id = 'u'")
            name = if table == "on_restrict", do: "to_restrict", else: "to_nothing"

            assert Ecto.Adapters.LibSql.Connection.to_constraints(error, []) == [
                     foreign_key: name
                   ]
          end

          sql!("DELETE FROM items_users")
          sql!("DELETE FROM users WHERE id = 7")
          assert rows("SELECT owner_id FROM shops") == [[nil]]
          Repo.rollback(:done)
        end)
      end
    end
  end

  test "values go with their types, there and back" do
    for {module, version} <- Enum.with_index(@migrations, 1),
        module != Changes,
        do: run(:up, module, version)

    sql!("""
    INSERT INTO items (id, price, sold_at) VALUES (1, 2.5, '2024-02-29T23:59:59.999999Z'), (2, 3, NULL)
    """)

    run(:up, Changes, 5)
    assert rows("SELECT price, sold_at FROM items") == [[3, "2024-02-29"], [3, nil]]
    run(:down, Changes, 5)

    assert rows("SELECT price, sold_at FROM items") == [
             [3, "2024-02-29T00:00:00.000000Z"],
             [3, nil]
           ]
  end
end
