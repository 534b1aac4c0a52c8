defmodule EctoLibSql.EncryptionTest do
  # Encryption at rest through the options of a connection: what is encrypted, what is refused, what shows a key.
  use EctoLibSql.DriverCase, async: true

  @moduletag :local_file

  alias EctoLibSql.EncryptionKey

  @key "a key of 32 bytes, used in tests"
  @other "another key of 32 bytes, also .."
  @canary "CANARY-plain-text"
  @ciphers [:aes256cbc, :aes256gcm]

  defp key_hex, do: String.duplicate("k", 32)

  defp secret!(path, opts \\ []), do: file!(path, Keyword.merge([encryption_key: @key], opts))

  defp with_rows(state) do
    run!(state, "CREATE TABLE t (x)")
    run!(state, "INSERT INTO t VALUES (?)", [@canary])
    state
  end

  defp close(state), do: EctoLibSql.disconnect([], state)

  defp canaries(path) do
    for file <- Path.wildcard(Path.join(Path.dirname(path), "*")),
        bytes = File.read!(file),
        text <- [@canary, @key, @other, "SQLite format 3"],
        bytes =~ text,
        do: {Path.basename(file), text}
  end

  describe "an encrypted database" do
    test "keeps its rows, and shows nothing of them" do
      for cipher <- @ciphers do
        path = temp_file()
        state = path |> secret!(encryption_cipher: cipher) |> with_rows()
        assert canaries(path) == []
        close(state)
        assert canaries(path) == []
        again = secret!(path, encryption_cipher: cipher)
        assert value!(again, "SELECT x FROM t") == @canary
      end
    end

    @tag :plain
    test "takes a key from a function, from a module's function, and as a reference" do
      path = temp_file()
      path |> secret!() |> with_rows() |> close()

      for key <- [fn -> @key end, {String, :trim, [@key]}, EncryptionKey.new(@key), @key] do
        assert value!(file!(path, encryption_key: key), "SELECT x FROM t") == @canary
      end

      assert value!(file!(path, key: @key), "SELECT x FROM t") == @canary
    end

    test "takes 32 bytes of any kind, and ignores those after them in libSQL's format" do
      bytes = <<0, 255>> <> :crypto.strong_rand_bytes(30)
      path = temp_file()
      path |> file!(encryption_key: bytes <> "ignored") |> with_rows() |> close()
      assert value!(file!(path, encryption_key: bytes), "SELECT x FROM t") == @canary
    end

    test "takes a passphrase with scrypt" do
      path = temp_file()
      options = [encryption_key: "secret", encryption_cipher: :aes256gcm, encryption_kdf: :scrypt]
      path |> file!(options) |> with_rows() |> close()
      assert value!(file!(path, options), "SELECT x FROM t") == @canary
    end

    @tag :pool
    test "is reached through a pool" do
      path = temp_file()
      {:ok, pool} = EctoLibSql.start_link(database: path, encryption_key: @key, pool_size: 3)
      {:ok, _} = EctoLibSql.query(pool, "CREATE TABLE t (x)")
      {:ok, _} = EctoLibSql.query(pool, "INSERT INTO t VALUES (?)", [@canary])

      for _ <- 1..10 do
        assert {:ok, %{rows: [[@canary]]}} = EctoLibSql.query(pool, "SELECT x FROM t")
      end

      assert canaries(path) == []
      GenServer.stop(pool)
    end
  end

  describe "a wrong, missing or unneeded key" do
    test "is an error that says so, and changes nothing" do
      for cipher <- @ciphers do
        path = temp_file()
        path |> secret!(encryption_cipher: cipher) |> with_rows() |> close()
        before = File.read!(path)

        for {options, text} <- [
              {[encryption_key: @other, encryption_cipher: cipher],
               "the encryption key is not the file's"},
              {[], "encrypted or damaged"},
              {[encryption_key: @key, encryption_cipher: hd(@ciphers -- [cipher])],
               "another cipher"}
            ] do
          assert {:error, %Error{kind: :not_a_database, sqlite: %{code: :notadb}} = error} =
                   EctoLibSql.connect([database: path] ++ options)

          assert error.message =~ text
          refute error.message =~ @other
        end

        assert File.read!(path) == before
        assert File.ls!(Path.dirname(path)) == [Path.basename(path)]
      end
    end

    @tag :plain
    test "of a plain file is refused" do
      path = temp_file()
      path |> file!() |> with_rows() |> close()
      assert {:error, error} = EctoLibSql.connect(database: path, encryption_key: @key)
      assert error.message =~ "not encrypted"
    end
  end

  describe "options that cannot take effect" do
    test "are refused by name, without the key" do
      path = temp_file()

      for {options, text} <- [
            {[encryption_key: "short"], ":encryption_key must have at least 32 bytes"},
            {[key: "short"], ":key must have at least 32 bytes"},
            {[encryption_key: ""], ":encryption_key must be a binary"},
            {[encryption_key: 5], ":encryption_key must be a binary"},
            {[encryption_key: fn -> nil end], ":encryption_key must be a binary"},
            {[encryption_key: fn -> raise "no #{key_hex()}" end], "raised RuntimeError"},
            {[encryption_key: fn -> throw(:x) end], "did not return"},
            {[encryption_key: @key, key: @key], "two names"},
            {[encription_key: key_hex()], "did you mean :encryption_key?"},
            {[encryption_cipher: :aes256gcm], "no effect without :encryption_key"},
            {[encryption_kdf: :scrypt], "no effect without :encryption_key"},
            {[encryption_key: @key, encryption_cipher: :rot13], ":aes256cbc or :aes256gcm"},
            {[encryption_key: @key, encryption_kdf: :scrypt],
             "needs encryption_cipher: :aes256gcm"},
            {[custom_pragmas: [key: key_hex()]], "encryption_key"},
            {[custom_pragmas: [{"rekey", key_hex()}]], "encryption_key"},
            {[attach: [{"a", path, encription_key: key_hex()}]], "did you mean :encryption_key?"}
          ] do
        assert {:error, %Error{kind: :invalid_argument} = error} =
                 EctoLibSql.connect([database: path] ++ options)

        assert error.message =~ text
        for secret <- [@key, key_hex()], do: refute(inspect(error) =~ secret)
        refute File.exists?(path)
      end

      assert {:error, %Error{message: message}} =
               EctoLibSql.connect(database: ":memory:", encryption_key: @key)

      assert message =~ "encryption_key"
    end

    test "include keys in SQL text" do
      state = open!()

      for sql <- ["PRAGMA key = 'x'", "ATTACH 'x.db' AS y KEY 'z'", "PRAGMA rekey('x')"] do
        assert error!(state, sql).message =~ "an encryption key in SQL text has no effect"
      end

      refute File.exists?("x.db")
    end

    test "include keys in the URI of a file, which would be plain" do
      memory = open!()

      for name <- ~w(key hexkey textkey encryption_key cipher) do
        path = temp_file("uri_#{name}.db")
        uri = "file:#{path}?mode=rwc&#{name}=#{key_hex()}"

        for opts <- [[database: uri], [database: temp_file(), attach: [{"a", uri}]]] do
          assert {:error, error} = EctoLibSql.connect(opts)
          assert Exception.message(error) =~ "in a file's URI has no effect"
          refute inspect(error, structs: false) =~ key_hex()
        end

        for state <- [memory, secret!(temp_file())], sql <- ["ATTACH ? AS a", "VACUUM INTO ?"] do
          assert error!(state, sql, [uri]).message =~ "in a file's URI has no effect"
          literal = error!(state, String.replace(sql, "?", "'#{uri}'"))
          refute Exception.message(literal) =~ key_hex()
        end

        refute File.exists?(path)
      end
    end

    test "include a key among the pragmas, in any spelling" do
      for name <- [:encryption_key, "Encryption_Key", "main.key", :textkey, "HEXREKEY"] do
        path = temp_file()

        assert {:error, error} =
                 EctoLibSql.connect(database: path, custom_pragmas: [{name, @key}])

        assert Exception.message(error) =~ "has no effect"
        refute inspect(error, structs: false) =~ @key
      end
    end

    test "include pragmas that EXPLAIN would run" do
      state = secret!(temp_file())

      for explain <- ["EXPLAIN", "explain query plan", "; EXPLAIN"] do
        assert error!(state, "#{explain} PRAGMA temp_store = 1").message =~ "MEMORY"
        error = error!(state, "#{explain} PRAGMA key = '#{@key}'")
        refute Exception.message(error) =~ @key
      end
    end

    test "include temporary files" do
      state = secret!(temp_file())
      assert error!(state, "PRAGMA temp_store = FILE").message =~ "temp_store"
      assert value!(state, "PRAGMA temp_store") == 2
    end
  end

  describe "attached databases and copies" do
    test "have the connection's key unless they are given another" do
      path = temp_file()
      folder = Path.dirname(path)
      other = Path.join(folder, "other.db")
      plain = Path.join(temp_folder(), "plain.db")

      state =
        secret!(path,
          attach: [
            {"same", Path.join(folder, "same.db")},
            {"other", other, encryption_key: @other},
            {"plain", plain, encryption_key: nil}
          ]
        )

      for name <- ["same", "other", "plain"] do
        run!(state, "CREATE TABLE #{name}.t AS SELECT ? AS x", [@canary])
      end

      close(state)
      assert canaries(path) == []
      assert File.read!(plain) =~ @canary
      assert value!(file!(other, encryption_key: @other), "SELECT x FROM t") == @canary
    end

    @tag :plain
    @tag :local
    test "are written with the key that the options name" do
      path = temp_file()
      state = path |> secret!() |> with_rows()
      folder = Path.dirname(path)
      assert :ok = EctoLibSql.backup(state, Path.join(folder, "backup.db"))
      assert :ok = EctoLibSql.vacuum_into(state, Path.join(folder, "vacuum.db"))
      strong = [encryption_key: @other, encryption_cipher: :aes256gcm]
      assert :ok = EctoLibSql.vacuum_into(state, Path.join(folder, "strong.db"), strong)
      assert canaries(path) == []
      plain = temp_file("plain.db")
      assert :ok = EctoLibSql.backup(state, plain, encryption_key: nil)
      assert value!(file!(plain), "SELECT x FROM t") == @canary

      assert value!(file!(Path.join(folder, "strong.db"), strong), "SELECT x FROM t") == @canary
      assert value!(secret!(Path.join(folder, "backup.db")), "SELECT x FROM t") == @canary
      assert {:error, _} = EctoLibSql.backup(state, plain, encription_key: @other)
      assert :ok = Native.restore(state, Path.join(folder, "vacuum.db"))
    end

    @tag :local
    test "an image is plain" do
      state = temp_file() |> secret!() |> with_rows()
      assert {:ok, image} = EctoLibSql.serialize(state)
      assert image =~ @canary
    end
  end

  describe "rekey/2" do
    @tag :plain
    test "encrypts, changes and removes the key" do
      path = temp_file()
      path |> file!() |> with_rows() |> close()
      assert :ok = EctoLibSql.rekey([database: path], encryption_key: @key, progress: self())
      assert_received {:ecto_libsql_backup, 0, pages} when pages > 0
      assert canaries(path) == []
      old = [database: path, encryption_key: @key]
      assert :ok = EctoLibSql.rekey(old, encryption_key: @other, encryption_cipher: :aes256gcm)
      assert {:error, %Error{kind: :not_a_database}} = EctoLibSql.connect(old)
      new = [database: path, encryption_key: @other, encryption_cipher: :aes256gcm]
      assert {:ok, state} = EctoLibSql.connect(new)
      assert value!(state, "SELECT x FROM t") == @canary
      assert {:error, %Error{kind: :busy}} = EctoLibSql.rekey(new, encryption_key: nil)
      close(state)
      assert :ok = EctoLibSql.rekey(new, encryption_key: nil)
      assert value!(file!(path), "SELECT x FROM t") == @canary
    end

    test "refuses what it does not know" do
      path = temp_file()
      path |> file!() |> close()
      assert {:error, %Error{message: message}} = EctoLibSql.rekey([database: path], [])
      assert message =~ "needs encryption_key"
      assert {:error, %Error{message: message}} = EctoLibSql.rekey([database: path], key_: @key)
      assert message =~ "unknown option"
      missing = Path.join(temp_folder(), "missing.db")

      assert {:error, %Error{kind: :cannot_open}} =
               EctoLibSql.rekey([database: missing], encryption_key: @key)

      refute File.exists?(missing)
    end
  end

  describe "a key" do
    defp shown(term),
      do:
        inspect(term, limit: :infinity, printable_limit: :infinity, structs: false) <>
          :erlang.term_to_binary(term)

    test "is shown by no state and no key" do
      for term <- [secret!(temp_file()), EncryptionKey.new(@key)], do: refute(shown(term) =~ @key)
      assert inspect(EncryptionKey.new(@key)) == "#EctoLibSql.EncryptionKey<>"
    end

    @tag :pool
    test "is shown by no pool and no child specification" do
      path = temp_file()
      {:ok, pool} = EctoLibSql.start_link(database: path, encryption_key: @key)

      spec =
        EctoLibSql.child_spec(
          database: path,
          encryption_key: @key,
          attach: [{"a", path, key: @other}]
        )

      for term <- [spec, :sys.get_state(pool)] do
        refute shown(term) =~ @key
        refute shown(term) =~ @other
      end

      GenServer.stop(pool)
    end
  end
end
