defmodule Shop.Catalog do
  @moduledoc "Products and orders."

  import Ecto.Query

  alias Shop.Catalog.{Order, Product}
  alias Shop.Repo

  def create_product(attrs), do: %Product{} |> Product.changeset(attrs) |> Repo.insert()

  def list_tagged(tag), do: Repo.all(from(p in Product, where: ^tag in p.tags, order_by: p.name))

  def list_made_in(country) do
    Repo.all(
      from(p in Product, where: p.details["origin"]["country"] == ^country, order_by: p.name)
    )
  end

  @doc "Orders pieces of products, or nothing if one of them is sold out."
  def place_order(user, quantities) do
    Repo.transaction(
      fn ->
        order = Repo.insert!(%Order{user_id: user.id})
        Enum.each(quantities, &add_line(order, &1))
        Repo.preload(order, lines: from(l in Order.Line, order_by: l.id, preload: :product))
      end,
      mode: :immediate
    )
  end

  defp add_line(order, {product_id, quantity}) do
    product = Repo.get!(Product, product_id)

    case product |> Product.changeset(%{stock: product.stock - quantity}) |> Repo.update() do
      {:ok, _product} ->
        Repo.insert!(%Order.Line{order_id: order.id, product_id: product_id, quantity: quantity})

      {:error, changeset} ->
        Repo.rollback(changeset)
    end
  end

  @doc "Turnover and rank of each product that was sold."
  def best_sellers do
    Repo.all(
      from(l in Order.Line,
        join: p in assoc(l, :product),
        group_by: p.id,
        windows: [turnover: [order_by: [desc: sum(l.quantity * p.price)]]],
        order_by: [desc: sum(l.quantity * p.price)],
        select: %{name: p.name, sold: sum(l.quantity), rank: over(rank(), :turnover)}
      )
    )
  end
end
