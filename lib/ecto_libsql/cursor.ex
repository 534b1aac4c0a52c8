defmodule EctoLibSql.Cursor do
  @moduledoc """
  An open cursor, as `EctoLibSql.handle_declare/4` gives it. `ref` is its id; a cursor ends with its
  transaction, and with the connection. `EctoLibSql.stream/4` does this by itself:

      {:ok, state} = EctoLibSql.connect(database: ":memory:")
      {:ok, query, cursor, state} = EctoLibSql.handle_declare("VALUES (1), (2)", [], [], state)
      {:cont, %{rows: [[1], [2]]}, state} = EctoLibSql.handle_fetch(query, cursor, [], state)
      {:halt, %{rows: []}, state} = EctoLibSql.handle_fetch(query, cursor, [], state)
      {:ok, _result, state} = EctoLibSql.handle_deallocate(query, cursor, [], state)
      :ok = EctoLibSql.disconnect([], state)
  """

  @enforce_keys [:ref]
  defstruct [:ref]

  @type t :: %__MODULE__{ref: String.t()}
end
