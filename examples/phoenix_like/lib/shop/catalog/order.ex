defmodule Shop.Catalog.Order do
  @moduledoc "What a user bought, with its lines."
  use Ecto.Schema

  defmodule Line do
    @moduledoc "Some pieces of one product."
    use Ecto.Schema

    schema "order_lines" do
      field(:quantity, :integer)
      belongs_to(:order, Shop.Catalog.Order, type: :binary_id)
      belongs_to(:product, Shop.Catalog.Product)
    end
  end

  @primary_key {:id, :binary_id, autogenerate: true}
  schema "orders" do
    belongs_to(:user, Shop.Accounts.User)
    has_many(:lines, Line)
    timestamps(type: :utc_datetime)
  end
end
