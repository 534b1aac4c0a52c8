defmodule Shop.Catalog.Product do
  @moduledoc "Something for sale."
  use Ecto.Schema
  import Ecto.Changeset

  schema "products" do
    field(:name, :string)
    field(:price, :decimal)
    field(:stock, :integer, default: 0)
    field(:tags, {:array, :string}, default: [])
    field(:details, :map, default: %{})
    timestamps()
  end

  def changeset(product, attrs) do
    product
    |> cast(attrs, [:name, :price, :stock, :tags, :details])
    |> validate_required([:name, :price])
    |> check_constraint(:stock, name: :stock_not_negative, message: "is sold out")
    |> unique_constraint(:name)
  end
end
