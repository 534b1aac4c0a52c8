defmodule Mix.Tasks.EctoLibsql.Doctor do
  @shortdoc "Explains a database file, or the way to a server"

  @moduledoc """
  Reports what a database file is, how it is set, and what is wrong with it.

      $ mix ecto_libsql.doctor priv/my_app.db

  It only reads. Findings are marked with `!`; the task fails if the file is damaged.

    * size, free pages and the write-ahead log
    * journal mode, page size, version of SQLite
    * `quick_check` and `foreign_key_check`
    * indexes that are a prefix of another one
    * foreign keys without an index on the referring columns
    * of a replica: its server, its position, when that was noted
    * UUIDs kept as bytes in text columns, which comparisons with text miss

  Of a file that cannot be read it says whether it is encrypted or damaged, as far as that shows without the key. An
  encrypted one is examined with its key in an environment variable: `--key-env NAME`, and `--cipher aes256gcm` or `--kdf
  scrypt` where it is not libSQL's format.

  Of a server it says whether it can be reached, with and without TLS, what the token says about itself (until when it is
  valid, what it allows; the token itself is never shown), which transports it offers, and how long a round trip takes; and
  for each failure what to do:

      $ mix ecto_libsql.doctor libsql://my-db.turso.io --token-env TURSO_AUTH_TOKEN

  In a release, `EctoLibSql.Doctor` and `EctoLibSql.ServerDoctor` do the same.
  """

  use Mix.Task

  alias EctoLibSql.{Doctor, KeyOptions, ServerDoctor}

  @impl Mix.Task
  def run(args) do
    switches = [token_env: :string] ++ KeyOptions.switches()
    {opts, paths} = OptionParser.parse!(args, strict: switches)
    Mix.Task.run("app.config")

    case paths do
      [path] ->
        examine(path, opts)

      _other ->
        Mix.raise(
          "usage: mix ecto_libsql.doctor PATH [--key-env NAME], or URL [--token-env NAME]"
        )
    end
  end

  defp examine(path, opts) do
    if ServerDoctor.url?(path),
      do: examine_server(path, token!(opts[:token_env])),
      else: examine_file(path, KeyOptions.connection!(opts))
  end

  # From the environment: every user of the machine sees the arguments of its processes.
  defp token!(nil), do: []

  defp token!(variable) do
    case System.get_env(variable) do
      token when token in [nil, ""] ->
        Mix.raise("the environment variable #{variable} holds no token")

      token ->
        [auth_token: token]
    end
  end

  defp examine_server(url, options) do
    case ServerDoctor.examine(url, options) do
      {:ok, report} ->
        report |> ServerDoctor.lines() |> Enum.each(&Mix.shell().info/1)
        if report.failed, do: Mix.raise(ServerDoctor.failure())

      {:error, error} ->
        Mix.raise(Exception.message(error))
    end
  end

  defp examine_file(path, options) do
    case Doctor.examine(path, options) do
      {:ok, report} ->
        report |> Doctor.lines() |> Enum.each(&Mix.shell().info/1)
        if report.damaged, do: Mix.raise("#{path} is damaged")

      {:error, error} ->
        Mix.raise(Exception.message(error))
    end
  end
end
