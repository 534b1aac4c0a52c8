# The tests that need Ecto: our own, and the suites that ecto and ecto_sql ship for adapters.

ExUnit.start()
# The suites assert on log lines of this level.
Logger.configure(level: :info)
Code.require_file("support/portable_sql.exs", __DIR__)
Code.require_file("support/ecto_case.exs", __DIR__)
Code.require_file("support/conversion_case.exs", __DIR__)
Code.require_file("support/stored_values.exs", __DIR__)
Code.require_file("support/users_and_posts.exs", __DIR__)
Code.require_file("shared/setup.exs", __DIR__)
Ecto.Integration.LibSqlSetup.exclude()
Ecto.Integration.LibSqlSetup.start()

suites = [Ecto.Integration.TestRepo, Ecto.Integration.PoolRepo]
EctoLibSql.PortableSql.start([EctoLibSql.EctoRepo | suites])

for {repo, name} <- Enum.zip(suites, ["test", "pool"]) do
  file = Ecto.Integration.LibSqlSetup.path(name)
  EctoLibSql.PortableSql.watch(repo, Keyword.put(repo.config(), :database, file))
end
