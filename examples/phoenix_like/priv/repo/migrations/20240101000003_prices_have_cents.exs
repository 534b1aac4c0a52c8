defmodule Shop.Repo.Migrations.PricesHaveCents do
  use Ecto.Migration

  # On SQLite both changes rebuild the table; the order lines that refer to it stay.
  def change do
    alter table(:products) do
      modify(:price, :decimal, precision: 10, scale: 2, null: false, from: {:integer, null: true})
      modify(:name, :string, null: false, from: {:string, null: true})
    end

    create(constraint(:products, :stock_not_negative, check: "stock >= 0"))
  end
end
