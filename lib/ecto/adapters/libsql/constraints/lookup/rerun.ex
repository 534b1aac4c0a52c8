defmodule Ecto.Adapters.LibSql.Constraints.Lookup.Rerun do
  @moduledoc false
  # Runs a statement that has failed once more, under other conditions, and rolls it back.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Catalog.AffectedTables
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias EctoLibSql.Query

  @savepoint "ecto_libsql_violation"

  @doc """
  Whether a rollback to a savepoint undoes all that the text may do when it gets further than before: it is one
  INSERT, UPDATE or DELETE (others may end the transaction or change the schema), and, where the caller has a
  transaction, neither it nor a definition of the database has the conflict clause ROLLBACK, which ends it.
  """
  @spec possible?(DBConnection.conn(), String.t()) :: boolean()
  def possible?(conn, sql) do
    tokens = Tokenizer.scan(sql)

    single?(tokens) and AffectedTables.written(sql) != nil and
      (DBConnection.status(conn) != :transaction or
         not (rollback?(tokens) or rollback_defined?(conn)))
  end

  defp single?(tokens) do
    tokens
    |> Enum.drop_while(&(&1 != {:punct, ";"}))
    |> Enum.all?(&(&1 == {:punct, ";"} or match?({:space, _}, &1)))
  end

  defp rollback?(tokens), do: Enum.any?(tokens, &(Tokenizer.keyword(&1) == "ROLLBACK"))

  # A trigger's RAISE(ROLLBACK), or ON CONFLICT ROLLBACK of a table.
  defp rollback_defined?(conn) do
    found =
      for [database] <- Catalog.rows(conn, "SELECT name FROM pragma_database_list"),
          schema = [Catalog.database(database), "sqlite_master"],
          [sql] <-
            Catalog.rows(conn, ["SELECT sql FROM ", schema, " WHERE sql LIKE '%rollback%'"]),
          do: sql

    Enum.any?(found, &rollback?(Tokenizer.scan(&1)))
  end

  @doc """
  Calls `fun` in a transaction that may write. One that has failed to write holds the write lock. Where none is
  open the lock is taken first: after reading, another writer could come in between.
  """
  @spec locked(DBConnection.conn(), keyword(), (DBConnection.conn() -> result)) :: result
        when result: term()
  def locked(conn, opts, fun) do
    case DBConnection.status(conn) do
      :transaction ->
        fun.(conn)

      _idle ->
        undo = fn conn -> DBConnection.rollback(conn, fun.(conn)) end
        opts = Keyword.put(Keyword.take(opts, [:timeout]), :mode, :immediate)
        {:error, result} = DBConnection.transaction(conn, undo, opts)
        result
    end
  end

  @doc "Calls `fun`, and rolls back what it wrote."
  @spec undone(DBConnection.conn(), (() -> result)) :: result when result: term()
  def undone(conn, fun) do
    run!(conn, "SAVEPOINT #{@savepoint}")

    try do
      fun.()
    after
      run!(conn, "ROLLBACK TO #{@savepoint}")
      run!(conn, "RELEASE #{@savepoint}")
    end
  end

  @doc """
  Runs the statement again, within the time that its first run was given. Compiled under deferred checks it has no
  code for RESTRICT, so it stays out of the cache.
  """
  @spec run(DBConnection.conn(), String.t(), list(), keyword()) :: :ok | {:error, Exception.t()}
  def run(conn, sql, params, opts) do
    opts = Keyword.take(opts, [:timeout])

    query = %Query{statement: sql, cache: false}
    with {:ok, _query, _result} <- DBConnection.execute(conn, query, params, opts), do: :ok
  end

  @spec run!(DBConnection.conn(), iodata()) :: EctoLibSql.Result.t()
  def run!(conn, sql),
    do: DBConnection.execute!(conn, %Query{statement: IO.iodata_to_binary(sql)}, [])
end
