defmodule Ecto.Adapters.LibSql.Migration.Rebuild.Replace do
  @moduledoc false
  # Puts the copy in the table's place without writing to sqlite_schema, which servers refuse: drops the table,
  # makes it anew from its new text, and fills it from the copy.
  #
  # SQLite deletes the rows of a table before it drops it, and those that refer to them with ON DELETE CASCADE. So
  # where foreign keys are enforced, no row of another table may refer to it: such a change is refused before anything is
  # dropped. Outside of a migration's transaction they are not enforced meanwhile (KeysOff).

  alias Ecto.Adapters.LibSql.{Catalog, Definition}
  alias Ecto.Adapters.LibSql.Migration.Rebuild.{Copy, Target}
  alias Ecto.Adapters.LibSql.Migration.References

  @spec run(Target.t(), Definition.Table.t()) :: :ok
  def run(target, new) do
    if keys_enforced?(target), do: References.replaceable!(target.meta, target)
    table = Target.quoted(target, target.name)
    copy = Target.quoted(target, Target.copy(target))
    last_rowid = last_rowid(target)

    Target.sql!(target, ["DROP TABLE " | table])
    Target.sql!(target, Definition.Table.to_sql(new, table))
    Target.sql!(target, Copy.sql({table, new}, {copy, new}, [], %{}))
    keep_last_rowid(target, last_rowid)
  end

  defp keys_enforced?(target), do: Catalog.rows(target.meta, "PRAGMA foreign_keys") != [[0]]

  # The highest rowid that an AUTOINCREMENT table has ever had, or nil.
  defp last_rowid(target) do
    with true <- numbered?(target),
         [[last]] <-
           Catalog.rows(target.meta, ["SELECT seq FROM ", sequence(target), " WHERE name = ?1"], [
             target.name
           ]) do
      last
    else
      _none -> nil
    end
  end

  # Whether any table is AUTOINCREMENT.
  defp numbered?(target) do
    master = [Catalog.database(target.prefix), "sqlite_master"]
    Catalog.rows(target.meta, ["SELECT 1 FROM ", master, " WHERE name = 'sqlite_sequence'"]) != []
  end

  # The entry of a table that had none is that of the copied rows, which a `start_value:` may exceed.
  defp keep_last_rowid(target, nil) do
    if numbered?(target), do: forget(target)
    :ok
  end

  defp keep_last_rowid(target, last) do
    sequence = sequence(target)
    forget(target)

    Target.sql!(target, ["INSERT INTO ", sequence, " (name, seq) VALUES (?1, ?2)"], [
      target.name,
      last
    ])

    :ok
  end

  defp forget(target),
    do: Target.sql!(target, ["DELETE FROM ", sequence(target), " WHERE name = ?1"], [target.name])

  defp sequence(target), do: [Catalog.database(target.prefix), "sqlite_sequence"]
end
