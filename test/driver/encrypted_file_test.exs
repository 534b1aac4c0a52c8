defmodule EctoLibSql.EncryptedFileTest do
  # What the doctor says of a file that it cannot read, without the key.
  use EctoLibSql.DriverCase, async: true

  @moduletag :local_file

  alias EctoLibSql.{Doctor, EncryptedFile}

  @key "a key of 32 bytes, used in tests"
  @moduletag :plain

  defp database!(options) do
    path = temp_file()
    state = file!(path, options)
    run!(state, "CREATE TABLE t (x)")
    for n <- 1..50, do: run!(state, "INSERT INTO t VALUES (?)", [String.duplicate("text ", n)])
    EctoLibSql.disconnect([], state)
    path
  end

  test "kind/1 tells formats, damage and other files apart" do
    for {options, kind} <- [
          {[], :plain},
          {[encryption_key: @key], :aes256cbc},
          {[encryption_key: @key, encryption_cipher: :aes256gcm], :aes256gcm},
          {[encryption_key: @key, custom_pragmas: [page_size: 512]], :aes256cbc}
        ] do
      assert EncryptedFile.kind(database!(options)) == {:ok, kind}
    end

    path = database!([])
    <<_magic::binary-16, rest::binary>> = File.read!(path)
    File.write!(path, :binary.copy("x", 16) <> rest)
    assert EncryptedFile.kind(path) == {:ok, :damaged}
    File.write!(path, :crypto.strong_rand_bytes(8192))
    assert EncryptedFile.kind(path) == {:ok, :encrypted}
    File.write!(path, String.duplicate("a text ", 1000))
    assert EncryptedFile.kind(path) == {:ok, :other}
    File.write!(path, "")
    assert EncryptedFile.kind(path) == {:ok, :empty}
    assert EncryptedFile.kind(path <> "x") == {:error, :enoent}
  end

  test "the doctor says so, and examines with the key" do
    path = database!(encryption_key: @key)
    assert {:error, error} = Doctor.examine(path)
    assert error.message =~ "encrypted with aes256cbc"
    assert {:ok, report} = Doctor.examine(path, encryption_key: @key)
    assert {"encryption", "aes256cbc"} in report.facts
    refute report.damaged
    assert {:error, error} = Doctor.examine(path, encryption_key: String.reverse(@key))
    assert error.message =~ "the encryption key is not the file's"
    damaged = database!([])
    <<_magic::binary-16, rest::binary>> = File.read!(damaged)
    File.write!(damaged, :binary.copy("x", 16) <> rest)
    assert {:error, error} = Doctor.examine(damaged)
    assert error.message =~ "the file is damaged"
  end
end
