defmodule EctoLibSql.EctoCase do
  @moduledoc false
  # Starts a repository on a new file for each test, so that tests may be async.

  use ExUnit.CaseTemplate

  using do
    quote do
      import Ecto.Query
      import EctoLibSql.EctoCase
      alias EctoLibSql.EctoRepo, as: Repo
    end
  end

  setup context do
    folder =
      Path.join(
        System.tmp_dir!(),
        "ecto_libsql_#{System.unique_integer([:positive])}_#{System.pid()}"
      )

    File.mkdir_p!(folder)
    options = [database: Path.join(folder, "test.db"), pool_size: 2, log: false, name: nil]
    options = options ++ attached(context[:attach] || [], folder)
    options = Keyword.merge(options, context[:repo] || [])
    {:ok, repo} = start_supervised({EctoLibSql.EctoRepo, EctoLibSql.Suite.options(options)})

    EctoLibSql.EctoRepo.put_dynamic_repo(repo)
    EctoLibSql.PortableSql.watch(repo, options)

    # A connection is closed in the background and may still write a file while the folder is removed.
    on_exit(fn ->
      EctoLibSql.SuiteServers.release(folder)
      File.rm_rf(folder)
      EctoLibSql.PortableSql.verify!(options[:database])
    end)

    {:ok, folder: folder, repo: repo, database: options[:database]}
  end

  defp attached([], _folder), do: []

  defp attached(names, folder),
    do: [attach: for(name <- names, do: {name, Path.join(folder, name <> ".db")})]

  @doc "Runs a text of any number of statements."
  def sql!(text), do: EctoLibSql.EctoRepo.query!(text)

  def rows(text, params \\ []), do: EctoLibSql.EctoRepo.query!(text, params).rows

  @doc "Runs migration commands, given as a function of an `Ecto.Migration`."
  def migrate!(module) do
    Ecto.Migrator.up(EctoLibSql.EctoRepo, System.unique_integer([:positive]), module,
      log: false,
      dynamic_repo: EctoLibSql.EctoRepo.get_dynamic_repo()
    )
  end
end

defmodule EctoLibSql.EctoRepo do
  @moduledoc false
  use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSql
end
