defmodule Mix.Tasks.EctoLibsql.Encrypt do
  @shortdoc "Encrypts a database file, changes its key, or decrypts it"

  @moduledoc """
  Encrypts a database file, changes its key, or decrypts it. The database must not be in use. See `EctoLibSql.rekey/2`.

      $ DB_KEY=... mix ecto_libsql.encrypt priv/my_app.db --new-key-env DB_KEY
      $ OLD=... NEW=... mix ecto_libsql.encrypt priv/my_app.db --key-env OLD --new-key-env NEW
      $ OLD=... mix ecto_libsql.encrypt priv/my_app.db --key-env OLD --decrypt

  Interrupted at any time, the file is whole and has either key.

  ## Options

    * `--new-key-env NAME` - the environment variable with the new key: its text, or `base64:` and the key's bytes
    * `--new-cipher aes256cbc|aes256gcm`, `--new-kdf hkdf|scrypt` - see `EctoLibSql.Options`
    * `--key-env NAME`, `--cipher`, `--kdf` - the present key, if the file is encrypted
    * `--decrypt` - writes a plain file
  """

  use Mix.Task

  alias EctoLibSql.KeyOptions

  @width 40

  @impl Mix.Task
  def run(args) do
    switches = [decrypt: :boolean] ++ KeyOptions.switches() ++ KeyOptions.switches("new-")
    {opts, paths} = OptionParser.parse!(args, strict: switches)
    Mix.Task.run("app.config")

    case paths do
      [path] -> rekey(path, KeyOptions.connection!(opts), new!(opts))
      _other -> Mix.raise("usage: mix ecto_libsql.encrypt FILE --new-key-env NAME")
    end
  end

  defp new!(opts) do
    case {KeyOptions.connection!(opts, "new_"), opts[:decrypt]} do
      {[], true} ->
        [encryption_key: nil]

      {[], _} ->
        Mix.raise("name the new key by --new-key-env, or ask for a plain file by --decrypt")

      {new, nil} ->
        new

      {_new, _} ->
        Mix.raise("--decrypt takes no new key")
    end
  end

  defp rekey(path, present, new) do
    {:ok, _started} = Application.ensure_all_started(:ecto_libsql)
    task = self()
    bar = spawn_link(fn -> show(task) end)
    answer = EctoLibSql.rekey([database: path] ++ present, new ++ [progress: bar])
    send(bar, {:stop, task})

    receive do
      {:stopped, ^bar} -> :ok
    end

    case answer do
      :ok ->
        Mix.shell().info(
          "#{path}: #{if new[:encryption_key], do: "encrypted", else: "decrypted"}"
        )

      {:error, error} ->
        Mix.raise(Exception.message(error))
    end
  end

  # One line that is drawn over; nothing where the output is no terminal.
  defp show(task, drawn? \\ false) do
    receive do
      {:ecto_libsql_backup, left, total} when total > 0 ->
        if terminal?(), do: draw(total - left, total)
        show(task, terminal?())

      {:ecto_libsql_backup, _left, _total} ->
        show(task, drawn?)

      {:stop, ^task} ->
        if drawn?, do: IO.write("\n")
        send(task, {:stopped, self()})
    end
  end

  defp draw(done, total) do
    full = div(done * @width, total)
    bar = String.duplicate("#", full) <> String.duplicate(".", @width - full)
    IO.write("\r[#{bar}] #{div(done * 100, total)} % of #{total} pages")
  end

  defp terminal?, do: match?({:ok, _columns}, :io.columns())
end
