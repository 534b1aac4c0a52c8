defmodule EctoLibSql.Cursor do
  @moduledoc """
  An open cursor, as `EctoLibSql.handle_declare/4` gives it. `ref` is its id; a cursor ends with its
  transaction, and with the connection.
  """

  @enforce_keys [:ref]
  defstruct [:ref]

  @type t :: %__MODULE__{ref: String.t()}
end
