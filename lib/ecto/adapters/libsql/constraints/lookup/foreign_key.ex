defmodule Ecto.Adapters.LibSql.Constraints.Lookup.ForeignKey do
  @moduledoc false
  # The name of a violated foreign key. The statement runs again with the checks deferred, and
  # foreign_key_check reports what is broken then; all of it is rolled back. That reads whole tables, so it is
  # left out where they are large.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Catalog.AffectedTables
  alias Ecto.Adapters.LibSql.Constraints.Lookup.Rerun

  @row_limit 100_000

  @spec name(DBConnection.conn(), String.t(), list(), keyword()) :: keyword()
  def name(conn, sql, params, opts) do
    if Rerun.possible?(conn, sql),
      do: Rerun.locked(conn, opts, &checked(&1, sql, params, opts)),
      else: []
  end

  defp checked(conn, sql, params, opts) do
    touched = AffectedTables.tables(conn, sql)

    if AffectedTables.rows(conn, touched, @row_limit) < @row_limit,
      do: broken(conn, fn -> Rerun.run(conn, sql, params, opts) end, touched),
      else: []
  end

  defp broken(conn, run, touched) do
    %{rows: [[deferred]]} = Rerun.run!(conn, "PRAGMA defer_foreign_keys")

    try do
      Rerun.undone(conn, fn -> deferred(conn, run, touched) end)
    after
      Rerun.run!(conn, "PRAGMA defer_foreign_keys=#{deferred}")
    end
  end

  defp deferred(conn, run, touched) do
    Rerun.run!(conn, "PRAGMA defer_foreign_keys=ON")
    before = AffectedTables.violations(conn, touched)

    case run.() do
      :ok -> names(conn, touched, AffectedTables.violations(conn, touched) -- before)
      {:error, _error} -> []
    end
  end

  defp names(_conn, _touched, []), do: []

  # One statement is reported as one violation, as other databases do: the first.
  defp names(conn, {prefix, _tables}, [[table, _rowid, _parent, id] | _]),
    do: [foreign_key: Catalog.foreign_key_name(conn, table, id, prefix)]
end
