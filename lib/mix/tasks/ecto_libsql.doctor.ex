defmodule Mix.Tasks.EctoLibsql.Doctor do
  @shortdoc "Explains a database file and its settings"

  @moduledoc """
  Reports what a database file is, how it is set, and what is wrong with it.

      $ mix ecto_libsql.doctor priv/my_app.db

  It only reads. Findings are marked with `!`; the task fails if the file is damaged.

    * size, free pages and the write-ahead log
    * journal mode, page size, version of SQLite
    * `quick_check` and `foreign_key_check`
    * indexes that are a prefix of another one
    * foreign keys without an index on the referring columns
    * UUIDs kept as bytes in text columns, which comparisons with text miss

  Of a file that cannot be read it says whether it is encrypted or damaged, as far as that shows without the key. An
  encrypted one is examined with its key in an environment variable: `--key-env NAME`, and `--cipher aes256gcm` or `--kdf
  scrypt` where it is not libSQL's format.

  In a release, `EctoLibSql.Doctor` does the same.
  """

  use Mix.Task

  alias EctoLibSql.{Doctor, KeyOptions}

  @impl Mix.Task
  def run(args) do
    {opts, paths} = OptionParser.parse!(args, strict: KeyOptions.switches())
    Mix.Task.run("app.config")

    case paths do
      [path] -> examine(path, KeyOptions.connection!(opts))
      _other -> Mix.raise("usage: mix ecto_libsql.doctor PATH [--key-env NAME]")
    end
  end

  defp examine(path, options) do
    case Doctor.examine(path, options) do
      {:ok, report} ->
        report |> Doctor.lines() |> Enum.each(&Mix.shell().info/1)
        if report.damaged, do: Mix.raise("#{path} is damaged")

      {:error, error} ->
        Mix.raise(Exception.message(error))
    end
  end
end
