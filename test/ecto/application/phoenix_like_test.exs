defmodule Ecto.Adapters.LibSql.PhoenixLikeTest do
  # Runs mix tasks of the example application in another VM. The first run is slow, because it compiles Ecto.
  use ExUnit.Case, async: true

  @moduletag :slow
  @moduletag timeout: 600_000

  @example Path.expand("../../../examples/phoenix_like", __DIR__)

  setup do
    folder = Path.join(System.tmp_dir!(), "ecto_libsql_shop_#{System.pid()}")
    File.mkdir_p!(folder)
    on_exit(fn -> File.rm_rf!(folder) end)
    {:ok, database: Path.join(folder, "shop.db"), folder: folder}
  end

  defp mix(args, env, database, more \\ []) do
    options = [
      cd: @example,
      stderr_to_stdout: true,
      env: [
        {"MIX_ENV", env},
        {"SHOP_DATABASE", database},
        {"MIX_BUILD_PATH", Path.join(Mix.Project.build_path(), "phoenix_like_#{env}")} | more
      ]
    ]

    {text, status} = System.cmd("mix", args, options)
    assert status == 0, "mix #{Enum.join(args, " ")} ended with #{status}:\n#{text}"
    text
  end

  test "the example's tests pass with async: true in the sandbox", %{database: database} do
    assert mix(["test"], "test", database) =~ "7 tests, 0 failures"
  end

  test "the same tests pass on a server that one environment variable names", %{folder: folder} do
    {:ok, server} = EctoLibSql.DevServer.start_link(token: "shop")
    url = {"SHOP_SERVER", EctoLibSql.DevServer.url(server)}
    variables = [url, {"SHOP_TOKEN", "shop"}]
    unused = Path.join(folder, "unused.db")
    assert mix(["test"], "test", unused, variables) =~ "7 tests, 0 failures"
    refute File.exists?(unused)
  end

  test "mix ecto.create, migrate, dump, load, rollback and drop work, and the seeds run", %{
    database: database,
    folder: folder
  } do
    assert mix(["ecto.create"], "dev", database) =~ "has been created"
    assert mix(["ecto.migrate"], "dev", database) =~ "Migrated 20240101000003"
    mix(["run", "priv/repo/seeds.exs"], "dev", database)
    structure = Path.join(folder, "structure.sql")
    refute mix(["ecto.dump", "-d", structure], "dev", database) =~ "[warning]"
    assert File.read!(structure) =~ "20240101000003"

    copy = Path.join(folder, "copy.db")
    mix(["ecto.create"], "dev", copy)
    mix(["ecto.load", "-d", structure, "--skip-if-loaded"], "dev", copy)
    refute mix(["ecto.migrate"], "dev", copy) =~ "Migrated"

    backup = Path.join(folder, "backup.db")

    for task <- [["doctor", database], ["backup", database, backup], ["convert", backup]] do
      [name | arguments] = task
      refute mix(["ecto_libsql." <> name | arguments], "dev", database) =~ "[warning]"
    end

    assert mix(["ecto.rollback", "--all"], "dev", database) =~ "Migrated 20240101000001"
    assert mix(["ecto.drop"], "dev", database) =~ "has been dropped"
    refute File.exists?(database)
  end
end
