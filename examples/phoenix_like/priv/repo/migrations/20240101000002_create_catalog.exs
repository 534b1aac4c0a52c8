defmodule Shop.Repo.Migrations.CreateCatalog do
  use Ecto.Migration

  def change do
    create table(:products) do
      add(:name, :string)
      add(:price, :integer)
      add(:stock, :integer, default: 0)
      add(:tags, {:array, :string}, default: [])
      add(:details, :map, default: %{})
      timestamps()
    end

    create(unique_index(:products, [:name]))

    create table(:orders, primary_key: [name: :id, type: :binary_id]) do
      add(:user_id, references(:users, on_delete: :restrict), null: false)
      timestamps(type: :utc_datetime)
    end

    create table(:order_lines) do
      add(:order_id, references(:orders, type: :binary_id, on_delete: :delete_all), null: false)
      add(:product_id, references(:products, on_delete: :restrict), null: false)
      add(:quantity, :integer, null: false, check: %{name: "some", expr: "quantity > 0"})
    end

    create(index(:order_lines, [:order_id]))
  end
end
