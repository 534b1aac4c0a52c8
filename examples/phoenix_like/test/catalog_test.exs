defmodule Shop.CatalogTest do
  use ExUnit.Case, async: true

  alias Shop.{Accounts, Catalog, Repo}

  setup do
    owner = Ecto.Adapters.SQL.Sandbox.start_owner!(Repo)
    on_exit(fn -> Ecto.Adapters.SQL.Sandbox.stop_owner(owner) end)
    {:ok, user} = Accounts.register_user(%{email: "cy@example.com", password: "a long password"})

    {:ok, pot} =
      Catalog.create_product(%{name: "Pot", price: "1.50", stock: 3, tags: ["clay", "red"]})

    {:ok, lamp} =
      Catalog.create_product(%{
        name: "Bulb",
        price: "20",
        stock: 5,
        details: %{origin: %{country: "SE"}}
      })

    {:ok, user: user, pot: pot, lamp: lamp}
  end

  test "products are found by tag and by what their details say", %{pot: pot, lamp: lamp} do
    assert Enum.map(Catalog.list_tagged("clay"), & &1.id) == [pot.id]
    assert Enum.map(Catalog.list_made_in("SE"), & &1.id) == [lamp.id]
    assert Decimal.equal?(hd(Catalog.list_tagged("red")).price, "1.5")
  end

  test "an order takes from the stock, or changes nothing", %{user: user, pot: pot, lamp: lamp} do
    assert {:ok, order} = Catalog.place_order(user, [{pot.id, 2}, {lamp.id, 1}])
    assert Enum.map(order.lines, &{&1.product.name, &1.quantity}) == [{"Pot", 2}, {"Bulb", 1}]
    assert {:error, changeset} = Catalog.place_order(user, [{lamp.id, 1}, {pot.id, 2}])
    assert {"is sold out", _} = changeset.errors[:stock]
    assert Repo.reload!(lamp).stock == 4
    assert [%{name: "Bulb", rank: 1}, %{name: "Pot", sold: 2, rank: 2}] = Catalog.best_sellers()
  end

  test "a product that was sold cannot go", %{user: user, pot: pot} do
    {:ok, _} = Catalog.place_order(user, [{pot.id, 1}])

    change =
      pot
      |> Ecto.Changeset.change()
      |> Ecto.Changeset.foreign_key_constraint(:id, name: :order_lines_product_id_fkey)

    assert {:error, _} = Repo.delete(change)
  end
end
