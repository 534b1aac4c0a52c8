defmodule EctoLibSql.EncryptionKey do
  @moduledoc """
  An encryption key outside the VM's heaps: in memory that is locked where the system allows it, that core files leave
  out, and that is wiped when nobody refers to the key any more.

      key = EctoLibSql.EncryptionKey.new(:crypto.strong_rand_bytes(32))
      {:ok, state} = EctoLibSql.connect(database: "secret.db", encryption_key: key)

      inspect(key)
      #=> "#EctoLibSql.EncryptionKey<>"

  Pools and repositories turn a key that is a binary into such a reference when they start, so that no option list,
  supervisor report, log or crash dump shows it. The binary itself is where the caller has it from.
  """

  alias EctoLibSql.Connection.Lifetime

  # `long?`: long enough for a key that no passphrase derivation stretches.
  @enforce_keys [:reference, :long?]
  defstruct [:reference, :long?]

  @opaque t :: %__MODULE__{reference: reference(), long?: boolean()}

  @doc "Copies a key, a binary that is not empty."
  @spec new(binary()) :: t()
  def new(bytes) when is_binary(bytes) and bytes != "",
    do: %__MODULE__{reference: Lifetime.new_key(bytes), long?: byte_size(bytes) >= 32}

  defimpl Inspect do
    def inspect(_key, _opts), do: "#EctoLibSql.EncryptionKey<>"
  end
end
