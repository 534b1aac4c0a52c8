import Config

config :shop, ecto_repos: [Shop.Repo]

database = System.get_env("SHOP_DATABASE") || Path.expand("../shop_#{config_env()}.db", __DIR__)
config :shop, Shop.Repo, database: database, pool_size: 5

if config_env() == :test do
  config :shop, Shop.Repo, pool: Ecto.Adapters.SQL.Sandbox
  config :logger, level: :warning
end
