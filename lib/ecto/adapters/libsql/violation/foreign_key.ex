defmodule Ecto.Adapters.LibSql.Violation.ForeignKey do
  @moduledoc false
  # The statement runs again with the checks deferred, and foreign_key_check tells what is broken then.
  # That reads whole tables, so that it is left out where they are large.

  alias Ecto.Adapters.LibSql.{Schema, Touched}
  alias Ecto.Adapters.LibSql.Violation.Rerun

  @row_limit 100_000

  @spec name(DBConnection.conn(), String.t(), list(), keyword()) :: keyword()
  def name(conn, sql, params, opts) do
    if Rerun.possible?(sql),
      do: Rerun.locked(conn, opts, &checked(&1, sql, params)),
      else: []
  end

  defp checked(conn, sql, params) do
    touched = Touched.tables(conn, sql)

    if Touched.rows(conn, touched, @row_limit) < @row_limit,
      do: broken(conn, sql, params, touched),
      else: []
  end

  defp broken(conn, sql, params, touched) do
    %{rows: [[deferred]]} = Rerun.run!(conn, "PRAGMA defer_foreign_keys")

    try do
      Rerun.taken_back(conn, fn -> deferred(conn, sql, params, touched) end)
    after
      Rerun.run!(conn, "PRAGMA defer_foreign_keys=#{deferred}")
    end
  end

  defp deferred(conn, sql, params, touched) do
    Rerun.run!(conn, "PRAGMA defer_foreign_keys=ON")
    before = Touched.violations(conn, touched)

    case Rerun.run(conn, sql, params) do
      :ok -> names(conn, touched, Touched.violations(conn, touched) -- before)
      {:error, _error} -> []
    end
  end

  defp names(_conn, _touched, []), do: []

  # One statement is reported as one violation, as other databases do: the first.
  defp names(conn, {prefix, _tables}, [[table, _rowid, _parent, id] | _]),
    do: [foreign_key: Schema.foreign_key_name(conn, table, id, prefix)]
end
