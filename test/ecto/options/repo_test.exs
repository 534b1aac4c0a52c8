defmodule Ecto.Adapters.LibSql.Options.RepoTest do
  # Options of a repository.
  use EctoLibSql.EctoCase, async: true

  defp start(opts), do: Repo.start_link([name: nil, database: ":memory:", log: false] ++ opts)

  test "a repository does not start with a wrong value of an option" do
    Process.flag(:trap_exit, true)

    for {opts, message} <- [
          {[dialect: :foo], "the option :dialect must be :auto, :sqlite or :libsql, got: :foo"},
          {[migration_lock_term: "x"],
           "the option :migration_lock_term must be a number of seconds above 0, got: \"x\""},
          {[migration_lock_term: 0],
           "the option :migration_lock_term must be a number of seconds above 0, got: 0"},
          {[migration_lock: :yes], "the option :migration_lock must be true or false, got: :yes"},
          {[timeout: "x"], "the option :timeout must be milliseconds or :infinity, got: \"x\""},
          {[fkey_names: 1], "the option :fkey_names must be true or false, got: 1"}
        ] do
      assert {:error, {%ArgumentError{message: ^message}, _stack}} = start(opts)
    end
  end

  test "a repository does not start with an unknown option, and names the nearest one" do
    Process.flag(:trap_exit, true)

    for {opts, message} <- [
          {[pool_sise: 5],
           "unknown option :pool_sise (got: 5) of a repository; did you mean :pool_size?"},
          {[busy_timeuot: 5],
           "unknown option :busy_timeuot (got: 5) of a repository; did you mean :busy_timeout?"},
          {[migration_loc: false],
           "unknown option :migration_loc (got: false) of a repository; did you mean :migration_lock?"},
          {[colour: :red], "unknown option :colour (got: :red) of a repository"}
        ] do
      assert {:error, {%ArgumentError{message: ^message}, _stack}} = start(opts)
    end
  end

  test "a repository takes the options of Ecto, the migrator, the pool and those that libraries read from it" do
    for opts <- [
          [
            adapter: Ecto.Adapters.LibSql,
            priv: "priv/repo",
            start_apps_before_migration: [:logger]
          ],
          [telemetry_prefix: [:my_app], stacktrace: true, default_dynamic_repo: nil],
          [migration_source: "versions", migration_primary_key: [type: :binary_id]],
          [queue_target: 50, queue_interval: 1000, ownership_timeout: 5000, idle_interval: 1000],
          [show_sensitive_data_on_connection_error: true, dump_path: "structure.sql"],
          [scheme: "ecto", hostname: "localhost", port: 1, migrator: Oban.Migrations.SQLite],
          # AshSqlite.Repo puts these in.
          [installed_extensions: [], migrations_path: nil, case_sensitive_like: :on]
        ] do
      assert {:ok, repo} = start(opts)
      Supervisor.stop(repo)
    end
  end
end
