defmodule EctoLibSql.AuthToken do
  @moduledoc """
  The token of a server outside the VM's heaps, kept as an `EctoLibSql.EncryptionKey` is: no option list, supervisor
  report, log or crash dump shows it.

      token = EctoLibSql.AuthToken.new("eyJhbGciOi...")
      inspect(token)
      #=> "#EctoLibSql.AuthToken<>"

  Pools and repositories turn a token that is a string into such a reference when they start. The string itself is where
  the caller has it from.
  """

  alias EctoLibSql.Connection.Lifetime

  @enforce_keys [:reference]
  defstruct [:reference]

  @opaque t :: %__MODULE__{reference: reference()}

  @doc "Copies a token, a string that is not empty."
  @spec new(String.t()) :: t()
  def new(token) when is_binary(token) and token != "",
    do: %__MODULE__{reference: Lifetime.new_key(token)}

  defimpl Inspect do
    def inspect(_token, _opts), do: "#EctoLibSql.AuthToken<>"
  end
end
