defmodule Ecto.Adapters.LibSql.Migration.Dependents do
  @moduledoc false
  # Views and triggers, whose tables and columns SQLite looks up only when they are used. A migration that
  # breaks one fails, instead of the first statement that uses it.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.SQL.Quote

  @type use :: {:view | :insert | :update | :delete, String.t()}

  @doc "The statements that compile now: a SELECT from each view, and each kind of write to a table with triggers."
  @spec working(Ecto.Adapter.adapter_meta(), String.t() | nil) :: [use()]
  def working(meta, prefix) do
    master = [Catalog.database(prefix), "sqlite_master"]
    views = Catalog.rows(meta, ["SELECT name FROM ", master, " WHERE type = 'view'"])

    triggered =
      Catalog.rows(meta, ["SELECT DISTINCT tbl_name FROM ", master, " WHERE type = 'trigger'"])

    uses =
      for([view] <- views, do: {:view, view}) ++
        for [table] <- triggered, kind <- [:insert, :update, :delete], do: {kind, table}

    Enum.filter(uses, &match?({:ok, _}, try(meta, prefix, &1)))
  end

  @doc """
  What works now and has to work without the table too: not its own triggers, and not those of tables that refer
  to it, which cannot be written at all until there is a table of this name again.
  """
  @spec working_without(Ecto.Adapter.adapter_meta(), Ecto.Migration.Table.t()) :: [use()]
  def working_without(meta, table) do
    name = to_string(table.name)
    children = for key <- Catalog.foreign_keys_to(meta, name, table.prefix), do: key.child
    gone = MapSet.new([name | children], &Tokenizer.fold/1)

    meta
    |> working(table.prefix)
    |> Enum.reject(fn {kind, used} -> kind != :view and Tokenizer.fold(used) in gone end)
  end

  @doc "Raises if one of them does not compile."
  @spec check!(
          Ecto.Adapter.adapter_meta(),
          %{:name => term(), :prefix => String.t() | nil, optional(atom()) => term()},
          [use()]
        ) :: :ok
  def check!(meta, table, uses) do
    Enum.each(uses, fn use ->
      with {:error, error} <- try(meta, table.prefix, use) do
        raise ArgumentError,
              "table #{inspect(table.name)} cannot be changed so, because #{what(use)} would " <>
                "break: #{error.message}"
      end
    end)
  end

  defp what({:view, name}), do: "view #{inspect(name)}"
  defp what({kind, table}), do: "a trigger on #{kind} of #{inspect(table)}"

  # Compiling a statement compiles the triggers that it would run. SQLite compiles a cached statement anew
  # only when it runs, which EXPLAIN does not do: the cache is left out.
  defp try(meta, prefix, {kind, name}) do
    sql = ["EXPLAIN " | statement(kind, Quote.table(prefix, name), meta, prefix, name)]
    Ecto.Adapters.SQL.query(meta, IO.iodata_to_binary(sql), [], log: false, cache: false)
  end

  defp statement(:view, quoted, _meta, _prefix, _name), do: ["SELECT * FROM " | quoted]
  defp statement(:insert, quoted, _, _, _), do: ["INSERT INTO ", quoted, " DEFAULT VALUES"]
  defp statement(:delete, quoted, _, _, _), do: ["DELETE FROM " | quoted]

  # Sets all columns, because a trigger may be UPDATE OF one of them.
  defp statement(:update, quoted, meta, prefix, name) do
    sets =
      for %{generated: false, name: column} <- Catalog.columns(meta, name, prefix),
          do: [Quote.name(column), " = ", Quote.name(column)]

    ["UPDATE ", quoted, " SET " | Enum.intersperse(sets, ", ")]
  end
end
