defmodule Ecto.Adapters.LibSql.Violation do
  @moduledoc false
  # Finds the names of violated constraints, which SQLite does not report, on the error path only.
  #
  # Unique: the index over exactly these columns. Foreign keys: the statement runs again inside a
  # savepoint with the checks deferred, foreign_key_check tells what is broken then, and everything is
  # rolled back. The names go into the error, under `sqlite.constraints`. Checking reads whole tables, so
  # that it is left out where they are large.

  alias Ecto.Adapters.LibSql.{Constraints, Schema, Tokens, Touched}
  alias EctoLibSql.{Error, Query}

  @savepoint "ecto_libsql_violation"
  @row_limit 100_000

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
      with {prefix, table} <- sql |> IO.iodata_to_binary() |> Touched.written(),
           [key] <- with_conn(conn, Keyword.drop(opts, [:log]), &keys(&1, table, prefix)) do
        "#{table}.#{key}"
      else
        _unknown -> nil
      end

    if column, do: "#{message}: #{column}", else: message
  end

  defp keys(conn, table, prefix),
    do: for(%{pk: pk, name: name} <- Schema.columns(conn, table, prefix), pk > 0, do: name)

  defp put(error, _sqlite, []), do: error

  defp put(error, sqlite, constraints),
    do: %{error | sqlite: Map.put(sqlite, :constraints, constraints)}

  defp constraints(message, conn, sql, params, opts) do
    opts = Keyword.drop(opts, [:log])

    case message do
      "UNIQUE constraint failed: index" <> _ -> []
      "UNIQUE constraint failed: " <> detail -> with_conn(conn, opts, &unique(&1, detail, sql))
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

  # The message has no database in front of the table.
  defp unique(conn, detail, sql) do
    {table, columns} = Constraints.split(detail)
    {prefix, _table} = sql |> IO.iodata_to_binary() |> Touched.written() || {nil, table}

    case Enum.find(Schema.indexes(conn, table, prefix), &(&1.unique and &1.columns == columns)) do
      %{origin: "pk"} -> [unique: "#{table}_pkey"]
      %{origin: "c", name: name} -> [unique: name]
      %{origin: "u"} -> []
      nil -> rowid(conn, table, columns, prefix)
    end
  end

  defp rowid(conn, table, [column], prefix) do
    case Enum.filter(Schema.columns(conn, table, prefix), &(&1.pk > 0)) do
      [%{name: ^column}] -> [unique: "#{table}_pkey"]
      _other -> []
    end
  end

  defp rowid(_conn, _table, _columns, _prefix), do: []

  defp foreign_keys(conn, sql, params, opts) do
    sql = IO.iodata_to_binary(sql)

    if single?(sql),
      do: with_conn(conn, opts, &taken_back(&1, opts, fn c -> foreign_key(c, sql, params) end)),
      else: []
  end

  # Of several statements one may be a COMMIT, and what is done here must not stay.
  defp single?(sql) do
    sql
    |> Tokens.scan()
    |> Enum.drop_while(&(&1 != {:punct, ";"}))
    |> Enum.all?(&(&1 == {:punct, ";"} or match?({:space, _}, &1)))
  end

  # A transaction that has failed to write holds the lock to write. Without one the lock comes first: what
  # is read here would be lost to whoever writes before the statement does.
  defp taken_back(conn, opts, fun) do
    case DBConnection.status(conn) do
      :transaction ->
        fun.(conn)

      _idle ->
        undo = fn conn -> DBConnection.rollback(conn, fun.(conn)) end
        opts = Keyword.put(Keyword.take(opts, [:timeout]), :mode, :immediate)
        {:error, names} = DBConnection.transaction(conn, undo, opts)
        names
    end
  end

  defp foreign_key(conn, sql, params) do
    touched = Touched.tables(conn, sql)

    if Touched.rows(conn, touched, @row_limit) < @row_limit,
      do: broken(conn, sql, params, touched),
      else: []
  end

  defp broken(conn, sql, params, touched) do
    %{rows: [[deferred]]} = run(conn, "PRAGMA defer_foreign_keys")
    run(conn, "SAVEPOINT #{@savepoint}")

    try do
      run(conn, "PRAGMA defer_foreign_keys=ON")
      before = Touched.violations(conn, touched)

      case DBConnection.execute(conn, %Query{statement: sql}, params) do
        {:ok, _query, _result} ->
          names(conn, touched, Touched.violations(conn, touched) -- before)

        {:error, _error} ->
          []
      end
    after
      run(conn, "ROLLBACK TO #{@savepoint}")
      run(conn, "RELEASE #{@savepoint}")
      run(conn, "PRAGMA defer_foreign_keys=#{deferred}")
    end
  end

  defp names(_conn, _touched, []), do: []

  # One statement is reported as one violation, as other databases do: the first.
  defp names(conn, {prefix, _tables}, [[table, _rowid, _parent, id] | _]) do
    [foreign_key: Schema.foreign_key_name(conn, table, id, prefix)]
  end

  defp run(conn, sql), do: DBConnection.execute!(conn, %Query{statement: sql}, [])
end
