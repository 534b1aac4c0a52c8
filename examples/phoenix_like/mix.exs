defmodule Shop.MixProject do
  use Mix.Project

  # An application as `mix phx.new` lays it out, without the web part.
  def project do
    [
      app: :shop,
      version: "0.1.0",
      elixir: "~> 1.14",
      elixirc_paths: ["lib"],
      start_permanent: Mix.env() == :prod,
      deps: deps(System.get_env("ECTO_DEPS_DIR")),
      aliases: aliases()
    ]
  end

  def application, do: [mod: {Shop.Application, []}, extra_applications: [:logger]]

  defp deps(nil), do: [{:ecto_libsql, path: "../.."}, {:ecto_sql, "~> 3.13"}, {:jason, "~> 1.4"}]

  # Sources in a folder, for machines without Hex.
  defp deps(folder) do
    sources =
      for app <- ~w(telemetry decimal jason db_connection ecto ecto_sql)a,
          do: {app, path: Path.join(folder, "#{app}"), override: true}

    [{:ecto_libsql, path: "../.."} | sources]
  end

  defp aliases do
    [
      "ecto.setup": ["ecto.create", "ecto.migrate", "run priv/repo/seeds.exs"],
      "ecto.reset": ["ecto.drop", "ecto.setup"],
      test: ["ecto.create --quiet", "ecto.migrate --quiet", "test"]
    ]
  end
end
