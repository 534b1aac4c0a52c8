defmodule Mix.Tasks.EctoLibsql.Backup do
  @shortdoc "Copies a live database file"

  @moduledoc """
  Copies a database that may be in use into a new file.

      $ mix ecto_libsql.backup priv/my_app.db /backup/my_app.db

  The copy is a consistent snapshot, also while others write. It is verified before it gets its name; a copy
  that fails leaves no file.

  ## Options

    * `--force` - replaces a file that is there
    * `--key-env NAME` - the environment variable with the key of an encrypted file; the copy has the same key.
      `--cipher aes256gcm`, `--kdf scrypt` where it is not libSQL's format
  """

  use Mix.Task

  alias EctoLibSql.{FileMaintenance, KeyOptions}

  @impl Mix.Task
  def run(args) do
    {opts, paths} = OptionParser.parse!(args, strict: [force: :boolean] ++ KeyOptions.switches())
    Mix.Task.run("app.config")

    case paths do
      [from, to] -> copy(from, to, opts)
      _other -> Mix.raise("usage: mix ecto_libsql.backup FILE COPY [--force]")
    end
  end

  defp copy(from, to, opts) do
    key = KeyOptions.connection!(opts)

    case FileMaintenance.backup(from, to, force: opts[:force], key: key) do
      {:ok, size} -> Mix.shell().info("#{to}: #{size} bytes")
      {:error, error} -> Mix.raise(Exception.message(error))
    end
  end
end
