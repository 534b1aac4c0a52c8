defmodule Ecto.Adapters.LibSql.Constraints.Lookup.Rerun do
  @moduledoc false
  # Runs a statement that has failed once more, under other conditions, and takes everything back.

  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias EctoLibSql.Query

  @savepoint "ecto_libsql_violation"

  @doc "Whether a text may run again: of several statements one may be a COMMIT, and then its work stays."
  @spec possible?(String.t()) :: boolean()
  def possible?(sql) do
    sql
    |> Tokenizer.scan()
    |> Enum.drop_while(&(&1 != {:punct, ";"}))
    |> Enum.all?(&(&1 == {:punct, ";"} or match?({:space, _}, &1)))
  end

  @doc """
  Calls `fun` in a transaction that may write. One that has failed to write holds the lock for that; where
  none is open the lock comes first, as what is read would be lost to whoever writes before the statement.
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

  @doc "Calls `fun`, and takes back what it wrote."
  @spec taken_back(DBConnection.conn(), (() -> result)) :: result when result: term()
  def taken_back(conn, fun) do
    run!(conn, "SAVEPOINT #{@savepoint}")

    try do
      fun.()
    after
      run!(conn, "ROLLBACK TO #{@savepoint}")
      run!(conn, "RELEASE #{@savepoint}")
    end
  end

  @spec run(DBConnection.conn(), String.t(), list()) :: :ok | {:error, Exception.t()}
  def run(conn, sql, params) do
    with {:ok, _query, _result} <- DBConnection.execute(conn, %Query{statement: sql}, params),
         do: :ok
  end

  @spec run!(DBConnection.conn(), iodata()) :: EctoLibSql.Result.t()
  def run!(conn, sql),
    do: DBConnection.execute!(conn, %Query{statement: IO.iodata_to_binary(sql)}, [])
end
