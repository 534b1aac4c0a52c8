defmodule Ecto.Adapters.LibSql.Constraints.Lookup.ForeignKey do
  @moduledoc false
  # The statement runs again with the checks deferred, and foreign_key_check tells what is broken then.
  # That reads whole tables, so that it is left out where they are large.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Catalog.AffectedTables
  alias Ecto.Adapters.LibSql.Constraints.Lookup

  @row_limit 100_000

  @spec name(DBConnection.conn(), String.t(), list(), keyword()) :: keyword()
  def name(conn, sql, params, opts) do
    if Lookup.Rerun.possible?(sql),
      do: Lookup.Rerun.locked(conn, opts, &checked(&1, sql, params)),
      else: []
  end

  defp checked(conn, sql, params) do
    touched = AffectedTables.tables(conn, sql)

    if AffectedTables.rows(conn, touched, @row_limit) < @row_limit,
      do: broken(conn, sql, params, touched),
      else: []
  end

  defp broken(conn, sql, params, touched) do
    %{rows: [[deferred]]} = Lookup.Rerun.run!(conn, "PRAGMA defer_foreign_keys")

    try do
      Lookup.Rerun.taken_back(conn, fn -> deferred(conn, sql, params, touched) end)
    after
      Lookup.Rerun.run!(conn, "PRAGMA defer_foreign_keys=#{deferred}")
    end
  end

  defp deferred(conn, sql, params, touched) do
    Lookup.Rerun.run!(conn, "PRAGMA defer_foreign_keys=ON")
    before = AffectedTables.violations(conn, touched)

    case Lookup.Rerun.run(conn, sql, params) do
      :ok -> names(conn, touched, AffectedTables.violations(conn, touched) -- before)
      {:error, _error} -> []
    end
  end

  defp names(_conn, _touched, []), do: []

  # One statement is reported as one violation, as other databases do: the first.
  defp names(conn, {prefix, _tables}, [[table, _rowid, _parent, id] | _]),
    do: [foreign_key: Catalog.foreign_key_name(conn, table, id, prefix)]
end
