defmodule Ecto.Adapters.LibSql.Migration.Rebuild.Schema do
  @moduledoc false
  # Edits the table sqlite_schema: exchanges the names of two tables, or writes another definition for one.

  alias Ecto.Adapters.LibSql.{Catalog, Definition}
  alias Ecto.Adapters.LibSql.Migration.Rebuild.Target
  alias Ecto.Adapters.LibSql.SQL.Quote

  @doc """
  Exchanges the table and its copy, so that what refers to the table by its name finds the copy. The one that
  is left has no foreign keys: it can be dropped without deleting rows elsewhere.
  """
  @spec exchange(Target.t(), Definition.Table.t(), Definition.Table.t()) :: :ok
  def exchange(target, old, new) do
    copy = Target.copy(target)
    detached = Definition.Table.detached(old, target.name)

    writable(target, fn ->
      Target.sql!(target, exchange_names(schema(target)), [target.name, copy])
      put_definition(target, target.name, new)
      put_definition(target, copy, detached)
    end)
  end

  @doc "Writes a definition that describes the same stored rows."
  @spec put(Target.t(), Definition.Table.t()) :: :ok
  def put(target, new),
    do: writable(target, fn -> put_definition(target, target.name, new) end)

  # The connection reads the schema anew, and others do because a table was created or dropped in this
  # transaction, which changes the number that they compare.
  defp writable(target, fun) do
    Target.sql!(target, "PRAGMA writable_schema=ON")
    fun.()
    :ok
  after
    Target.reset!(target, "PRAGMA writable_schema=RESET")
  end

  defp put_definition(target, name, definition) do
    sql = ["UPDATE ", schema(target), " SET sql = ?1 WHERE type = 'table' AND name = ?2"]
    Target.sql!(target, sql, [Definition.Table.to_sql(definition, Quote.name(name)), name])
  end

  defp schema(target), do: [Catalog.database(target.prefix), "sqlite_master"]

  # The indexes that SQLite made itself carry the table's name in theirs.
  defp exchange_names(schema) do
    other = "CASE tbl_name WHEN ?1 THEN ?2 ELSE ?1 END"

    [
      ["UPDATE ", schema, " SET tbl_name = ", other, ", name = CASE type WHEN 'table' THEN "],
      [other, " ELSE 'sqlite_autoindex_' || ", other],
      " || substr(name, length('sqlite_autoindex_' || tbl_name) + 1) END",
      " WHERE tbl_name IN (?1, ?2) AND (type = 'table' OR name LIKE 'sqlite\\_autoindex\\_%' ESCAPE '\\')"
    ]
  end
end
