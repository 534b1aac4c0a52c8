defmodule Ecto.Adapters.LibSql.Constraints.Lookup do
  @moduledoc false
  # Finds the names of violated constraints, which SQLite does not report, on the error path only. The
  # names go into the error, under `sqlite.constraints`.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Catalog.AffectedTables
  alias Ecto.Adapters.LibSql.Constraints.Lookup
  alias EctoLibSql.Error

  @spec name(Exception.t(), DBConnection.conn(), iodata(), list(), keyword()) :: Exception.t()
  def name(%Error{message: message, sqlite: %{} = sqlite} = error, conn, sql, params, opts) do
    cond do
      message == "datatype mismatch" -> %{error | message: mismatch(conn, message, sql, opts)}
      not String.contains?(message, "constraint failed") -> error
      opts[:fkey_names] == false -> error
      true -> put(error, sqlite, constraints(message, conn, sql, params, opts))
    end
  end

  def name(error, _conn, _sql, _params, _opts), do: error

  # Only the number of a row is checked outside STRICT tables, and SQLite does not say whose.
  defp mismatch(conn, message, sql, opts) do
    column =
      with {prefix, table} <- sql |> IO.iodata_to_binary() |> AffectedTables.written(),
           [key] <- with_conn(conn, Keyword.drop(opts, [:log]), &keys(&1, table, prefix)) do
        "#{table}.#{key}"
      else
        _unknown -> nil
      end

    if column, do: "#{message}: #{column}", else: message
  end

  defp keys(conn, table, prefix),
    do: for(%{pk: pk, name: name} <- Catalog.columns(conn, table, prefix), pk > 0, do: name)

  defp put(error, _sqlite, []), do: error

  defp put(error, sqlite, constraints),
    do: %{error | sqlite: Map.put(sqlite, :constraints, constraints)}

  defp constraints(message, conn, sql, params, opts) do
    opts = Keyword.drop(opts, [:log])
    sql = IO.iodata_to_binary(sql)

    case message do
      "UNIQUE constraint failed: index" <> _ ->
        []

      "UNIQUE constraint failed: " <> _ ->
        with_conn(conn, opts, &Lookup.Unique.name(&1, message, sql, params, opts))

      "FOREIGN KEY constraint failed" <> _ ->
        with_conn(conn, opts, &Lookup.ForeignKey.name(&1, sql, params, opts))

      _other ->
        []
    end
  end

  # A failed look-up must not hide the error it was for.
  defp with_conn(conn, opts, fun) do
    DBConnection.run(conn, fn conn -> fun.(conn) end, opts)
  rescue
    _error in [DBConnection.ConnectionError, DBConnection.OwnershipError, Error] -> []
  end
end
