Code.require_file("tools/mix_compile_libsql.exs", __DIR__)

defmodule EctoLibSql.MixProject do
  @moduledoc false
  # Compiles in three ways, whichever the machine allows (docs: "With and without Hex"):
  #
  #   * ECTO_DEPS_DIR names a folder with ecto, ecto_sql, db_connection, decimal, telemetry (and
  #     jason, table, stream_data) as sources: they become path dependencies;
  #   * Hex is installed: the usual dependencies;
  #   * neither: the driver alone.
  #
  # Code that needs DBConnection is in lib/optional/with_db_connection
  # (lib/optional/without_db_connection has the same modules for builds without it), code that needs
  # Ecto in lib/ecto and lib/mix.

  use Mix.Project

  @version "0.10.0"
  @sources ~w(telemetry decimal jason db_connection ecto ecto_sql stream_data table)a
  # What the benchmarks compare with, where it is to be had.
  @peer ~w(elixir_make exqlite ecto_sqlite3)a
  # What `mix docs` needs, where it is to be had.
  @docs ~w(ex_doc)a

  def project do
    with_what = dependencies_from()

    [
      app: :ecto_libsql,
      version: @version,
      elixir: "~> 1.14",
      name: "ecto_libsql",
      description: "libSQL and SQLite for Elixir: a DBConnection driver and an Ecto adapter",
      start_permanent: Mix.env() == :prod,
      compilers: [:libsql] ++ Mix.compilers(),
      libsql_build: summary(with_what),
      build_path: build_path(with_what),
      elixirc_paths: elixirc_paths(with_what),
      test_paths: ["test/driver"] ++ if(ecto?(with_what), do: ["test/ecto"], else: []),
      aliases: aliases(with_what),
      deps: deps(with_what),
      package: package(),
      docs: docs()
    ]
  end

  def application do
    [extra_applications: [:logger]]
  end

  # --- Which way ---

  defp dependencies_from do
    case System.get_env("ECTO_DEPS_DIR") do
      dir when dir in [nil, ""] -> if Code.ensure_loaded?(Hex), do: :hex, else: :nothing
      dir -> {:folder, Path.expand(dir), found_in(Path.expand(dir))}
    end
  end

  defp found_in(dir) do
    there? = &File.regular?(Path.join([dir, "#{&1}", "mix.exs"]))

    case Enum.filter(@sources, there?) do
      [] ->
        Mix.raise("ECTO_DEPS_DIR=#{dir} holds none of #{Enum.join(@sources, ", ")}")

      found ->
        found ++ if(Enum.all?(@peer, there?), do: @peer, else: []) ++ Enum.filter(@docs, there?)
    end
  end

  defp pool?(:hex), do: true
  defp pool?(:nothing), do: false
  defp pool?({:folder, _, found}), do: [:telemetry, :db_connection] -- found == []

  defp ecto?({:folder, _, found} = how),
    do: pool?(how) and [:decimal, :ecto, :ecto_sql] -- found == []

  defp ecto?(how), do: pool?(how)

  defp summary(:hex), do: "with Ecto (dependencies from Hex)"
  defp summary(:nothing), do: "the driver alone (no Hex, no ECTO_DEPS_DIR)"

  defp summary({:folder, dir, _} = how) do
    cond do
      ecto?(how) -> "with Ecto (sources in #{dir})"
      pool?(how) -> "with DBConnection, without Ecto (sources in #{dir})"
      true -> "the driver alone (no db_connection in #{dir})"
    end
  end

  # Builds with and without Ecto do not overwrite each other.
  defp build_path(:hex), do: "_build"
  defp build_path(how), do: if(ecto?(how), do: "_build/ecto", else: build_path_without_ecto(how))

  defp build_path_without_ecto(how) do
    if pool?(how), do: "_build/db_connection", else: "_build/driver"
  end

  defp elixirc_paths(how) do
    pool =
      if pool?(how),
        do: "lib/optional/with_db_connection",
        else: "lib/optional/without_db_connection"

    ecto = if ecto?(how), do: ["lib/ecto", "lib/mix"], else: []
    support = if Mix.env() == :test, do: ["test/support"], else: []
    ["lib/ecto_libsql.ex", "lib/ecto_libsql", pool] ++ ecto ++ support
  end

  defp deps(:nothing), do: []

  defp deps({:folder, dir, found}) do
    for app <- found, do: {app, [path: Path.join(dir, "#{app}")] ++ folder_options(app)}
  end

  defp deps(:hex) do
    [
      {:ecto_sql, "~> 3.13"},
      {:db_connection, "~> 2.6"},
      {:telemetry, "~> 1.0"},
      {:jason, "~> 1.4", optional: true},
      {:table, "~> 0.1", optional: true},
      {:stream_data, "~> 1.0", only: [:dev, :test]},
      {:ecto_sqlite3, ">= 0.22.0", only: :bench},
      {:ex_doc, "~> 0.31", only: :dev, runtime: false}
    ]
  end

  defp folder_options(:stream_data), do: [only: [:dev, :test]]
  defp folder_options(app) when app in [:jason, :table], do: [optional: true]
  defp folder_options(app) when app in @peer, do: [only: :bench]
  defp folder_options(app) when app in @docs, do: [only: :dev, runtime: false]
  defp folder_options(_app), do: []

  # --- Tests, package, documentation ---

  defp aliases(how) do
    if ecto?(how), do: [], else: [test: [&say_what_is_skipped/1, "test"]]
  end

  defp say_what_is_skipped(_args) do
    Mix.shell().info("test/ecto: skipped (Ecto not found: set ECTO_DEPS_DIR or install Hex)")
  end

  defp package do
    [
      licenses: ["Apache-2.0"],
      links: %{},
      files:
        ~w(lib mix.exs .formatter.exs README.md CHANGELOG.md LICENSE CMakeLists.txt CMakePresets.json
           cmake native/CMakeLists.txt native/include native/src native/nif native/server
           tools/mix_compile_libsql.exs)
        |> Enum.filter(&File.exists?(Path.join(__DIR__, &1)))
    ]
  end

  defp docs do
    [
      main: "overview",
      extras: guides() ++ Path.wildcard("docs/*.md") ++ Path.wildcard("CHANGELOG.md"),
      groups_for_extras: [
        Guides: ~r"docs/guides/(?!coming_from)",
        "Coming from": ~r"docs/guides/coming_from",
        Reference: ~r"docs/[^/]+\.md"
      ],
      groups_for_modules: [
        Ecto: [
          ~r/^Ecto\.Adapters/,
          EctoLibSql.AdapterName,
          EctoLibSql.Vector,
          EctoLibSql.Change,
          EctoLibSql.Migration
        ],
        Driver: [
          EctoLibSql,
          EctoLibSql.Native,
          EctoLibSql.Native.PreparedStatements,
          EctoLibSql.Native.Batch,
          EctoLibSql.Native.Vectors,
          EctoLibSql.Native.Replica,
          EctoLibSql.Query,
          EctoLibSql.Result,
          EctoLibSql.Cursor,
          EctoLibSql.State,
          EctoLibSql.Error,
          EctoLibSql.Options,
          EctoLibSql.EncryptionKey,
          EctoLibSql.AuthToken,
          EctoLibSql.Telemetry
        ],
        Files: [EctoLibSql.Doctor],
        Servers: [EctoLibSql.DevServer, EctoLibSql.ServerDoctor],
        "SQL helpers": [EctoLibSql.Pragma, EctoLibSql.JSON]
      ]
    ]
  end

  # In the order in which docs/guides/overview.md lists them. Where the sources are not those of the
  # repository, there are none.
  defp guides do
    case File.read("docs/guides/overview.md") do
      {:ok, overview} ->
        [_, chapters] = String.split(overview, "## Chapters", parts: 2)
        linked = for [_, name] <- Regex.scan(~r"\]\((\w+\.md)\)", chapters), do: name
        for name <- Enum.uniq(["overview.md" | linked]), do: "docs/guides/" <> name

      {:error, _} ->
        []
    end
  end
end
