defmodule Ecto.Adapters.LibSql.SQL.Keyed do
  @moduledoc false
  # update_all and delete_all that select the rows first and then find them again. That takes what tells rows
  # apart. A schema's primary key may be NULL in SQLite, and then any number of rows have the same; the rowid
  # cannot, but a table WITHOUT ROWID has none, and a column may have its name. Which it is only the database
  # knows, so the text is written when the query runs.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Plan.JsonList
  alias Ecto.Adapters.LibSql.SQL.{ReadFirst, Sources, Update}

  @enforce_keys [:table, :prefix, :keyed?, :usual, :generate]
  defstruct @enforce_keys

  @type generated :: JsonList.generated() | ReadFirst.t()

  @typedoc """
  `keyed?` says whether the schema has a primary key; `usual` is the text that finds rows by the rowid under the
  name that no column uses as a rule, and `generate` writes the one for other columns.
  """
  @type t :: %__MODULE__{
          table: String.t(),
          prefix: String.t() | nil,
          keyed?: boolean(),
          usual: generated(),
          generate: ([atom(), ...] -> generated())
        }

  @doc """
  The query, a write, as `generate` writes it once the columns are known. With it goes a text that needs no
  database, for those who want to see one.
  """
  @spec prepare(map(), (map() -> generated())) :: {t(), generated()}
  def prepare(query, generate) do
    {table, _schema, prefix} = elem(query.sources, 0)

    by = &generate.(Update.put_keys(query, &1))

    keyed = %__MODULE__{
      table: table,
      prefix: prefix,
      keyed?: query |> Sources.create([]) |> Sources.primary_key() != [],
      usual: by.([:_rowid_]),
      generate: by
    }

    {keyed, generate.(query)}
  end

  @doc "The text for the table as it is. `default` is the other of the two that `prepare/2` gives."
  @spec resolve(t(), generated(), Ecto.Adapter.adapter_meta()) :: generated()
  def resolve(%__MODULE__{table: table} = keyed, default, meta) do
    case Catalog.rowid(meta, table, keyed.prefix) do
      {:ok, :_rowid_} -> keyed.usual
      {:ok, rowid} -> keyed.generate.([rowid])
      reason when keyed.keyed? or reason == :unknown -> default
      reason -> cannot!(table, reason)
    end
  end

  defp cannot!(table, :none) do
    raise ArgumentError,
          "the rows of #{inspect(table)}, which has no rowid, cannot be found again; write to it by a " <>
            "schema with its primary key"
  end

  defp cannot!(table, :hidden) do
    raise ArgumentError,
          "the rows of #{inspect(table)} cannot be found again, because its columns are called rowid, " <>
            "_rowid_ and oid; write to it by a schema with its primary key, or without joins and limits"
  end
end
