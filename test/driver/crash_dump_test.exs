defmodule EctoLibSql.CrashDumpTest do
  # A crash dump of the VM holds the heaps and the states of all processes. The key of an open database is not there.
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.OtherVM

  @moduletag :pool

  # Both keys are made in the other VM, so that no command line and no option holds them. A process that ends has made
  # the one; another process holds the control on its heap, to show that a key would be found.
  @program """
  {:ok, _} = Application.ensure_all_started(:ecto_libsql)
  [path, cipher] = System.argv()

  defmodule Keys do
    def of(name), do: :crypto.hash(:sha256, "seed of " <> name)
    def control(parent) do
      key = of("control")
      send(parent, :ready)
      receive do: (:never -> key)
    end
  end

  parent = self()
  spawn(Keys, :control, [parent])
  receive do: (:ready -> :ok)

  {:ok, pool} =
    EctoLibSql.start_link(database: path, encryption_key: {Keys, :of, ["database"]},
      encryption_cipher: String.to_atom(cipher), pool_size: 3, name: Pool)

  {:ok, _} = EctoLibSql.query(pool, "CREATE TABLE t (x)")
  {:ok, _} = EctoLibSql.query(pool, "INSERT INTO t VALUES (1)")
  Process.unlink(pool)

  # The error of a wrong key, in all detail.
  connect = fn ->
    EctoLibSql.connect(database: path, encryption_key: {Keys, :of, ["wrong"]},
      encryption_cipher: String.to_atom(cipher))
  end

  {:error, error} = connect |> Task.async() |> Task.await()
  IO.inspect(error, structs: false)

  :erlang.halt(~c"crash dump on purpose")
  """

  defp key(name), do: :crypto.hash(:sha256, "seed of " <> name)

  # A dump writes bytes in hexadecimal or in base64, where a part of a binary may start at any of three bytes.
  defp spellings(key) do
    base64 =
      for skip <- 0..2, part = binary_part(key, skip, 30 - 3 * div(skip + 2, 3)) do
        Base.encode64(part)
      end

    [key, Base.encode16(key), Base.encode16(key, case: :lower) | base64]
  end

  defp in_dump?(dump, key),
    do: Enum.any?(spellings(key), &(:binary.match(dump, &1) != :nomatch))

  for cipher <- ~w(aes256cbc aes256gcm) do
    test "shows no key of a database in #{cipher}" do
      path = temp_file()
      dump_path = path <> ".dump"

      output =
        OtherVM.crash(@program, [path, unquote(cipher)], [
          {"ERL_CRASH_DUMP", dump_path},
          {"ERL_CRASH_DUMP_SECONDS", "-1"}
        ])

      dump = File.read!(dump_path)
      assert dump =~ "crash dump on purpose"
      assert in_dump?(dump, key("control"))

      assert output =~ "the encryption key is not the file's"

      for name <- ["database", "wrong"], text <- [dump, output] do
        refute in_dump?(text, key(name)), "the key #{name} is shown"
      end
    end
  end
end
