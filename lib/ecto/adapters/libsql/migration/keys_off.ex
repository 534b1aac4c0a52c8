defmodule Ecto.Adapters.LibSql.Migration.KeysOff do
  @moduledoc false
  # A transaction on a server during which foreign keys are not enforced, so that a table to which rows refer can be
  # dropped and made anew. `PRAGMA foreign_keys` has no effect inside a transaction, and over HTTP it is forgotten with the
  # request: so it travels in one request with the BEGIN, whose transaction keeps the stream with the setting. The change
  # itself checks foreign keys at its end (Rebuild).
  #
  # DBConnection does not know of this transaction. Its connection stays checked out, and whatever ends the process
  # ends the stream, and the transaction with it.

  alias Ecto.Adapters.LibSql.Query.Transaction
  alias Ecto.Adapters.SQL

  @begin "PRAGMA foreign_keys=OFF; BEGIN IMMEDIATE"
  @commit "COMMIT; PRAGMA foreign_keys=ON"
  @rollback "ROLLBACK; PRAGMA foreign_keys=ON"

  @doc """
  Runs `fun` in such a transaction and returns its result. What it raises rolls back. Where a transaction is open already,
  such as that of the sandbox, the setting has no effect, and `fun` runs in a savepoint of that.
  """
  @spec transaction(Ecto.Adapter.adapter_meta(), keyword(), (() -> result)) :: result
        when result: term()
  def transaction(meta, opts, fun) do
    SQL.checkout(meta, opts, fn ->
      if DBConnection.status(Transaction.connection(meta)) == :idle,
        do: keys_off(meta, opts, fun),
        else: savepoint(meta, opts, fun)
    end)
  end

  defp savepoint(meta, opts, fun) do
    {:ok, result} = SQL.transaction(meta, opts, fun)
    result
  end

  defp keys_off(meta, opts, fun) do
    SQL.query!(meta, @begin, [], opts)

    try do
      result = fun.()
      SQL.query!(meta, @commit, [], opts)
      result
    catch
      kind, reason ->
        # Its own error would hide the first one; a lost connection has rolled back as well.
        _ = SQL.query(meta, @rollback, [], opts)
        :erlang.raise(kind, reason, __STACKTRACE__)
    end
  end
end
