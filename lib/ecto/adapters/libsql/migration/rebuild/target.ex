defmodule Ecto.Adapters.LibSql.Migration.Rebuild.Target do
  @moduledoc false
  # The table that is rebuilt: its name and database, the connection, and what the change asks for.

  alias Ecto.Adapters.LibSql.Migration.Conversion
  alias Ecto.Adapters.LibSql.Query.Transaction
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias EctoLibSql.Connection.Statements
  alias EctoLibSql.Source

  @enforce_keys [:meta, :name, :prefix, :removed, :opts]
  defstruct @enforce_keys ++ [check: true, references: true, conversions: []]

  @type t :: %__MODULE__{
          meta: Ecto.Adapter.adapter_meta(),
          name: String.t(),
          prefix: String.t(),
          # Columns that disappear.
          removed: [String.t()],
          # Whether rows have to keep new CHECK constraints, and new foreign keys.
          check: boolean(),
          references: boolean(),
          conversions: [Conversion.t()],
          # Of Ecto.Adapters.SQL.query!/4.
          opts: keyword()
        }

  @doc "The name of the new table until it takes the place of the old one."
  @spec copy(t()) :: String.t()
  def copy(target), do: "ecto_libsql_rebuild_" <> target.name

  @doc "Whether the database is a file or in memory, whose connection may write to sqlite_schema."
  @spec local?(t()) :: boolean()
  def local?(target), do: target.meta.libsql.local?

  @spec quoted(t(), String.t()) :: iodata()
  def quoted(target, name), do: Quote.table(target.prefix, name)

  @spec sql!(t(), iodata(), list()) :: Ecto.Adapters.SQL.query_result()
  def sql!(target, sql, params \\ []),
    do: Ecto.Adapters.SQL.query!(target.meta, IO.iodata_to_binary(sql), params, target.opts)

  @doc """
  Sets a PRAGMA of the connection back. It outlives the transaction, also one that SQLite has rolled back.
  """
  @spec reset!(t(), String.t()) :: :ok
  def reset!(target, pragma) do
    {:ok, _results} =
      Source.with_state(Transaction.connection(target.meta), fn state ->
        Statements.script(%{state | trx_id: nil}, pragma, :plain)
      end)

    :ok
  end
end
