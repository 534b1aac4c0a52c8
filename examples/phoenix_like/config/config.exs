import Config

config :shop, ecto_repos: [Shop.Repo]

# SHOP_SERVER names a libSQL server by its URL; without it, the database is a file.
location =
  case System.get_env("SHOP_SERVER") do
    nil ->
      file = System.get_env("SHOP_DATABASE") || Path.expand("../shop_#{config_env()}.db", __DIR__)
      [database: file]

    url ->
      [uri: url, auth_token: System.get_env("SHOP_TOKEN")]
  end

config :shop, Shop.Repo, location ++ [pool_size: 5]

if config_env() == :test do
  config :shop, Shop.Repo, pool: Ecto.Adapters.SQL.Sandbox
  config :logger, level: :warning
end
