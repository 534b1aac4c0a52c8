defmodule Ecto.Adapters.LibSql.Constraints.Lookup.Rerun do
  @moduledoc false
  # Runs a statement that has failed once more, under other conditions, and rolls it back.

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Catalog.AffectedTables
  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias EctoLibSql.{Native, Query, Result, Source}

  @typedoc "A query; if it has a row, the statement does not run, for this reason."
  @type guard :: {reason :: atom(), iodata()}

  @savepoint "ecto_libsql_violation"
  @undo ["ROLLBACK TO #{@savepoint}", "RELEASE #{@savepoint}", "PRAGMA defer_foreign_keys=OFF"]

  @doc """
  Whether the text is one INSERT, UPDATE or DELETE (others may end the transaction or change the schema) without, where the
  caller has a transaction, the conflict clause ROLLBACK, which ends it. Then a rollback to a savepoint undoes all that it does when
  it gets further than before, unless `guards/1` stop it.
  """
  @spec possible?(DBConnection.conn(), String.t()) :: boolean()
  def possible?(conn, sql) do
    tokens = Tokenizer.scan(sql)

    single?(tokens) and AffectedTables.written(sql) != nil and
      not (in_transaction?(conn) and rollback?(tokens))
  end

  defp in_transaction?(conn), do: DBConnection.status(conn) == :transaction

  defp single?(tokens) do
    tokens
    |> Enum.drop_while(&(&1 != {:punct, ";"}))
    |> Enum.all?(&(&1 == {:punct, ";"} or match?({:space, _}, &1)))
  end

  defp rollback?(tokens), do: Enum.any?(tokens, &(Tokenizer.keyword(&1) == "ROLLBACK"))

  @doc """
  Where the caller has a transaction, `:ending` guards against definitions that may end it: a trigger's RAISE(ROLLBACK), or
  ON CONFLICT ROLLBACK of a table. They are coarse; `ending_defined?/1` is exact.
  """
  @spec guards(DBConnection.conn()) :: [guard()]
  def guards(conn) do
    if in_transaction?(conn),
      do: for(database <- databases(conn), do: {:ending, definitions(database, "1")}),
      else: []
  end

  @spec ending_defined?(DBConnection.conn()) :: boolean()
  def ending_defined?(conn) do
    texts = Enum.flat_map(databases(conn), &Catalog.rows(conn, definitions(&1, "sql")))
    Enum.any?(texts, fn [sql] -> rollback?(Tokenizer.scan(sql)) end)
  end

  defp definitions(database, column) do
    from = [Catalog.database(database), "sqlite_master WHERE sql LIKE '%rollback%'"]
    ["SELECT ", column, " FROM ", from]
  end

  # A server has one.
  defp databases(conn) do
    case Source.with_state(conn, & &1.mode) do
      :remote ->
        [nil]

      _local ->
        for [name] <- Catalog.rows(conn, "SELECT name FROM pragma_database_list"), do: name
    end
  end

  @doc """
  Calls `fun` in a transaction that may write. One that has failed to write holds the write lock. Where none is
  open the lock is taken first: after reading, another writer could come in between.
  """
  @spec locked(DBConnection.conn(), keyword(), (DBConnection.conn() -> result)) :: result
        when result: term()
  def locked(conn, opts, fun) do
    if in_transaction?(conn) do
      fun.(conn)
    else
      undo = fn conn -> DBConnection.rollback(conn, fun.(conn)) end
      opts = Keyword.put(Keyword.take(opts, [:timeout]), :mode, :immediate)
      {:error, result} = DBConnection.transaction(conn, undo, opts)
      result
    end
  end

  @doc """
  Runs the statement again with deferred checks of foreign keys, within the time that its first run was given, and rolls it back: all
  in one call, which is one round trip to a server. The rows of each of `queries` before and after it; or which guard stopped it;
  or `:failed` if it fails now as well.
  """
  @spec run(DBConnection.conn(), {String.t(), list()}, [guard()], [iodata()], keyword()) ::
          {:ok, before :: [[list()]], later :: [[list()]]} | {:refused, atom()} | :failed
  def run(conn, statement, guards, queries, opts) do
    members =
      Enum.map(guards, &stopping/1) ++
        ["SAVEPOINT #{@savepoint}", "PRAGMA defer_foreign_keys=ON"] ++
        queries ++ [uncached(statement)] ++ queries ++ @undo

    statements = for member <- members, do: statement(member)
    opts = [on_error: :halt, results: :tagged] ++ Keyword.take(opts, [:timeout])

    case Native.batch(conn, statements, opts) do
      {:ok, outcomes} ->
        succeeded = for {:ok, %Result{rows: rows}} <- outcomes, do: rows || []
        conclude(conn, succeeded, length(members), guards, length(queries))

      {:error, _reason} ->
        undo!(conn)
        :failed
    end
  end

  defp conclude(_conn, succeeded, count, guards, queries) when length(succeeded) == count do
    first = length(guards) + 2

    {:ok, Enum.slice(succeeded, first, queries),
     Enum.slice(succeeded, first + queries + 1, queries)}
  end

  defp conclude(_conn, succeeded, _count, guards, _queries)
       when length(succeeded) < length(guards) do
    {reason, _query} = Enum.at(guards, length(succeeded))
    {:refused, reason}
  end

  defp conclude(conn, succeeded, _count, guards, _queries) do
    if length(succeeded) > length(guards), do: undo!(conn)
    :failed
  end

  # A failure here is the caller's: the statement must not stay.
  defp undo!(conn) do
    for sql <- @undo, do: DBConnection.execute!(conn, %Query{statement: sql}, [])
    :ok
  end

  defp statement({sql, params}), do: {sql, params}
  defp statement(sql), do: {IO.iodata_to_binary(sql), []}

  # A row makes the sum overflow, so that the statement fails and the batch stops.
  defp stopping({_reason, query}),
    do: ["SELECT abs(-9223372036854775807 - found) FROM (SELECT 1 AS found FROM (", query, "))"]

  # Compiled under deferred checks it has no code for RESTRICT: the caller's own text must not find it in the cache.
  defp uncached({sql, params}), do: {sql <> "\n-- deferred", params}
end
