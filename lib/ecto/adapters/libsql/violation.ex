defmodule Ecto.Adapters.LibSql.Violation do
  @moduledoc false
  # Finds the names of violated constraints, which SQLite does not report, on the error path only.
  #
  # Unique: the index over exactly these columns. Foreign keys: the statement runs again inside a
  # savepoint with the checks deferred, foreign_key_check tells what is broken then, and everything is
  # rolled back. The names go into the error, under `sqlite.constraints`.

  alias Ecto.Adapters.LibSql.{Constraints, Schema}
  alias EctoLibSql.{Error, Query}

  @savepoint "ecto_libsql_violation"

  @spec name(Exception.t(), DBConnection.conn(), iodata(), list(), keyword()) :: Exception.t()
  def name(%Error{message: message, sqlite: %{} = sqlite} = error, conn, sql, params, opts) do
    cond do
      not String.contains?(message, "constraint failed") -> error
      opts[:fkey_names] == false -> error
      true -> put(error, sqlite, constraints(message, conn, sql, params, opts))
    end
  end

  def name(error, _conn, _sql, _params, _opts), do: error

  defp put(error, _sqlite, []), do: error

  defp put(error, sqlite, constraints),
    do: %{error | sqlite: Map.put(sqlite, :constraints, constraints)}

  defp constraints(message, conn, sql, params, opts) do
    opts = Keyword.drop(opts, [:log])

    case message do
      "UNIQUE constraint failed: index" <> _ -> []
      "UNIQUE constraint failed: " <> detail -> with_conn(conn, opts, &unique(&1, detail))
      "FOREIGN KEY constraint failed" <> _ -> foreign_keys(conn, sql, params, opts)
      _other -> []
    end
  end

  # A failed look-up must not hide the error it was for.
  defp with_conn(conn, opts, fun) do
    DBConnection.run(conn, fn conn -> fun.(conn) end, opts)
  rescue
    _error in [DBConnection.ConnectionError, DBConnection.OwnershipError, Error] -> []
  end

  defp unique(conn, detail) do
    {table, columns} = Constraints.split(detail)

    case Enum.find(Schema.indexes(conn, table), &(&1.unique and &1.columns == columns)) do
      %{origin: "pk"} -> [unique: "#{table}_pkey"]
      %{origin: "c", name: name} -> [unique: name]
      %{origin: "u"} -> []
      nil -> rowid(conn, table, columns)
    end
  end

  defp rowid(conn, table, [column]) do
    case Enum.filter(Schema.columns(conn, table), &(&1.pk > 0)) do
      [%{name: ^column}] -> [unique: "#{table}_pkey"]
      _other -> []
    end
  end

  defp rowid(_conn, _table, _columns), do: []

  defp foreign_keys(conn, sql, params, opts) do
    with_conn(conn, opts, fn conn ->
      %{rows: [[deferred]]} = run(conn, "PRAGMA defer_foreign_keys")
      run(conn, "SAVEPOINT #{@savepoint}")

      try do
        run(conn, "PRAGMA defer_foreign_keys=ON")
        before = Schema.violations(conn)

        case DBConnection.execute(conn, %Query{statement: IO.iodata_to_binary(sql)}, params) do
          {:ok, _query, _result} -> names(conn, Schema.violations(conn) -- before)
          {:error, _error} -> []
        end
      after
        run(conn, "ROLLBACK TO #{@savepoint}")
        run(conn, "RELEASE #{@savepoint}")
        run(conn, "PRAGMA defer_foreign_keys=#{deferred}")
      end
    end)
  end

  defp names(_conn, []), do: []

  # One statement is reported as one violation, as other databases do: the first.
  defp names(conn, [{table, _rowid, _parent, id} | _]) do
    [foreign_key: Schema.foreign_key_name(conn, table, id)]
  end

  defp run(conn, sql), do: DBConnection.execute!(conn, %Query{statement: sql}, [])
end
