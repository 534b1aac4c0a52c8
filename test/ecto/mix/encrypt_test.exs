defmodule Mix.Tasks.EctoLibsql.EncryptTest do
  # Not async: environment variables, and the shell of Mix.
  use ExUnit.Case, async: false

  alias Mix.Tasks.EctoLibsql.{Backup, Doctor}
  alias Mix.Tasks.EctoLibsql.Encrypt

  @moduletag :plain
  @key "a key of 32 bytes, used in tests"

  setup do
    Mix.shell(Mix.Shell.Process)

    folder =
      Path.join(
        System.tmp_dir!(),
        "ecto_libsql_#{System.unique_integer([:positive])}_#{System.pid()}"
      )

    File.mkdir_p!(folder)
    path = Path.join(folder, "test.db")
    {:ok, state} = EctoLibSql.connect(database: path)
    EctoLibSql.query!(state, "CREATE TABLE t AS SELECT 42 AS x")
    EctoLibSql.disconnect([], state)
    System.put_env("ECTO_LIBSQL_KEY", @key)
    System.put_env("ECTO_LIBSQL_NEW", "base64:" <> Base.encode64(:binary.copy(<<0, 255>>, 16)))

    on_exit(fn ->
      Mix.shell(Mix.Shell.IO)
      for name <- ~w(ECTO_LIBSQL_KEY ECTO_LIBSQL_NEW), do: System.delete_env(name)
      File.rm_rf(folder)
    end)

    {:ok, path: path, folder: folder}
  end

  defp value(path, options) do
    {:ok, state} = EctoLibSql.connect([database: path] ++ options)
    [[value]] = EctoLibSql.query!(state, "SELECT x FROM t").rows
    EctoLibSql.disconnect([], state)
    value
  end

  test "encrypts, changes the key and decrypts", %{path: path} do
    Encrypt.run([path, "--new-key-env", "ECTO_LIBSQL_KEY"])
    assert_received {:mix_shell, :info, [text]}
    assert text == "#{path}: encrypted"
    assert value(path, encryption_key: @key) == 42

    Encrypt.run([
      path,
      "--key-env",
      "ECTO_LIBSQL_KEY",
      "--new-key-env",
      "ECTO_LIBSQL_NEW",
      "--new-cipher",
      "aes256gcm"
    ])

    new = [encryption_key: :binary.copy(<<0, 255>>, 16), encryption_cipher: :aes256gcm]
    assert value(path, new) == 42
    Encrypt.run([path, "--key-env", "ECTO_LIBSQL_NEW", "--cipher", "aes256gcm", "--decrypt"])
    assert value(path, []) == 42
  end

  test "says what is wrong, and changes nothing", %{path: path} do
    before = File.read!(path)

    for {args, text} <- [
          {[path], "--new-key-env"},
          {[path, "--new-key-env", "ECTO_LIBSQL_NONE"], "holds no key"},
          {[path, "--key-env", "ECTO_LIBSQL_KEY", "--decrypt"], "not encrypted"},
          {[path, "--decrypt", "--new-key-env", "ECTO_LIBSQL_KEY"], "no new key"},
          {[path, "--new-key-env", "ECTO_LIBSQL_KEY", "--new-cipher", "rot13"], "rot13"},
          {[], "usage"}
        ] do
      error = assert_raise Mix.Error, fn -> Encrypt.run(args) end
      assert error.message =~ text
      refute error.message =~ @key
    end

    assert File.read!(path) == before
  end

  test "a backup and a report take the key", %{path: path, folder: folder} do
    Encrypt.run([path, "--new-key-env", "ECTO_LIBSQL_KEY"])
    copy = Path.join(folder, "copy.db")
    Backup.run([path, copy, "--key-env", "ECTO_LIBSQL_KEY"])
    assert value(copy, encryption_key: @key) == 42
    Doctor.run([copy, "--key-env", "ECTO_LIBSQL_KEY"])
    error = assert_raise Mix.Error, fn -> Doctor.run([copy]) end
    assert error.message =~ "encrypted with aes256cbc"
  end
end
