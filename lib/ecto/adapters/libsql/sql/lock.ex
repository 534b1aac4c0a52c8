defmodule Ecto.Adapters.LibSql.SQL.Lock do
  @moduledoc false
  # `lock: "FOR UPDATE"`. SQLite locks files, not rows: a query with a lock carries a comment with its
  # table's name, and before it runs a write to that table that changes no row takes the write lock,
  # which the transaction then keeps.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.Scope

  @opening " /* FOR UPDATE OF "
  @closing " */"
  @shared " /* FOR SHARE */"

  @spec clause(Scope.t()) :: iodata()
  def clause(%{query: %{lock: nil}}), do: []

  def clause(%{query: %{lock: lock} = query, output: output}) when output != :ecto,
    do: error!(query, "lock #{inspect(lock)} in a sub-query is not supported")

  def clause(%{query: %{lock: lock} = query} = scope) when is_binary(lock) do
    case lock |> String.upcase() |> String.trim() do
      "FOR UPDATE" <> _ -> mark(query, scope)
      "FOR NO KEY UPDATE" <> _ -> mark(query, scope)
      # Inside a transaction a reader's snapshot does not change under it anyway.
      "FOR SHARE" <> _ -> @shared
      "FOR KEY SHARE" <> _ -> @shared
      _other -> error!(query, "unsupported lock #{inspect(lock)}; use \"FOR UPDATE\"")
    end
  end

  def clause(%{query: %{lock: lock} = query}),
    do: error!(query, "lock fragments have no meaning in SQLite, got: #{inspect(lock)}")

  defp mark(query, scope) do
    case Scope.source(scope, 0) do
      %{kind: :table, table: table} ->
        [@opening, safe!(IO.iodata_to_binary(table), query), @closing]

      _other ->
        error!(query, "lock needs a table as the first source")
    end
  end

  defp safe!(table, query) do
    if String.contains?(table, "*/"), do: error!(query, "cannot lock a table named #{table}")
    table
  end

  @doc "Takes the write lock if `sql` asks for it."
  @spec take(DBConnection.conn(), binary(), keyword()) :: :ok
  def take(conn, sql, opts) do
    cond do
      not String.ends_with?(sql, @closing) -> :ok
      String.ends_with?(sql, @shared) -> transaction!(conn, "lock \"FOR SHARE\"")
      true -> take_for(conn, table(sql), opts)
    end
  end

  defp table(sql) do
    case String.split(sql, @opening) do
      [_sql, rest] -> String.replace_suffix(rest, @closing, "")
      _no_lock -> nil
    end
  end

  defp take_for(_conn, nil, _opts), do: :ok

  defp take_for(conn, table, opts) do
    transaction!(conn, "lock \"FOR UPDATE\" on #{table}")
    query = %EctoLibSql.Query{statement: "DELETE FROM #{table} WHERE 0"}
    DBConnection.execute!(conn, query, [], Keyword.drop(opts, [:log]))
    :ok
  end

  defp transaction!(%DBConnection{conn_mode: :transaction}, _lock), do: :ok

  defp transaction!(_conn, lock) do
    raise ArgumentError, "a query with #{lock} must run inside a transaction"
  end
end
