defmodule EctoLibSql.OtherMigrator do
  @moduledoc false
  # Runs a migration in a second VM with the code paths of this one, and reads its output line by line. Its page cache is
  # small, so that changed pages are written to the write-ahead log before the commit.

  alias EctoLibSql.OtherVM

  @program """
  defmodule Other.Repo do
    use Ecto.Repo, otp_app: :other, adapter: Ecto.Adapters.LibSql
  end

  [path | arguments] = System.argv()
  {:ok, _} = Application.ensure_all_started(:ecto_sql)
  Logger.configure(level: :warning)
  options = [database: path, pool_size: 1, log: false, cache_size: 10]
  {:ok, _} = Other.Repo.start_link(EctoLibSql.Suite.options(options))
  """

  @doc "Starts it with Elixir code that finds the arguments in `arguments`, and a repository `Other.Repo`."
  def start(path, code, arguments \\ []) do
    arguments =
      Enum.flat_map(:code.get_path(), &["-pa", to_string(&1)]) ++
        ["-e", @program <> code, path | arguments]

    Port.open({:spawn_executable, System.find_executable("elixir")}, [
      :binary,
      :exit_status,
      line: 65_536,
      args: arguments
    ])
  end

  @doc "The lines until it ends by itself, which it must do without an error."
  def lines(port) do
    case OtherVM.answer(port, 60_000) do
      "exit 0" -> []
      "exit " <> status -> raise "the other VM ended with #{status}"
      line -> [line | lines(port)]
    end
  end
end
