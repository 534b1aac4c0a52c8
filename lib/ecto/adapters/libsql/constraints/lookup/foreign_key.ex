defmodule Ecto.Adapters.LibSql.Constraints.Lookup.ForeignKey do
  @moduledoc false
  # The name of a violated foreign key. The statement runs again with the checks deferred, and
  # foreign_key_check reports what is broken then; all of it is rolled back. That reads whole tables, so it is
  # left out where they are large.
  #
  # What decides whether it may run is asked in the same call, by guards (`Rerun.run/5`): on a server a violated INSERT costs one
  # round trip more, other statements two, because the tables to check are asked for first.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Catalog.AffectedTables
  alias Ecto.Adapters.LibSql.Constraints.Lookup.Rerun

  @row_limit 100_000

  @spec name(DBConnection.conn(), String.t(), list(), keyword()) :: keyword()
  def name(conn, sql, params, opts) do
    if Rerun.possible?(conn, sql) do
      guards = Rerun.guards(conn)
      Rerun.locked(conn, opts, &found(&1, {sql, params}, guards, opts))
    else
      []
    end
  end

  defp found(conn, {sql, _params} = statement, guards, opts) do
    with {_prefix, [_table]} = own <- AffectedTables.inserted(sql),
         triggered = [triggered: AffectedTables.triggered(own)],
         {:ok, [_ | _] = names} <- checked(conn, statement, own, guards ++ triggered, opts) do
      names
    else
      {:refused, reason} when reason in [:large, :ending] -> []
      _others_may_be_broken -> of_all(conn, statement, guards, opts)
    end
  end

  defp of_all(conn, {sql, _params} = statement, guards, opts) do
    case checked(conn, statement, AffectedTables.tables(conn, sql), guards, opts) do
      {:ok, names} -> names
      _refused -> []
    end
  end

  defp checked(conn, statement, {prefix, tables} = touched, guards, opts) do
    large = for query <- AffectedTables.larger(touched, @row_limit), do: {:large, query}
    queries = [Catalog.foreign_keys(prefix, tables) | AffectedTables.violations(touched)]

    case Rerun.run(conn, statement, large ++ guards, queries, opts) do
      {:ok, [keys | before], [_keys | later]} ->
        {:ok, names(keys, Enum.concat(later) -- Enum.concat(before))}

      # Perhaps only a comment or a text says so.
      {:refused, :ending} = refused ->
        if Rerun.ending_defined?(conn),
          do: refused,
          else: checked(conn, statement, touched, Keyword.delete(guards, :ending), opts)

      not_run ->
        not_run
    end
  end

  # One statement is reported as one violation, as other databases do: the first.
  defp names(_keys, []), do: []

  defp names(keys, [[table, _rowid, _parent, id] | _]),
    do: [foreign_key: Catalog.foreign_key_name(keys, table, id)]
end
