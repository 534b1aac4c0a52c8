defmodule Ecto.Adapters.LibSql.Constraints.Lookup do
  @moduledoc false
  # Finds the names of violated constraints, which SQLite does not report, on the error path only. The
  # names go into the error, under `sqlite.constraints`.

  alias Ecto.Adapters.LibSql.{Catalog, Constraints}
  alias Ecto.Adapters.LibSql.Catalog.AffectedTables
  alias Ecto.Adapters.LibSql.Constraints.{Lookup, Message}
  alias EctoLibSql.Error

  @spec name(Exception.t(), DBConnection.conn(), iodata(), list(), keyword()) :: Exception.t()
  def name(%Error{sqlite: %{code: :constraint}} = error, conn, sql, params, opts) do
    if opts[:fkey_names] == false do
      error
    else
      sql = IO.iodata_to_binary(sql)
      parts = Message.parse(error.message)
      put(error, look_up(Constraints.kind(error, parts), parts, error, conn, {sql, params}, opts))
    end
  end

  def name(%Error{sqlite: %{code: :mismatch}} = error, conn, sql, _params, opts),
    do: %{error | message: mismatch(conn, error.message, sql, opts)}

  def name(error, _conn, _sql, _params, _opts), do: error

  defp put(error, []), do: error

  defp put(error, constraints),
    do: %{error | sqlite: Map.put(error.sqlite, :constraints, constraints)}

  # An index on an expression has its name in the message.
  defp look_up(:unique, %{columns: [_ | _]} = parts, error, conn, {sql, _params}, opts) do
    primary_key? = error.sqlite.extended_code != :constraint_unique
    with_conn(conn, opts, &Lookup.Unique.name(&1, parts, primary_key?, sql))
  end

  defp look_up(:foreign_key, _parts, _error, conn, {sql, params}, opts),
    do: with_conn(conn, opts, &Lookup.ForeignKey.name(&1, sql, params, opts))

  defp look_up(_kind, _parts, _error, _conn, _statement, _opts), do: []

  # Outside STRICT tables SQLite checks only the type of a rowid, and does not report whose.
  defp mismatch(conn, message, sql, opts) do
    with {prefix, table} <- sql |> IO.iodata_to_binary() |> AffectedTables.written(),
         [key] <- with_conn(conn, opts, &keys(&1, table, prefix)) do
      "#{message}: #{table}.#{key}"
    else
      _unknown -> message
    end
  end

  defp keys(conn, table, prefix),
    do: for(%{pk: pk, name: name} <- Catalog.columns(conn, table, prefix), pk > 0, do: name)

  # A failed look-up must not hide the error it was for.
  defp with_conn(conn, opts, fun) do
    DBConnection.run(conn, fn conn -> fun.(conn) end, Keyword.delete(opts, :log))
  rescue
    _error in [DBConnection.ConnectionError, DBConnection.OwnershipError, Error] -> []
  end
end
