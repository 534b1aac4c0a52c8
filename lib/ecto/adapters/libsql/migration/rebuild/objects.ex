defmodule Ecto.Adapters.LibSql.Migration.Rebuild.Objects do
  @moduledoc false
  # The indexes and triggers of a table, which are dropped before the table is exchanged, and made again
  # from their own text. Triggers of a vector index come and go with it.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Definition.{ColumnReferences, Tokenizer}
  alias Ecto.Adapters.LibSql.Migration.Rebuild.Target

  @doc "The statements that drop them, and those that make them again: indexes, then triggers."
  @spec statements(Target.t()) :: {drops :: [iodata()], creates :: [String.t()]}
  def statements(target) do
    objects = objects(target)
    drops = for [type, name, _] <- objects, do: ["DROP ", type, ?\s | Target.quoted(target, name)]
    lost = lost_indexes(target)

    creates =
      for kind <- ["index", "trigger"],
          [^kind, name, sql] <- objects,
          kind == "trigger" or name not in lost,
          do: Catalog.located(sql, target.prefix)

    {drops, creates}
  end

  defp objects(target) do
    sql = [
      ["SELECT type, name, sql FROM ", Catalog.database(target.prefix), "sqlite_master"],
      " WHERE tbl_name = ?1 COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL",
      " AND name NOT LIKE 'libsql\\_vx\\_%' ESCAPE '\\' ORDER BY rowid"
    ]

    Catalog.rows(target.meta, sql, [target.name])
  end

  # As in PostgreSQL, an index goes with its column, even if only an expression or a condition uses it.
  defp lost_indexes(target) do
    for %{name: name} <- Catalog.indexes(target.meta, target.name, target.prefix),
        sql = Catalog.sql(target.meta, "index", name, target.prefix),
        tokens = Tokenizer.scan(sql),
        Enum.any?(target.removed, &ColumnReferences.in_list?(tokens, &1)),
        do: name
  end
end
