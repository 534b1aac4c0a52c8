# mix run priv/repo/seeds.exs

alias Shop.{Accounts, Catalog}

{:ok, _} = Accounts.register_user(%{email: "ada@example.com", password: "correct horse battery"})

for {name, price, tags, country} <- [
      {"Teapot", "24.90", ["kitchen", "clay"], "GB"},
      {"Lamp", "80.00", ["light"], "SE"},
      {"Cup", "7.50", ["kitchen"], "SE"}
    ] do
  {:ok, _} =
    Catalog.create_product(%{
      name: name,
      price: price,
      stock: 10,
      tags: tags,
      details: %{origin: %{country: country}}
    })
end
