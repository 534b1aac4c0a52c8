# Prepares the test suites that ecto and ecto_sql ship for adapters: repositories, databases and schemas, and the list
# of excluded tests with the reason for each.

defmodule Ecto.Integration.LibSqlSetup do
  @moduledoc false

  alias EctoLibSql.Suite

  # The prefixes that the suites use, and the files that they name here.
  @prefixes [{"ecto_prefix_test", "prefix"}, {"bad_schema_migrations", "bad"}]

  # At most seven.
  @excluded_tags [
    # Sends `SET TRANSACTION ISOLATION LEVEL`, a statement that SQLite does not have.
    :transaction_isolation,
    # Asserts that a pool of one connection is too small to migrate. Our lock needs no connection, so it is not.
    :lock_for_migrations,
    # Asserts that an interval is truncated by the column options `fields` and `precision`, as in PostgreSQL.
    :duration_type
  ]

  @excluded_names [
    # Both have PostgreSQL's array syntax in fragments.
    :"test fragment array types",
    :"test Converts empty array correctly",
    # Asserts that the parameter of a UUID is 16 bytes; here it is a text.
    :"test telemetry cast params",
    # Relies on a column of type string or integer refusing a number or a date. SQLite stores both.
    :"test does not commit migration if insert into schema migration fails"
  ]

  # A shared database in memory has no snapshots: a reader waits until a write transaction ends.
  @excluded_in_memory [:"test transactions are not shared in repo"]

  def excluded_tags, do: @excluded_tags

  # A server has one database, so that no prefix names another one.
  @excluded_on_servers [:"test prefix"]

  def excluded_names, do: @excluded_names ++ excluded_in_memory() ++ excluded_on_servers()
  def excluded_on_servers, do: if(Suite.server?(), do: @excluded_on_servers, else: [])
  def excluded_in_memory, do: if(suite() == "memory", do: @excluded_in_memory, else: [])

  def folder, do: Path.join(System.tmp_dir!(), "ecto_libsql_shared_#{System.pid()}")
  def dep(app), do: Mix.Project.deps_paths() |> Map.fetch!(app)

  def files do
    [
      {:ecto, "cases", ~w(assoc interval joins preload repo type windows)},
      {:ecto_sql, "sql",
       ~w(alter lock logging migration migrator query_many sandbox sql stream subquery transaction)}
    ]
    |> Enum.flat_map(fn {app, folder, names} ->
      for name <- names, do: Path.join([dep(app), "integration_test", folder, name <> ".exs"])
    end)
  end

  def exclude do
    names = for name <- excluded_names(), do: {:test, name}
    present = ExUnit.configuration()[:exclude] || []
    ExUnit.configure(exclude: Enum.uniq(present ++ @excluded_tags ++ names))
  end

  # Files, or with ECTO_LIBSQL_SUITE databases in memory (memory), or what EctoLibSql.Suite makes of them.
  defp suite, do: Suite.name()

  def database(name) do
    if suite() == "memory",
      do: [database: ":memory:", shared_memory: "suite_" <> name],
      else: Suite.options(database: path(name))
  end

  def path(name), do: if(suite() == "memory", do: ":memory:", else: file(name))
  def file(name), do: Path.join(folder(), name <> ".db")

  # A server has one database, so that a prefix names none.
  def attached do
    if Suite.server?(),
      do: [],
      else: [attach: for({prefix, name} <- @prefixes, do: {prefix, file(name)})]
  end

  # The database of a server is there from the start.
  defp create(repo) do
    {:ok, _} = Ecto.Adapters.LibSql.ensure_all_started(repo.config(), :temporary)

    unless Suite.server?() do
      _ = Ecto.Adapters.LibSql.storage_down(repo.config())
      :ok = Ecto.Adapters.LibSql.storage_up(repo.config())
    end
  end

  # Called before the migration, which reads the excluded tags.
  def start do
    repos = [Ecto.Integration.TestRepo, Ecto.Integration.PoolRepo]

    for repo <- repos do
      create(repo)
      {:ok, _pid} = repo.start_link()
      :ok = Ecto.Migrator.up(repo, 0, Ecto.Integration.Migration, log: false)
    end

    Ecto.Adapters.SQL.Sandbox.mode(Ecto.Integration.TestRepo, :manual)
    Process.flag(:trap_exit, true)
    ExUnit.after_suite(fn _result -> File.rm_rf!(folder()) end)
  end

  # Some modules have async: true, although all write to one file.
  def load(file) do
    file
    |> File.read!()
    |> String.replace("async: true", "async: false")
    |> Code.compile_string(file)
  end
end

defmodule Ecto.Integration.LibSqlJsonColumns do
  # Declares columns of maps as JSON, which `decode: :declared` decodes.
  def column_type(type, opts), do: if(map?(type) and !opts[:strict], do: "JSON")

  defp map?(type), do: type == :map or match?({:map, _inner}, type)
end

alias Ecto.Integration.LibSqlSetup

Application.put_env(:ecto_libsql, :type_extensions, [Ecto.Integration.LibSqlJsonColumns])
Application.put_env(:ecto, :primary_key_type, :id)
Application.put_env(:ecto, :async_integration_tests, false)
Application.put_env(:ecto_sql, :lock_for_update, "FOR UPDATE")

File.rm_rf!(LibSqlSetup.folder())
File.mkdir_p!(LibSqlSetup.folder())

# Two databases, because the sandbox keeps a write transaction open in its own.
test_repo = [
  pool: Ecto.Adapters.SQL.Sandbox,
  show_sensitive_data_on_connection_error: true,
  log: false
]

pool_repo = [
  pool_size: 10,
  max_restarts: 20,
  max_seconds: 10,
  # In "transactions are not shared in repo" one that writes waits for another one that reads.
  default_transaction_mode: :deferred,
  log: false
]

for app <- [:ecto_libsql, :ecto_sql] do
  Application.put_env(app, Ecto.Integration.TestRepo, LibSqlSetup.database("test") ++ test_repo)

  Application.put_env(
    app,
    Ecto.Integration.PoolRepo,
    LibSqlSetup.database("pool") ++ LibSqlSetup.attached() ++ pool_repo
  )
end

Code.require_file(Path.join(LibSqlSetup.dep(:ecto_sql), "integration_test/support/repo.exs"))

defmodule Ecto.Integration.TestRepo do
  use Ecto.Integration.Repo, otp_app: :ecto_sql, adapter: Ecto.Adapters.LibSql

  # A prefix is an attached database, which exists from the start.
  def create_prefix(_prefix), do: "SELECT 1"
  def drop_prefix(_prefix), do: "SELECT 1"
  def uuid, do: Ecto.UUID

  @impl true
  def default_options(_operation), do: [decode: :declared]
end

defmodule Ecto.Integration.PoolRepo do
  use Ecto.Integration.Repo, otp_app: :ecto_sql, adapter: Ecto.Adapters.LibSql

  @impl true
  def default_options(_operation), do: [decode: :declared]
end

Code.require_file(Path.join(LibSqlSetup.dep(:ecto), "integration_test/support/schemas.exs"))
Code.require_file(Path.join(LibSqlSetup.dep(:ecto_sql), "integration_test/support/migration.exs"))

defmodule Ecto.Integration.Case do
  use ExUnit.CaseTemplate

  setup do
    :ok = Ecto.Adapters.SQL.Sandbox.checkout(Ecto.Integration.TestRepo)

    on_exit(fn ->
      for name <- ["test", "pool"] do
        EctoLibSql.PortableSql.verify!(Ecto.Integration.LibSqlSetup.path(name))
      end
    end)
  end
end
